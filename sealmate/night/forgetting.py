"""Forgetting on purpose: out of search at once, out of the weights, out of the files.

The order survives a stop at any point. The sources are marked first, which hides them from search
and training; their rows go last, so that until then a second call finds all that is left to do.
Deleting a fact from weights by more training only hides it, so every version that was trained on
it goes. Shards that never saw it answer on in a version of their own; the next night builds the
others again without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from sealmate.errors import Cancelled, HomeError, NotFoundError, VersionError
from sealmate.night.backlog import Backlog
from sealmate.night.canaries import canaries_of
from sealmate.night.lock import PATIENCE, Keeper, hold_for_forgetting
from sealmate.night.logs import clean_logs, log_files
from sealmate.night.named import company as company
from sealmate.night.named import find as find
from sealmate.night.named import preview as preview
from sealmate.night.succession import end_conflicts
from sealmate.paths import Paths, make_private_dir
from sealmate.records import Edit, Reach
from sealmate.store import Store
from sealmate.store.erasure import SCRUB
from sealmate.store.state import FORGETTING, FORGOTTEN, FORGOTTEN_AT
from sealmate.versions.check import verify
from sealmate.versions.files import destroy, disk_errors
from sealmate.versions.lineage import ancestors, left_behind
from sealmate.versions.publish import reduce, sweep
from sealmate.versions.retain import purge
from sealmate.versions.shards import shards_of

Clock = Callable[[], datetime]
Tell = Callable[[str], None]
WHY = "something was forgotten"
_GO_ON = ("free some space or mend its permissions; it is out of search already, and the next "
          "sealmate forget goes on with the rest")  # fmt: skip
_MOST_TIMES = 1000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten. `purged` are the versions whose files are gone, `active` the version
    that answers now (0 = none), `restored` the conflicts that ended with it, `holding` the edits
    that had lost those and hold again. `backups` and `scrubbed` are as in `Erased`. `waiting` is
    True where a night was running, or other work took too long: the sources are hidden, and
    everything else goes later, as `keeper` says. `rebuild` tells that the next night builds the
    memory anew. `reduced` is the version made of the shards that never knew it, 0 where there was
    none: what was learnt together with it comes back with the next night. `logs` are those that
    its words could not be taken out of."""

    reach: Reach
    purged: tuple[int, ...] = ()
    active: int = 0
    backups: tuple[str, ...] = ()
    scrubbed: bool = True
    canaries: int = 0
    restored: tuple[int, ...] = ()
    holding: tuple[Edit, ...] = ()
    rebuild: bool = False
    waiting: bool = False
    reduced: int = 0
    logs: tuple[str, ...] = ()
    keeper: Keeper | None = None


@dataclass(slots=True)
class _Tally:
    purged: list[int] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    scrubbed: bool = True
    canaries: int = 0
    restored: list[int] = field(default_factory=list)
    holding: list[Edit] = field(default_factory=list)
    reduced: int = 0
    logs: set[str] = field(default_factory=set)


def forget(
    store: Store,
    paths: Paths,
    source_ids: Sequence[int],
    clock: Clock,
    tell: Tell = lambda _: None,
) -> Forgotten:
    """Forget sources and their earlier selves for good.

    They are out of search when this returns, whatever happens. Then: the newest version that
    never knew them takes over (0 where there is none), versions trained on them are purged,
    scratch of unfinished nights destroyed, rows erased with salted canaries left behind, and a
    rebuild noted. A conflict that one of them had won ends with it: the older fact holds again,
    unless a newer one had taken that one's place as well.
    While a night runs all but the hiding waits for its end (`waiting`); other work is waited for
    here, and `tell` gets a line that says so. Raises NotFoundError and then changes nothing;
    StoreError, HomeError, and then a second call, or the next night, goes on (`finish`).
    """
    reach = preview(store, source_ids)
    with store.transaction():
        store.state.set(FORGETTING, True)
        store.state.set(FORGOTTEN, store.state.get(FORGOTTEN, 0) + 1)
        _note_time(store, reach.sources, clock())
        for key in reach.sources:
            store.sources.mark_forgotten(key)
    done = finish_soon(store, paths, clock, tell)
    if not done.waiting and done.reach.sources:
        return done
    # somebody else who forgot something takes it along, or did while this waited
    return replace(done, reach=reach, rebuild=done.waiting or Backlog(store).flagged)


