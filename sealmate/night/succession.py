"""What older facts become when a note that had displaced them is forgotten.

What had only been displaced by it holds again. Where a still newer note had displaced that one in
turn, the oldest stays what it was, a former answer, now to the newest: forgetting the middle of a
chain must not bring its beginning back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sealmate.edits.screen import same_answer
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new
from sealmate.records import Conflict, Edit, Reach
from sealmate.store import Store
from sealmate.store.edits import is_aside, tells_the_past


def end_conflicts(store: Store, reach: Reach, now: datetime) -> list[int]:
    """Settle anew what the forgotten edits had won; the ids of the conflicts that ended with them.

    Each is one transaction. A fact that comes back and contradicts another that stands is a
    conflict like any that a night finds.
    """
    gone = set(reach.edits)
    ended: list[int] = []
    restored: list[int] = []
    for key in reach.conflicts:
        conflict = store.conflicts.get(key)
        winner, loser = conflict.new_edit, conflict.old_edit
        if conflict.state == "kept-old":
            winner, loser = loser, winner
        if conflict.state not in ("accepted", "kept-old") or winner not in gone or loser in gone:
            continue
        with store.transaction():
            heir = _heir(store, conflict, gone) if conflict.state == "accepted" else None
            back = _take_back(store, conflict)
            old = store.edits.get(conflict.old_edit)
            # Otherwise another conflict holds it down, and keeps doing that.
            if heir is not None and (old.state == "accepted" or is_aside(old)):
                _hand_on(store, conflict, heir, back, now)
                continue
        restored += back.edits
        ended.append(key)
    # Undoing may have brought back edits of the forgotten side.
    for source in store.sources.list("forgotten"):
        store.sources.mark_forgotten(source.id)
    # Of the forgotten side nothing must be left that is accepted, on other notes either.
    store.edits.set_state(reach.edits, "rejected", "sealmate", "forgotten")
    there = [edit for key in restored if (edit := store.edits.get(key)).id not in gone]
    settle_new(store, there, now, ended=reach.conflicts)
    return ended


def _heir(store: Store, conflict: Conflict, gone: Collection[int]) -> Edit | None:
    """What took the place of the forgotten answer in its turn; None if nothing did, or if it is
    the answer of the older side and holds."""
    old = store.edits.get(conflict.old_edit)
    following: int | None = conflict.new_edit
    passed: set[int] = set()
    while following is not None and following not in passed:
        passed.add(following)
        edit = store.edits.get(following)
        following = edit.superseded_by
        if edit.id in gone or edit.state not in ("accepted", "superseded"):
            continue
        if not same_answer(edit.answer, old.answer):
            return edit
        if edit.state == "accepted":
            return None
    return None


@dataclass(frozen=True, slots=True)
class _Back:
    """Ids of the edits and probes that an undone conflict gave back."""

    edits: tuple[int, ...]
    probes: tuple[int, ...]


def _take_back(store: Store, conflict: Conflict) -> _Back:
    edits, probes = _live(store)
    supersession.undo(store, conflict.id)
    now_edits, now_probes = _live(store)
    return _Back(tuple(sorted(now_edits - edits)), tuple(sorted(now_probes - probes)))


def _live(store: Store) -> tuple[set[int], set[int]]:
    accepted = {edit.id for edit in store.edits.list(state="accepted")}
    return accepted, {probe.id for probe in store.probes.list()}


def _hand_on(store: Store, conflict: Conflict, heir: Edit, back: _Back, now: datetime) -> None:
    """Let the older side of `conflict` be superseded by `heir`, as if the forgotten note had never
    come between, from the day that the heir was told."""
    key, question = conflict.old_edit, heir.question
    answers = store.edits.get(key).answer, heir.answer
    row = store.conflicts.add(Conflict(0, key, heir.id, question, *answers, now, "open"))
    supersession.accept(store, row.id, now)
    old = store.edits.get(key)
    assert old.valid_to is not None
    # Its wordings may lie further from the heir's than they lay from those of the forgotten one.
    for other in back.edits:
        edit = store.edits.get(other)
        if edit.state == "accepted" and not tells_the_past(edit):
            store.edits.supersede(other, heir.id, old.reason, old.valid_to)
    store.probes.retire(back.probes, old.reason)
