"""Is a version what its row says, and may it stand on this model? Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sealmate.errors import SealmateError, VersionError
from sealmate.model.identity import hash_file
from sealmate.model.protocol import ModelInfo
from sealmate.paths import Paths
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.files import (
    CONFIG,
    MANIFEST,
    UNFINISHED,
    WEIGHTS,
    disk_errors,
    folder_name,
    folder_number,
)
from sealmate.versions.manifest import Manifest, foreign, manifest_of, read_manifest
from sealmate.versions.shards import others_of
from sealmate.versions.tensors import read_config, read_header

FindingKind = Literal["missing", "corrupt", "hash", "foreign", "manifest", "logits", "leftover"]

# Share of the largest logit. On the small model bf16 and fp32 differ by 0.015 of it. Another
# adapter is caught by its hash; this catches a base whose numbers went bad.
_TOLERANCE = 0.05
_MEND = "roll back (sealmate versions rollback), or build it again (sealmate consolidate --rebuild)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a version (0: with the folder as a whole).

    A version with a `fatal` finding must not be loaded.
    """

    version: int
    kind: FindingKind
    message: str
    hint: str = _MEND
    fatal: bool = True


def verify(paths: Paths, version: Version, info: ModelInfo | None = None) -> list[Finding]:
    """What is wrong with the files of a version, and whether it fits the model of `info`.

    Reads the whole weights once. A purged version has nothing to check but that it is gone.
    """
    folder = paths.versions / version.folder
    number = version.number
    if version.purged_at is not None:
        if not folder.exists():
            return []
        return [
            Finding(number, "leftover", f"version {number} was deleted, but {folder} is there",
                    "the next night deletes it", fatal=False)
        ]  # fmt: skip
    if folder.name != folder_name(number) or folder.is_symlink():
        return [Finding(number, "manifest", f"version {number} names the folder {folder}")]
    found = _files(version, paths)
    try:
        manifest = manifest_of(version)
    except VersionError as error:
        return [*found, Finding(number, "manifest", f"version {number}: {error.message}")]
    if info is not None and (reason := foreign(manifest, info)):
        found.append(
            Finding(
                number,
                "foreign",
                f"version {number} was made for {reason} ({manifest.base_id}, this is {info.id})",
                f"use its model again (sealmate model use {manifest.base_id}), or rebuild the "
                "memory on this one: sealmate consolidate",
            )
        )
    return found


def _files(version: Version, paths: Paths) -> list[Finding]:
    folder, number = paths.versions / version.folder, version.number
    if not folder.is_dir():
        return [Finding(number, "missing", f"the folder of version {number} is gone: {folder}")]
    config_sha = str(version.manifest.get("config_sha256") or "")
    found = _adapter(number, folder, version.sha256, config_sha)
    try:
        for shard in others_of(version):
            place = paths.versions / shard.folder
            found += _adapter(number, place, shard.sha256, shard.config_sha256)
    except VersionError as error:
        found.append(Finding(number, "manifest", f"version {number}: {error.message}"))
    # The ledger knows all that the manifest says, so a damaged one takes nothing away.
    try:
        beside = read_manifest(folder / MANIFEST)
        if (beside.number, beside.adapter_sha256) != (number, version.sha256):
            raise VersionError(f"{folder / MANIFEST} belongs to another version")
    except VersionError as error:
        found.append(Finding(number, "manifest", f"version {number}: {error.message}", fatal=False))
    return found


def _adapter(number: int, folder: Path, sha256: str, config_sha: str) -> list[Finding]:
    """What is wrong with the two files of one adapter."""
    found = []
    for name, want in ((WEIGHTS, sha256), (CONFIG, config_sha)):
        file = folder / name
        if not file.is_file():
            found.append(Finding(number, "missing", f"version {number} lacks {file}"))
            continue
        try:
            read_header(file) if name == WEIGHTS else read_config(folder)
            got = hash_file(file)
        except SealmateError as error:
            found.append(Finding(number, "corrupt", f"version {number}: {error.message}"))
            continue
        if want and got != want:
            found.append(
                Finding(number, "hash", f"version {number}: {file} changed since it was published")
            )
    return found


def require_sound(paths: Paths, version: Version, info: ModelInfo | None = None) -> None:
    """Raise VersionError for the first thing that forbids loading a version."""
    if version.purged_at is not None:
        raise VersionError(
            f"version {version.number} was deleted and cannot be used",
            "choose another: sealmate versions",
        )
    for finding in verify(paths, version, info):
        if finding.fatal:
            raise VersionError(finding.message, finding.hint)


def compare_logits(manifest: Manifest, info: ModelInfo, logits: Sequence[float]) -> str:
    """What tells that the loaded weights are not those published, in words; "" if nothing does.

    The stored logits must come back exactly on the same device, type and environment, and
    nearly on another. A manifest without logits allows anything.
    """
    if not manifest.logits:
        return ""
    if len(logits) != len(manifest.logits):
        return f"{len(logits)} logits instead of {len(manifest.logits)}"
    off = [abs(a - b) for a, b in zip(manifest.logits, logits, strict=True)]
    here = (info.device, info.compute_dtype, info.environment)
    exact = here == (manifest.device, manifest.compute_dtype, manifest.environment)
    allowed = 0.0 if exact else _TOLERANCE * max(1.0, *map(abs, manifest.logits))
    # A NaN is not below anything.
    worst = next((value for value in off if not value <= allowed), None)
    return "" if worst is None else f"a logit is off by {worst:.4g} (allowed {allowed:.4g})"


def survey(store: Store, paths: Paths, info: ModelInfo | None = None) -> list[Finding]:
    """`verify` for all versions, and everything in the folder that no version owns."""
    versions = store.versions.list()
    found = [finding for version in versions for finding in verify(paths, version, info)]
    known = {version.number for version in versions}
    for name in sorted(strays(paths, known)):
        what = "an unfinished version" if name == UNFINISHED else "no version of the ledger"
        found.append(
            Finding(0, "leftover", f"{paths.versions / name} is {what}",
                    "the next night deletes it", fatal=False)
        )  # fmt: skip
    return found


def strays(paths: Paths, known: set[int]) -> list[str]:
    """Names in the versions folder that look like ours and belong to none of `known`."""
    if not paths.versions.is_dir():
        return []
    with disk_errors(paths.versions):
        names = [entry.name for entry in paths.versions.iterdir()]
    return [
        name
        for name in names
        if name == UNFINISHED
        or ((number := folder_number(name)) is not None and number not in known)
    ]
