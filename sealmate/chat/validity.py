"""Passages that tell what holds no more, for the question that a newer note answers.

A note with a changed fact stays in the ledger, and its other facts still hold. Search finds it by
the same words as the note that changed it, so for a question on that fact one gives way to the
other: the older one, or the newer one where the question asks of a time before the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sealmate.edits.bare import names
from sealmate.edits.beginnings import begun
from sealmate.edits.lexicon import PERSONS, TITLES
from sealmate.edits.moments import Moment, moment_of
from sealmate.edits.names import CALENDAR, starts_a_name
from sealmate.edits.questions import Asked, near, take_apart
from sealmate.edits.steps import tellings
from sealmate.edits.words import Token, tokens, within
from sealmate.records import Conflict, Edit, Hit
from sealmate.store import Store


@dataclass(frozen=True, slots=True)
class _Change:
    """A settled conflict: passages of the older and the newer answer, and when it changed (None:
    it did not, the older answer was kept). `always` if a date is part of what is asked, and tells
    no time to answer for. `answers` are the older and the newer one; `to_come` tells that the newer
    note names a day for it that is still to come."""

    old: int
    new: int
    since: datetime | None
    always: bool
    answers: tuple[str, str]
    to_come: bool


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
    decided = any(change.since is not None and not change.always for change in changes)
    if (named := _named(moment, changes)) is not None:
        since, known = named
        just = since - timedelta(microseconds=1)
        moment, decided = replace(moment, kind="then", begin=just, end=just), known
    instead = _instead(moment, changes)
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
        if settled and _same(asked, conflict):
            old, new = (store.edits.get(key) for key in (conflict.old_edit, conflict.new_edit))
            since = _since(store, conflict)
            if old.passage_id != new.passage_id:
                kept = None if conflict.state == "kept-old" else since
                answers = conflict.old_answer, conflict.new_answer
                to_come = kept is not None and _to_come(store, new)
                change = _Change(old.passage_id, new.passage_id, kept, own, answers, to_come)
                changes.append((since, change))
    changes.sort(key=lambda item: item[0])
    return [change for _, change in changes]


def _named(moment: Moment, changes: Sequence[_Change]) -> tuple[datetime, bool] | None:
    """Since when an answer holds that the question names ("before Dr Lane" asks for what she took
    the place of), and whether what held before it is known: of the first of all it is not. None
    where no answer is named."""
    dated = [(c.since, c.answers) for c in changes if c.since is not None and not c.always]
    came = [since for since, (_, newer) in dated if names(moment, newer)]
    if came:
        return max(came), True
    left = [since for since, (older, _) in dated if names(moment, older)]
    return (min(left), False) if left else None


def _same(question: str, conflict: Conflict) -> bool:
    """Whether a question may ask for what changed, and for nobody else's: half of the words do for
    two wordings of one fact, but Anna's number is not Tom's, nor the back door the front door."""
    other = conflict.question
    if not (near(question, other) and _alike(question, other)):
        return False
    mine, its = take_apart(question), take_apart(other)
    if _other_person(mine, its):
        return False
    answers = tokens(f"{conflict.old_answer}\n{conflict.new_answer}")
    # "Is Dr Lane our vet?" has of the answer what it has more
    lacked = [token for token in _beside(mine, its) if not within(token, answers)]
    more = _beside(its, mine)
    if lacked and more:
        return False
    some, others = (mine, its) if lacked else (its, mine)
    return not any(_tells_apart(some, token, others) for token in lacked or more)


def _beside(asked: Asked, other: Asked) -> list[Token]:
    """The content words of a question that another does not have."""
    return [token for token in asked.content if not within(token, other.said)]


def _other_person(one: Asked, other: Asked) -> bool:
    """Whether pronouns say of each that it is somebody else's, or that somebody else does it."""
    both = [{word.partition("'")[0] for word in asked.words} for asked in (one, other)]
    for role in PERSONS:
        some, others = ({role[word] for word in words & role.keys()} for words in both)
        if some and others and some.isdisjoint(others):
            return True
    return False


def _tells_apart(asked: Asked, token: Token, other: Asked) -> bool:
    """Whether a word tells one person or thing from others of its kind: a name, a number, or whose
    it is. A date may be one that is asked about, and Tom Baker is Tom."""
    if token.forms & CALENDAR or token.forms & TITLES:
        return False
    if token.kind == "number":
        return asked.kind != "yes-no"
    place = asked.said.index(token)
    named = token.kind == "name" or starts_a_name(asked.said, place)
    before, after = asked.said[max(0, place - 1) : place], asked.said[place + 1 : place + 2]
    fuller = [word for word in before if not _owns(word)] + ([] if _owns(token) else [*after])
    if any(word.kind == "name" and within(word, other.said) for word in fuller):
        return False
    return named or _owns(token)


def _owns(token: Token) -> bool:
    return token.text.endswith(("'s", "’s"))


def _alike(question: str, other: str) -> bool:
    """Whether two questions on the same things may ask for the same of them: when somebody comes
    says nothing of where, or of what they are called."""
    kinds = {take_apart(question).kind, take_apart(other).kind}
    if len(kinds) == 1 or "yes-no" in kinds:  # also what asks for nothing in particular
        return True
    return "what" in kinds and not kinds & {"when", "where"}


def _since(store: Store, conflict: Conflict) -> datetime:
    return store.edits.get(conflict.old_edit).valid_to or conflict.found_at


def _to_come(store: Store, new: Edit) -> bool:
    """Whether the note of an answer names a day from which it holds, and that is not yet."""
    told = store.sources.of_passage(new.passage_id).created_at
    text = store.passages.get(new.passage_id).text
    days = (begun(said, new.answer, told) for said in tellings(new.answer, [text], new.question))
    return any(day is not None and day > store.clock() for day in days)


def _instead(moment: Moment, changes: Sequence[_Change]) -> dict[int, int]:
    """What is to be read in place of each passage that does not hold, by their ids."""
    instead: dict[int, int] = {}
    if moment.kind in ("now", "formerly", "first"):
        # a person may have settled what is still to come
        if moment.kind == "now":
            instead = {change.new: change.old for change in changes if change.to_come}
        changes = [change for change in changes if not change.to_come]
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
