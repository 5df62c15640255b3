"""The shards of a version: adapters that were each trained on their own notes and nothing else.

Deleting by retraining only costs a part where a model is made of parts that never saw each
other's data (sharded, isolated training: Bourtoule et al. 2021, arXiv 1912.03817, section IV).
So new notes go to the shard that has room, a full one is left as it is, and when a note is
forgotten its shard alone is dropped and trained again. A shard is named by the version that
trained it; the one trained last lies in a version's folder itself, the others in folders below,
as hard links to the files of the version before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sealmate.errors import VersionError
from sealmate.paths import Paths, make_private_dir, sync_folder
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.files import CONFIG, WEIGHTS, copy_private
from sealmate.versions.manifest import Manifest, manifest_of


@dataclass(frozen=True, slots=True)
class Shard:
    """One adapter of a version. `folder` is where it lies, relative to the versions folder,
    `edits` are the ids of all edits in it, `warm` counts the nights it went on from its own
    weights. Hashes are SHA-256, hex; `logits` were taken where `taken` says (device, type,
    environment)."""

    name: str
    folder: str
    edits: tuple[int, ...]
    sha256: str
    config_sha256: str = ""
    logits: tuple[float, ...] = ()
    taken: tuple[str, str, str] = ("", "", "")
    warm: int = 0

    def as_entry(self) -> dict[str, Any]:
        """For the manifest of a version that carries it along."""
        return {
            "edits": list(self.edits),
            "sha256": self.sha256,
            "config_sha256": self.config_sha256,
            "logits": list(self.logits),
            "taken": list(self.taken),
            "warm": self.warm,
        }

    def expects(self, manifest: Manifest) -> Manifest:
        """`manifest` with this shard's logits, and where they were taken, in place of its own."""
        device, dtype, environment = self.taken
        return replace(
            manifest, logits=self.logits, device=device, compute_dtype=dtype,
            environment=environment,
        )  # fmt: skip


def shards_of(store: Store, version: Version) -> dict[str, Shard]:
    """A version's shards by name, the one in the folder itself first.

    Raises VersionError for a manifest that cannot be used.
    """
    manifest = manifest_of(version)
    edits = {
        str(key): tuple(ids) for key, ids in store.versions.edits_by_shard(version.number).items()
    }
    others = {
        shard.name: replace(shard, edits=edits.get(shard.name, ())) for shard in others_of(version)
    }
    own = names_of(version)[0]
    first = Shard(
        own,
        version.folder,
        edits.get(own, ()),
        version.sha256,
        manifest.config_sha256,
        manifest.logits,
        (manifest.device, manifest.compute_dtype, manifest.environment),
        manifest.warm_nights,
    )
    return {own: first, **others}


def others_of(version: Version) -> list[Shard]:
    """The shards beside the one in the folder itself, newest first; which edits are in which only
    `shards_of` tells."""
    entries = manifest_of(version).shards
    return [_shard(name, version, entries[name]) for name in names_of(version)[1:]]


def names_of(version: Version) -> list[str]:
    """The names of a version's shards, the one in the folder itself first, then newest first."""
    others = version.manifest.get("shards") or {}
    own = version.manifest.get("shard") or str(version.number)
    return [own, *sorted(others, key=lambda name: (len(name), name), reverse=True)]


def _shard(name: str, version: Version, entry: Mapping[str, Any]) -> Shard:
    try:
        device, dtype, environment = (str(part) for part in entry.get("taken") or ("", "", ""))
        return Shard(
            name,
            f"{version.folder}/{shard_folder(name)}",
            (),
            str(entry["sha256"]),
            str(entry.get("config_sha256") or ""),
            tuple(float(value) for value in entry.get("logits", ())),
            (device, dtype, environment),
            int(entry.get("warm") or 0),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise VersionError(
            f"the manifest of version {version.number} cannot be used: shard {name}",
            "roll back to another version: sealmate versions rollback",
        ) from None


def shard_folder(name: str) -> str:
    """The folder of a carried shard, relative to its version's. Raises VersionError for a name
    that is no number."""
    if not name.isdecimal():
        raise VersionError(f"a version names the shard {name!r}", "check them: versions verify")
    return f"shard-{int(name):04d}"


def link_shard(paths: Paths, shard: Shard, target: Path) -> None:
    """Put a shard's files into `target`, without copying them where the disk knows links."""
    make_private_dir(target)
    for name in (WEIGHTS, CONFIG):
        link(paths.versions / shard.folder / name, target / name)
    sync_folder(target)


def link(source: Path, target: Path) -> None:
    """One more name for a private file, or a copy of it."""
    try:
        os.link(source, target)
    except OSError:
        copy_private(source, target)
