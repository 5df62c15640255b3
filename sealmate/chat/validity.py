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
from sealmate.edits.questions import NEAR, Asked, shared, take_apart
from sealmate.edits.steps import tellings
from sealmate.edits.words import Token, tokens, within
from sealmate.records import Conflict, Edit, Hit
from sealmate.store import Store

_GIVING, _GETTING = frozenset(("pay", "owe", "spend")), frozenset(("charg", "earn", "get"))
_COSTING = frozenset(("pay", "paid", "cost", "charg", "owe"))
_KEEPING = frozenset(("keep", "kept", "stored", "hid", "hidden", "find", "found", "put"))
_BEING = frozenset(("is", "are", "was", "were", "where's"))


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
    found: dict[int, Conflict] = {}  # by the passage of the newer answer
    lost: dict[int, set[str]] | None = None
    for conflict in store.conflicts.list():
        if conflict.state not in ("accepted", "kept-old"):
            continue
        own = bool(moment.words) and moment.words.casefold() in conflict.question.casefold()
        asked = question if own else moment.plain
        same = _same(store, asked, conflict, conflict.question)
        if not same and conflict.state == "accepted":
            # the older note was asked about in other words as well
            lost = store.conflicts.wordings() if lost is None else lost
            others = lost.get(conflict.id, set()) - {conflict.question}
            same = any(_same(store, asked, conflict, other) for other in sorted(others))
        # "Is Dr Hall our vet?" names nobody who came after the next one
        led = [one for one in found.values() if one.new_answer == conflict.old_answer]
        if not same and not led:
            continue
        old, new = (store.edits.get(key) for key in (conflict.old_edit, conflict.new_edit))
        if not same and not (
            (last := found.get(old.passage_id))
            and _same(store, last.question, conflict, conflict.question)
        ):
            continue
        if old.passage_id != new.passage_id:
            since = _since(store, conflict)
            found[new.passage_id] = conflict
            kept = None if conflict.state == "kept-old" else since
            answers = conflict.old_answer, conflict.new_answer
            to_come = kept is not None and _to_come(store, new, conflict.old_answer)
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


def _same(store: Store, question: str, conflict: Conflict, other: str) -> bool:
    """Whether a question may ask for what changed, as another did, and for nobody else's: half of
    the words do for two wordings of one fact, but Anna's number is not Tom's, nor the back door the
    front door."""
    mine, its = take_apart(question), take_apart(other)
    if mine.forms.isdisjoint(its.forms) or not _alike(mine, its) or _other_person(mine, its):
        return False
    # "Is Dr Lane our vet?" has of the answer what it has more
    answers = tokens(f"{conflict.old_answer}\n{conflict.new_answer}")
    mine, its = _without_verbs(_without_answer(mine, answers), its)
    if shared(mine, its) < NEAR:
        return False
    lacked, more = _beside(mine, its), _beside(its, mine)
    lacked = [token for token in lacked if not within(token, answers)]
    if lacked and more:
        return False
    some, others = (mine, its) if lacked else (its, mine)
    apart = [token for token in lacked or more if _tells_apart(some, token, others)]
    if not apart or more:
        return not apart
    # "our vet" is Rex's vet as well, where the older note knows nothing of Rex
    passage = store.passages.get(store.edits.get(conflict.old_edit).passage_id)
    there = tokens(f"{passage.heading}\n{passage.text}")
    return all(_is_owner(mine, token) and not within(token, there) for token in apart)


def _is_owner(asked: Asked, token: Token) -> bool:
    """Whether a word of a question says whose something is, or for whom."""
    place = asked.said.index(token)
    return _owns(token) or (token.kind == "name" and asked.words[place - 1] in ("of", "for"))


def _without_answer(asked: Asked, answers: Sequence[Token]) -> Asked:
    """A question whether it is this or that, without this and that."""
    if asked.kind != "yes-no":
        return asked
    left = tuple(token for token in asked.content if not within(token, answers))
    return replace(asked, content=left or asked.content)


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


def _alike(asked: Asked, other: Asked) -> bool:
    """Whether two questions on the same things may ask for the same of them: when somebody comes
    says nothing of where, or of what they are called."""
    kinds = {asked.kind, other.kind}
    if len(kinds) == 1 or "yes-no" in kinds:  # also what asks for nothing in particular
        return True
    return "what" in kinds and not kinds & {"when", "where"}


def _without_verbs(asked: Asked, other: Asked) -> tuple[Asked, Asked]:
    """Two questions without the verbs that make no difference between them: what one pays for
    something is what it costs, and it is where one keeps it. What we charge is not what we pay."""
    for one, another in ((asked, other), (other, asked)):
        if _does(one, _GIVING) and _does(another, _GETTING):
            return asked, other
    verbs = _KEEPING if {asked.kind, other.kind} == {"where"} else _COSTING
    if not (_plainly(asked, verbs) and _plainly(other, verbs)):
        return asked, other

    def bare(one: Asked, another: Asked) -> Asked:
        spare = [token for token in _beside(one, another) if not token.forms.isdisjoint(verbs)]
        left = tuple(token for token in one.content if token not in spare)
        return replace(one, content=left or one.content)

    return bare(asked, other), bare(other, asked)


def _plainly(asked: Asked, verbs: frozenset[str]) -> bool:
    """Whether it asks with one of the verbs, or for where something is, or how much."""
    if not asked.forms.isdisjoint(verbs):
        return True
    measured = asked.kind == "where" or asked.measure in ("much", "high")
    return measured and not _BEING.isdisjoint(asked.words)


def _does(asked: Asked, verbs: frozenset[str]) -> bool:
    """Whether it asks about oneself doing one of these."""
    pairs = zip(asked.words, asked.said[1:], strict=False)
    return any(word in ("i", "we") and not token.forms.isdisjoint(verbs) for word, token in pairs)


def _since(store: Store, conflict: Conflict) -> datetime:
    return store.edits.get(conflict.old_edit).valid_to or conflict.found_at


def _to_come(store: Store, new: Edit, older: str) -> bool:
    """Whether the note of an answer names a day from which it holds, and that is not yet."""
    told = store.sources.of_passage(new.passage_id).created_at
    text = store.passages.get(new.passage_id).text
    there = tellings(new.answer, [text], new.question)
    days = (begun(said, new.answer, told, older) for said in there)
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