def _note_time(store: Store, source_ids: Sequence[int], at: datetime) -> None:
    """Note when the sources are forgotten, each once and without its earlier selves."""
    states = [store.sources.get(key).state for key in source_ids]
    many = states.count("current") or int("replaced" in states)
    times = [*store.state.get(FORGOTTEN_AT, ()), *[at.timestamp()] * many]
    store.state.set(FORGOTTEN_AT, times[-_MOST_TIMES:])


def finish(store: Store, paths: Paths, clock: Clock, *, locked: bool = False) -> Forgotten | None:
    """Erase every source that is marked as forgotten; None if a night, or other work, is running.

    For the beginning and the end of a night, which holds the lock itself (`locked`). Without
    anything to do it looks only. Raises as `forget` does where something keeps it from its end.
    """
    if locked:
        return _finish_all(store, paths, clock)
    done = finish_soon(store, paths, clock, patience=0.0)
    return None if done.waiting else done


def finish_soon(
    store: Store,
    paths: Paths,
    clock: Clock,
    tell: Tell = lambda _: None,
    patience: float = PATIENCE,
) -> Forgotten:
    """`finish` as soon as it can be done: what is no night is waited for, `patience` seconds at
    most, and `tell` gets a line that says so. `waiting` where that is not enough."""
    with ExitStack() as stack:
        keeper = hold_for_forgetting(stack, paths, clock, patience, tell)
        if keeper is None:
            return _finish_all(store, paths, clock)
    reach = preview(store, [source.id for source in store.sources.list("forgotten")])
    return Forgotten(reach, active=store.versions.active(), waiting=True, keeper=keeper)


def unfinished(store: Store, paths: Paths, clock: Clock) -> tuple[str, str] | None:
    """What is left of a forgetting that waits for the end of a night, and what to do; None where
    nothing is. What waits for nothing is finished. Raises as `forget` does."""
    if store.state.get(FORGETTING):
        done = finish_soon(store, paths, clock, patience=0.0)
        if done.keeper is not None:
            many = len(store.sources.list("forgotten"))
            left = f"{many} forgotten source{'s' * (many != 1)} not yet erased"
            return left, f"{done.keeper.who}; that goes {done.keeper.until}"
    if store.state.get(SCRUB) is not None:
        left = "bytes of what was forgotten are left in the database's file or its backups"
        return left, "free some space, and end every other sealmate: the next start cleans them"
    return None


def _finish_all(store: Store, paths: Paths, clock: Clock) -> Forgotten:
    try:
        done = _finish(store, paths, clock)
        seen: set[int] = set()
        # what somebody else had forgotten meanwhile found the lock taken, and waits for this
        while (left := _left(store)) - seen:
            seen |= left
            more = _finish(store, paths, clock)
            done = replace(done, active=more.active, rebuild=more.rebuild)
        return done
    except HomeError as error:  # its own hint may say that the active version is as it was
        raise HomeError(error.message, _GO_ON) from error


def _left(store: Store) -> set[int]:
    """Ids of the sources that are yet to be erased; where there are none no mark is left."""
    with store.transaction():
        left = {source.id for source in store.sources.list("forgotten")}
        if not left:
            store.state.set(FORGETTING, None)
    return left


