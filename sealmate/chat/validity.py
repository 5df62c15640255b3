"""Passages that tell what holds no more, for the question that a newer note answers.

A note with a changed fact stays in the ledger, and its other facts still hold. Search finds it by
the same words as the note that changed it, so for a question on that fact one gives way to the
other: the older one, or the newer one where the question asks of a time before the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sealmate.edits.moments import Moment, moment_of
from sealmate.edits.questions import near, take_apart
from sealmate.records import Conflict, Hit
from sealmate.store import Store


@dataclass(frozen=True, slots=True)
class _Change:
    """A settled conflict: passages of the older and the newer answer, and when it changed (None:
    it did not, the older answer was kept). `always` if a date is part of what is asked, and tells
    no time to answer for."""

    old: int
    new: int
    since: datetime | None
    always: bool


def holding(store: Store, question: str, hits: Sequence[Hit]) -> tuple[list[Hit], str]:
    """`hits` without the passages whose answer to this question does not hold at the time that it
    asks about, and the question to put to them.

    What holds then stands in for it where it was not found by itself. No note says of itself when
    it ceased to hold: where a change decides which one is read, it is asked without the time.
    """
    if not hits:
        return [], question
    moment = moment_of(question, store.clock)
    changes = _changes(store, question, moment)
    instead = _instead(moment, changes)
    decided = any(change.since is not None and not change.always for change in changes)
    found = list(hits)
    former = {change.old for change in changes}
    for out in instead:
        place = next((n for n, hit in enumerate(found) if hit.passage.id == out), None)
        if place is None:
            continue
        gone, kept = found.pop(place), store.passages.get(_resolved(instead, out))
        source = store.sources.get(kept.source_id)
        # what a file said before it was edited is found by no search
        there = source.state == "current" or (source.state == "replaced" and kept.id in former)
        if there and all(hit.passage.id != kept.id for hit in found):
            found.insert(place, replace(gone, passage=kept, source_title=source.title))
    return found, moment.plain if decided else question


def _changes(store: Store, question: str, moment: Moment) -> list[_Change]:
    """Settled conflicts about what is asked, in the order of time."""
    changes: list[tuple[datetime, _Change]] = []
    for conflict in store.conflicts.list():
        own = bool(moment.words) and moment.words.casefold() in conflict.question.casefold()
        asked = question if own else moment.plain
        settled = conflict.state in ("accepted", "kept-old")
        if settled and near(asked, conflict.question) and _alike(asked, conflict.question):
            old, new = (store.edits.get(key) for key in (conflict.old_edit, conflict.new_edit))
            since = _since(store, conflict)
            if old.passage_id != new.passage_id:
                kept = None if conflict.state == "kept-old" else since
                changes.append((since, _Change(old.passage_id, new.passage_id, kept, own)))
    changes.sort(key=lambda item: item[0])
    return [change for _, change in changes]


def _alike(question: str, other: str) -> bool:
    """Whether two questions on the same things may ask for the same of them: when somebody comes
    says nothing of where, or of what they are called."""
    kinds = {take_apart(question).kind, take_apart(other).kind}
    if len(kinds) == 1 or "yes-no" in kinds:  # also what asks for nothing in particular
        return True
    return "what" in kinds and not kinds & {"when", "where"}


def _since(store: Store, conflict: Conflict) -> datetime:
    return store.edits.get(conflict.old_edit).valid_to or conflict.found_at


def _instead(moment: Moment, changes: Sequence[_Change]) -> dict[int, int]:
    """What is to be read in place of each passage that does not hold, by their ids."""
    instead: dict[int, int] = {}
    formerly = moment.kind == "formerly"
    if moment.kind == "before" and moment.end is not None:
        # nobody asks in this way for what holds still: the note came later than the date
        formerly = all(c.since is None or c.since <= moment.end for c in changes)
    for n, change in enumerate(changes):
        if change.since is None:
            instead[change.new] = change.old
            continue
        last = all(later.old != change.new for later in changes[n + 1 :] if later.since)
        past = moment.kind == "first" or (formerly and last)
        if not formerly and moment.begin is not None and moment.end is not None:
            if moment.begin < change.since <= moment.end and not change.always:
                continue  # either may be meant
            past = moment.end < change.since
        past = past and not change.always
        out, kept = (change.new, change.old) if past else (change.old, change.new)
        instead[out] = kept
    return instead


def _resolved(instead: dict[int, int], out: int) -> int:
    """The passage at the end of the chain."""
    seen = {out}
    while (out := instead[out]) in instead and out not in seen:
        seen.add(out)
    return out
