"""A trained adapter becomes a version: all of it or nothing, whatever is cut off when.

The order is what makes that true: files into a folder that nothing looks at, the manifest last,
then one rename, then the row and its activation in one transaction. A crash leaves at most a
folder without a row, which `sweep` deletes; the trained adapter itself is copied, not moved, so
that the night can publish again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sealmate.errors import Cancelled, VersionError
from sealmate.paths import Paths, make_private_dir, sync_folder
from sealmate.records import Activation, Version
from sealmate.store import Store
from sealmate.versions.check import strays, verify
from sealmate.versions.files import (
    CONFIG,
    MANIFEST,
    UNFINISHED,
    WEIGHTS,
    copy_private,
    destroy,
    discard,
    disk_errors,
    folder_name,
    held,
    write_private,
)
from sealmate.versions.manifest import Manifest, from_dict, manifest_of
from sealmate.versions.shards import Shard, link_shard, others_of, shard_folder
from sealmate.versions.tensors import read_config, read_tensors


@dataclass(frozen=True, slots=True)
class Swept:
    """What a crash had left. `deleted` are folder names, `purged` versions whose purge was
    finished, `missing` versions without files, `fallback` the activation that replaced a lost
    active version."""

    deleted: tuple[str, ...] = ()
    purged: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    fallback: Activation | None = None


def publish(
    store: Store,
    paths: Paths,
    adapter_folder: Path,
    manifest_fields: Mapping[str, Any],
    edit_ids: Iterable[int],
    clock: Callable[[], datetime],
    *,
    activate: bool = True,
    reason: str = "consolidated",
    carried: Sequence[Shard] = (),
    grown: Shard | None = None,
    entered: Callable[[int], None] | None = None,
    onto: int | None = None,
) -> Version:
    """Make the peft adapter in `adapter_folder` the next version, and the active one.

    `manifest_fields` are fields of `Manifest` (begin with `identity_fields(model.info)`); number,
    time, hashes and edit ids are filled in here. The shards `carried` answer on beside it. A
    "warm" version holds beside `edit_ids` the edits of the shard it has `grown` from (by itself
    all of its parent's): they are still in its weights. `adapter_folder` stays as it is; `entered`
    is called with the number in the transaction that makes it a version. `onto` is the version that
    must still be the active one. Raises VersionError for an adapter that is corrupt or not finite,
    HomeError for a full disk, BusyError, Cancelled where another is active than `onto`; then
    nothing has changed.
    """
    check_adapter(adapter_folder)
    ids = {*edit_ids, *(key for shard in carried for key in shard.edits)}
    parent = manifest_fields.get("parent") or None
    if parent is not None and manifest_fields.get("kind") == "warm":
        ids |= set(grown.edits if grown else store.versions.edit_ids(int(parent)))
    with held(paths), disk_errors(paths.versions):
        _clear(store, paths)
        number = store.versions.next_number()
        folder = paths.versions / folder_name(number)
        part = paths.versions / UNFINISHED
        make_private_dir(part)
        try:
            adapter_sha = copy_private(adapter_folder / WEIGHTS, part / WEIGHTS)
            config_sha = copy_private(adapter_folder / CONFIG, part / CONFIG)
            for shard in carried:
                link_shard(paths, shard, part / shard_folder(shard.name))
            manifest = from_dict({
                **manifest_fields,
                "number": number,
                "created_at": clock().isoformat(),
                "parent": parent,
                "adapter_sha256": adapter_sha,
                "config_sha256": config_sha,
                "edit_ids": sorted(ids),
                "shards": {shard.name: shard.as_entry() for shard in carried},
            })  # fmt: skip
            # What was read first may have changed since; what is published is the copy.
            check_adapter(part)
            sync_folder(part)
            write_private(part / MANIFEST, manifest.to_json().encode())
            sync_folder(part)
            part.rename(folder)
            sync_folder(paths.versions)
            return _enter(store, manifest, folder.name, activate, reason, entered, onto)
        except BaseException:
            discard(part)
            # Stopped after the commit it is a version, and its folder must stay.
            if number not in {version.number for version in store.versions.list()}:
                discard(folder)
            raise


def reduce(
    store: Store, paths: Paths, parent: Version, kept: Sequence[Shard],
    clock: Callable[[], datetime], *, reason: str, run: int | None = None, onto: int | None = None,
) -> Version:  # fmt: skip
    """A version of some of its parent's shards, and the active one; nothing is trained.

    What the others knew is not in it. `run` is the night that makes it, None where none does.
    `onto` is as in `publish`, which says what is raised.
    """
    first, *rest = kept
    device, dtype, environment = first.taken
    fields = {
        **manifest_of(parent).as_dict(),
        "parent": parent.number,
        "kind": "reduced",
        "logits": list(first.logits),
        "device": device,
        "compute_dtype": dtype,
        "environment": environment,
        "shard": first.name,
        "warm_nights": first.warm,
        "scores": {},
        "run": run,
    }
    folder = paths.versions / first.folder
    return publish(
        store, paths, folder, fields, first.edits, clock, reason=reason, carried=rest, onto=onto
    )


def _enter(
    store: Store, manifest: Manifest, folder: str, activate: bool, reason: str,
    entered: Callable[[int], None] | None, onto: int | None,
) -> Version:  # fmt: skip
    with store.transaction():
        if onto is not None:
            require_active(store, onto)
        version = store.versions.add(
            Version(
                number=manifest.number,
                created_at=manifest.created_at,
                folder=folder,
                sha256=manifest.adapter_sha256,
                parent=manifest.parent,
                base_id=manifest.base_id,
                base_fingerprint=manifest.base_fingerprint,
                scores=manifest.scores,
                manifest=manifest.for_ledger(),
            ),
            manifest.edit_ids,
            {int(name): entry["edits"] for name, entry in manifest.shards.items()},
        )
        if activate:
            store.versions.activate(version.number, reason)
        if entered is not None:
            entered(version.number)
    return version


def require_active(store: Store, number: int) -> None:
    """Raise Cancelled if a person made another version active: what stands on `number` would
    undo that."""
    active = store.versions.active()
    if active != number:
        now = f"version {active}" if active else "no version"
        raise Cancelled(f"{now} was made the active one meanwhile; it stays that tonight")


def check_adapter(folder: Path) -> None:
    """Raise VersionError unless `folder` is a LoRA adapter of finite numbers."""
    import numpy as np  # 0.1 s

    read_config(folder)
    tensors = read_tensors(folder / WEIGHTS)
    if not tensors:
        raise VersionError(f"{folder / WEIGHTS} is empty", "train it again")
    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise VersionError(
                f"the adapter in {folder} has numbers that are not finite ({name})",
                "train it again with a lower learning_rate",
            )


def sweep(store: Store, paths: Paths) -> Swept:
    """Put the versions folder in step with the ledger, as after a crash at any point.

    Unfinished folders and folders without a row are destroyed, for the ledger is the source of
    truth; purges are finished. Where the active version has lost its files, the newest earlier
    one that is sound takes its place, by an activation like any other. Raises BusyError if a
    version is being published right now, HomeError.
    """
    # An empty folder is a disk that is not mounted rather than versions that are lost.
    mounted = paths.versions.is_dir() and any(paths.versions.iterdir())
    with held(paths), disk_errors(paths.versions):
        deleted, purged = _clear(store, paths)
        versions = store.versions.list()
        missing = tuple(
            version.number
            for version in versions
            if version.purged_at is None and not _there(paths, version)
        )
        active = store.versions.active()
        fallback = None
        if active in missing and mounted:
            number = _sound_before(store, paths, active)
            fallback = store.versions.activate(number, f"the files of version {active} are gone")
        return Swept(tuple(deleted), tuple(purged), missing, fallback)


def _there(paths: Paths, version: Version) -> bool:
    """Whether all weights of a version are on the disk."""
    folders = [version.folder]
    with suppress(VersionError):  # a manifest that is no use is for `verify` to tell
        folders += [shard.folder for shard in others_of(version)]
    return all((paths.versions / folder / WEIGHTS).is_file() for folder in folders)


def _clear(store: Store, paths: Paths) -> tuple[list[str], list[int]]:
    """Destroy what no version owns and what purged versions left; the lock is held."""
    versions = store.versions.list()
    deleted = strays(paths, {version.number for version in versions})
    for name in deleted:
        destroy(paths.versions / name)
    purged = []
    for version in versions:
        folder = paths.versions / folder_name(version.number)
        if version.purged_at is not None and folder.exists():
            destroy(folder)
            purged.append(version.number)
    return sorted(deleted), purged


def _sound_before(store: Store, paths: Paths, active: int) -> int:
    """The version active most recently before `active` that can still be loaded; 0 for none."""
    barred = {active, *store.versions.with_erased_edits()}
    for past in reversed(store.versions.activations()):
        if past.version == 0:
            return 0
        if past.version not in barred:
            version = store.versions.get(past.version)
            if version.purged_at is None and not any(f.fatal for f in verify(paths, version)):
                return version.number
            barred.add(version.number)
    return 0