def _finish(store: Store, paths: Paths, clock: Clock) -> Forgotten:
    marked = [source.id for source in store.sources.list("forgotten")]
    reach = preview(store, marked)
    tally = _Tally()
    dirty = set(store.versions.versions_with_edits(reach.edits))
    # Also those whose rows an earlier, interrupted call erased.
    dirty |= set(store.versions.with_erased_edits())
    if not marked and not dirty:
        return Forgotten(reach, active=store.versions.active())
    losers = _losers(store, reach)
    tally.restored = end_conflicts(store, reach, clock())
    back = [store.edits.get(losers[key]) for key in tally.restored]
    tally.holding = [edit for edit in back if edit.state == "accepted"]
    sweep(store, paths)  # what a crash left of a version has seen it as well
    tally.reduced = _leave(store, paths, reach, dirty, clock)
    # Checkpoints and candidates of unfinished nights have seen it as well.
    with disk_errors(paths.work):
        destroy(paths.work)
    make_private_dir(paths.work)
    for number in sorted(dirty):
        purge(store, paths, number, clock())
        tally.purged.append(number)
    staying = [passage.text for passage in store.passages.current()]
    for key in marked:
        _erase(store, paths, key, staying, tally)
    return Forgotten(
        reach,
        purged=tuple(tally.purged),
        active=store.versions.active(),
        backups=tuple(tally.backups),
        scrubbed=tally.scrubbed,
        canaries=tally.canaries,
        restored=tuple(tally.restored),
        holding=tuple(tally.holding),
        rebuild=Backlog(store).flagged,
        reduced=tally.reduced,
        logs=tuple(sorted(tally.logs)),
    )


def _leave(store: Store, paths: Paths, reach: Reach, dirty: Collection[int], clock: Clock) -> int:
    """Let a version answer that never knew what goes, unless one does; its number if it was made
    here of shards of the active one, else 0."""
    while (active := store.versions.active()) in dirty:
        try:
            if reduced := _without_shards(store, paths, active, reach, clock):
                return reduced
        except Cancelled:
            continue  # a person went back to another meanwhile, which may do
        except (VersionError, HomeError):
            pass  # a full disk must not keep anything from being deleted
        clean = _clean(store, paths, dirty)
        with store.transaction():
            if store.versions.active() == active:
                Backlog(store).flag(WHY)
                store.versions.activate(clean, WHY)
    return 0


def _losers(store: Store, reach: Reach) -> dict[int, int]:
    """Of each conflict the edit on the side that stays."""
    rows = [store.conflicts.get(key) for key in reach.conflicts]
    return {row.id: row.old_edit if row.new_edit in reach.edits else row.new_edit for row in rows}


def _erase(
    store: Store, paths: Paths, source_id: int, staying: Sequence[str], tally: _Tally
) -> None:
    try:
        reach = store.erasure.preview(source_id)
    except NotFoundError:
        return  # gone with the newer self that replaced it
    logs = log_files(paths)
    if logs:
        tally.logs.update(map(str, clean_logs(logs, store.erasure.needles(source_id))))
    made = canaries_of(store, reach.passages, staying)
    erased = store.erasure.erase(source_id, made)
    tally.canaries += len(made)
    tally.backups += erased.backups
    tally.scrubbed = erased.scrubbed


def _without_shards(store: Store, paths: Paths, active: int, reach: Reach, clock: Clock) -> int:
    """A version of those shards of the active one that never knew it; 0 if there are none. Raises
    Cancelled where another is active by now."""
    version = store.versions.get(active)
    if any(finding.fatal for finding in verify(paths, version)):
        return 0
    shards = shards_of(store, version).values()
    known = {key for shard in shards for key in shard.edits}
    gone = (known - store.edits.ids()) | set(reach.edits)
    clean = [shard for shard in shards if gone.isdisjoint(shard.edits)]
    if not clean:
        return 0
    return reduce(store, paths, version, clean, clock, reason=WHY, onto=active).number


def _clean(store: Store, paths: Paths, dirty: Iterable[int]) -> int:
    """The sound version for the base in use that answers best of those that never knew it: the
    nearest ancestor, else the newest that nobody went back from. 0 where all that are left give
    answers that the active one had been corrected on."""
    barred = set(dirty)
    active = store.versions.get(store.versions.active())
    held = store.edits.ids("accepted")
    held |= set(store.versions.edit_ids(active.number))
    versions = {version.number: version for version in store.versions.list()}
    nearest = [number for number in ancestors(active, versions) if number not in barred]
    left = left_behind(store.versions.activations())
    others = sorted(set(versions) - barred - left - set(nearest), reverse=True)
    for number in (*nearest, *others):
        version = versions[number]
        if (
            version.purged_at is None
            and version.base_fingerprint == active.base_fingerprint
            and held.issuperset(store.versions.edit_ids(number))
            and not any(finding.fatal for finding in verify(paths, version))
        ):
            return number
    return 0
