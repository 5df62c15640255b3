"""A version onto a loaded model, checked on the way."""

from __future__ import annotations

from sealmate.errors import VersionError
from sealmate.model.protocol import LanguageModel
from sealmate.paths import Paths
from sealmate.store import Store
from sealmate.versions.check import compare_logits, require_sound
from sealmate.versions.manifest import manifest_of


def adapter_name(number: int) -> str:
    """The name under which a version is attached to a model."""
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
    if name in model.attached and version.purged_at is None:
        return name
    model.detach(name)
    info = model.info
    require_sound(paths, version, info)
    model.attach(name, paths.versions / version.folder)
    reason = compare_logits(manifest_of(version), info, model.fingerprint_logits(adapter=name))
    if reason:
        model.detach(name)
        raise VersionError(
            f"version {number} does not answer as it did when it was published: {reason}",
            "check the base with sealmate doctor, or roll back: sealmate versions rollback",
        )
    return name


def refuse_forgotten(store: Store, number: int) -> None:
    """Raise VersionError if a version was trained on something that was erased since."""
    if number in store.versions.with_erased_edits():
        raise VersionError(
            f"version {number} was trained on something that is forgotten now",
            "choose another: sealmate versions, or rebuild: sealmate consolidate",
        )
