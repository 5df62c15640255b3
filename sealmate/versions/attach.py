"""A version onto a loaded model, checked on the way."""

from __future__ import annotations

from pathlib import Path

from sealmate.errors import VersionError
from sealmate.model.protocol import LanguageModel
from sealmate.paths import Paths
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.check import compare_logits, require_sound
from sealmate.versions.manifest import Manifest, manifest_of
from sealmate.versions.shards import names_of, others_of


def adapter_name(number: int | str) -> str:
    """The name under which a version, or the shard it trained, is attached to a model."""
    return f"v{number}"


def attach_version(model: LanguageModel, store: Store, paths: Paths, number: int) -> str | None:
    """Attach a version to `model` and return the adapter's name; None for 0 (no memory).

    One that is attached already is not looked at again: versions never change. Otherwise files,
    hashes, base and the stored logits are checked first. Raises NotFoundError, and VersionError
    for a version that is purged, damaged, foreign, not active and trained on something forgotten,
    or does not give the logits it was published with; nothing is attached then.
    """
    if number == 0:
        return None
    version = store.versions.get(number)
    name = adapter_name(number)
    # The active one answers on until it is rebuilt: a person is told, and not left without.
    if number != store.versions.active():
        refuse_forgotten(store, number)
    parts = parts_of(version)
    if not {*parts.values()} <= {*model.attached} or version.purged_at is not None:
        model.detach(name)
        require_sound(paths, version, model.info)
        manifest = manifest_of(version)
        _attach(model, number, name, paths.versions / version.folder, manifest)
        for shard in others_of(version):
            part = parts[shard.name]
            if part not in model.attached:
                folder = paths.versions / shard.folder
                _attach(model, number, part, folder, shard.expects(manifest))
    model.group(name, tuple(parts.values()))
    return name


def detach_others(model: LanguageModel, store: Store, number: int) -> None:
    """Detach every memory adapter that is no part of version `number` (0: all of them).

    For a program that stays open from night to night. Nothing may be answering: an answer looks
    for its adapter by name at each of its steps. Raises NotFoundError and VersionError.
    """
    kept = {*parts_of(store.versions.get(number)).values()} if number else set()
    for name in model.attached:
        if name not in kept:
            model.detach(name)


def parts_of(version: Version) -> dict[str, str]:
    """The adapters' names of a version's shards, its own first; those of another version that
    carries the same shard are the same."""
    own, *others = names_of(version)
    return {own: adapter_name(version.number)} | {n: adapter_name(n) for n in others}


def _attach(model: LanguageModel, number: int, name: str, folder: Path, manifest: Manifest) -> None:
    model.attach(name, folder)
    logits = model.fingerprint_logits(adapter=name)
    if reason := compare_logits(manifest, model.info, logits):
        model.detach(name)
        raise VersionError(
            f"version {number} does not answer as it did when it was published: {reason}",
            "check the base with sealmate doctor, or roll back: sealmate versions rollback",
        )


def refuse_forgotten(store: Store, number: int) -> None:
    """Raise VersionError if a version was trained on something that was erased since."""
    if number in store.versions.with_erased_edits():
        raise VersionError(
            f"version {number} was trained on something that is forgotten now",
            "choose another: sealmate versions, or rebuild: sealmate consolidate",
        )
