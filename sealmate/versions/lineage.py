"""Which version answers: switching, rolling back, and undoing that. Every change is a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sealmate.errors import NotFoundError
from sealmate.model.protocol import LanguageModel, ModelInfo
from sealmate.paths import Paths
from sealmate.records import Activation, Version
from sealmate.store import Store
from sealmate.versions.attach import attach_version, refuse_forgotten
from sealmate.versions.check import require_sound


def switch(
    store: Store,
    paths: Paths,
    number: int,
    reason: str,
    model: LanguageModel | None = None,
    info: ModelInfo | None = None,
) -> Activation:
    """Make a version the one chat uses; 0 = no memory. Returns the newest activation.

    Files and hashes are checked, with `info` also whether the version belongs to that base, and
    with a `model` that and the stored logits, for which the version stays attached to it. Nothing
    changes if a check fails. Raises
    NotFoundError, and VersionError for a version that is purged, damaged, foreign, or was
    trained on something forgotten since.
    """
    if number:
        refuse_forgotten(store, number)
        if model is None:
            require_sound(paths, store.versions.get(number), info)
        else:
            attach_version(model, store, paths, number)
    return store.versions.activate(number, reason)


def previous(store: Store) -> int | None:
    """The version that was active before the present one and may be again; None if there is none.

    Right after a rollback that is the version it left, so that rolling back twice changes
    nothing. Purged versions, and those trained on something forgotten since, are passed over, and
    so are the others that the same night made: what is undone is a night.
    """
    barred = _barred(store)
    for past in reversed(store.versions.activations()):
        if past.previous not in barred:
            return past.previous
    return None


def step_back(store: Store) -> int:
    """What `rollback` goes back to; right after going back, still further instead of forward again:
    the nearest that the active one came from. 0 for no memory.

    For a key that has another beside it which undoes.
    """
    changes = store.versions.activations()
    if not changes or changes[-1].version > changes[-1].previous:
        return previous(store) or 0
    versions = {version.number: version for version in store.versions.list()}
    active, barred = versions.get(store.versions.active()), _barred(store)
    line = ancestors(active, versions) if active else []
    return next((number for number in line if number not in barred), 0)


def _barred(store: Store) -> set[int]:
    """Versions that nothing goes back to: the active one, the others of its night, and those that
    are purged or know something forgotten."""
    active = store.versions.active()
    versions = store.versions.list()
    barred = {version.number for version in versions if version.purged_at is not None}
    barred |= {active, *store.versions.with_erased_edits()}
    nights = {version.number: version.manifest.get("run") for version in versions}
    if night := nights.get(active):
        barred |= {number for number, run in nights.items() if run == night}
    return barred


def ancestors(version: Version, versions: Mapping[int, Version]) -> list[int]:
    """Numbers of the versions that one came from, by way of its parents, the nearest first.

    `versions` are all there are, by number.
    """
    found: list[int] = []
    number = version.parent
    while number and number in versions and number not in found:
        found.append(number)
        number = versions[number].parent
    return found


def left_behind(activations: Iterable[Activation]) -> set[int]:
    """Numbers of the versions that somebody went back from and did not come back to."""
    left: dict[int, bool] = {}
    for change in activations:
        left[change.previous] = change.version < change.previous
        left[change.version] = False
    return {number for number, back in left.items() if back}


def rollback(
    store: Store,
    paths: Paths,
    to: int | None = None,
    model: LanguageModel | None = None,
    reason: str = "",
    info: ModelInfo | None = None,
) -> Activation:
    """Go back to version `to`, or to the previous one; itself an activation that can be undone.

    Raises NotFoundError where there is nothing to go back to, and what `switch` raises.
    """
    number = previous(store) if to is None else to
    if number is None:
        raise NotFoundError(
            "there is no version to roll back to", "list them: sealmate versions list"
        )
    active = store.versions.active()
    reason = reason or f"rolled back from version {active}"
    return switch(store, paths, number, reason, model, info)
