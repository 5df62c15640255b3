"""Changed facts: a new note that answers an old question differently takes its place.

The older answer is superseded, not overwritten: its edits leave training with a date until which
they held, its probes are retired, a row tells the person, and edits that ask for what used to
hold are added. What may be two facts after all stays open until the person says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.parse import split_sentences
from sealmate.edits.questions import Asked, day, force, same_question, take_apart
from sealmate.edits.screen import grounded_answer, is_abstention, same_answer
from sealmate.edits.words import content, tokens, within
from sealmate.model.protocol import LanguageModel, Prompt, Request, Sampling
from sealmate.night import supersession
from sealmate.night.supersession import FORMERLY, REVISED, alike
from sealmate.records import Conflict, Edit, Passage, Source
from sealmate.store import Store


@dataclass(frozen=True, slots=True)
class Clash:
    """Two accepted edits of different sources with one question and two answers.

    `sure` says that the two cannot both hold. `revised` that the newer passage is the older one
    written anew.
    """

    old: Edit
    new: Edit
    revised: bool
    sure: bool


def settle_new(
    store: Store,
    new: Iterable[Edit],
    now: datetime,
    model: LanguageModel | None = None,
    cancel: Flag | None = None,
) -> list[Conflict]:
    """Find what the accepted edits of `new` contradict and put it right; the rows made.

    A sure conflict is "accepted" at once: the older answer gives way. A doubtful one is "open"
    and changes nothing. With a `model` each pair needs its word too: answers in words that it
    takes for the same are no conflict, and one that it says both hold stays open, unless the
    newer note is the older one written anew. A pair that was settled
    before is not brought up again. Each conflict is one transaction. Raises Cancelled.
    """
    settled = _Settled(store)
    accepted = [edit for edit in new if edit.state == "accepted"]
    clashes = [c for c in find_clashes(store, accepted) if not settled.has(c.old, c.new)]
    if model is not None and clashes:
        clashes = _second_opinion(store, model, clashes, cancel)
    made: list[Conflict] = []
    for clash in clashes:
        # An earlier one may have taken either out of training.
        old, fresh = store.edits.get(clash.old.id), store.edits.get(clash.new.id)
        if old.state != "accepted" or fresh.state != "accepted" or settled.has(old, fresh):
            continue
        conflict = Conflict(
            0, old.id, fresh.id, fresh.question, old.answer, fresh.answer, now, "open"
        )
        with store.transaction():
            conflict = store.conflicts.add(conflict)
            if clash.sure:
                conflict = supersession.accept(store, conflict.id, now)
        settled.add(conflict)
        made.append(conflict)
    return made


def untrained(store: Store) -> list[Edit]:
    """Trainable edits that are not in the active version: what `settle_new` should look at, as
    some of them may have been written on a night that was cut, or accepted by a person since."""
    known = set(store.versions.edit_ids(store.versions.active()))
    return [edit for edit in store.edits.trainable() if edit.id not in known]


def find_clashes(store: Store, new: Sequence[Edit]) -> Iterator[Clash]:
    """Every pair of one of `new` with an edit of an older (or newer) source that asks the same
    and answers otherwise; the surest and then the oldest first. Changes nothing."""
    asking = [edit for edit in new if _asks(edit)]
    if not asking:
        return
    index = _Index(edit for edit in store.edits.trainable() if _asks(edit))
    places = _Places(store)
    found: dict[tuple[int, int], Clash] = {}
    for edit in asking:
        asked = take_apart(edit.question)
        strength = force(asked)
        if strength == "vague":
            continue
        for other in index.same(asked):
            pair = _in_time(places, edit, other)
            if pair is None or not _disagree(edit.answer, other.answer):
                continue
            old, fresh = pair
            revised = places.revised(old.passage_id, fresh.passage_id)
            if revised and places.repeats(old, fresh):
                continue
            sure = revised or strength == "one"
            found.setdefault((old.id, fresh.id), Clash(old, fresh, revised, sure))
    yield from sorted(found.values(), key=lambda c: (not c.sure, c.old.id, c.new.id))


def _asks(edit: Edit) -> bool:
    return bool(edit.question and edit.answer) and FORMERLY not in edit.sampling


def _disagree(first: str, second: str) -> bool:
    """Whether two answers cannot be one: neither says all that the other does, as a list does
    that is longer by an item."""
    if not first or not second or is_abstention(first) or is_abstention(second):
        return False
    if same_answer(first, second):
        return False
    some, others = content(tokens(first)), content(tokens(second))
    return not (
        all(within(token, others) for token in some) or all(within(token, some) for token in others)
    )


class _Index:
    """Edits by the words of their questions."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._edits: dict[int, tuple[Edit, Asked]] = {}
        self._by_form: dict[str, set[int]] = {}
        for edit in edits:
            asked = take_apart(edit.question)
            self._edits[edit.id] = (edit, asked)
            for form in asked.forms:
                self._by_form.setdefault(form, set()).add(edit.id)

    def same(self, asked: Asked) -> list[Edit]:
        """Those that ask the same, by id."""
        keys: set[int] | None = None
        for token in asked.content:
            holding: set[int] = set()
            for form in token.forms:
                holding |= self._by_form.get(form, set())
            keys = holding if keys is None else keys & holding
            if not keys:
                return []
        found = (self._edits[key] for key in sorted(keys or ()))
        return [edit for edit, other in found if same_question(asked, other)]


class _Places:
    """Passages and sources of edits, each looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passages: dict[int, Passage] = {}
        self._sources: dict[int, Source] = {}
        self._revised: dict[tuple[int, int], bool] = {}

    def passage(self, key: int) -> Passage:
        if key not in self._passages:
            self._passages[key] = self._store.passages.get(key)
        return self._passages[key]

    def source(self, passage_id: int) -> Source:
        key = self.passage(passage_id).source_id
        if key not in self._sources:
            self._sources[key] = self._store.sources.get(key)
        return self._sources[key]

    def revised(self, old: int, new: int) -> bool:
        if (old, new) not in self._revised:
            texts = self.passage(old).text, self.passage(new).text
            self._revised[old, new] = alike(*texts) >= REVISED
        return self._revised[old, new]

    def repeats(self, old: Edit, new: Edit) -> bool:
        """Whether the newer passage says the older answer in a sentence of the older one."""
        before = {_plain(text) for text in split_sentences(self.passage(old.passage_id).text)}
        return any(
            _plain(said) in before and grounded_answer(old.answer, said)
            for said in split_sentences(self.passage(new.passage_id).text)
        )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _in_time(places: _Places, one: Edit, other: Edit) -> tuple[Edit, Edit] | None:
    """The two with the older source first; None for edits of one source."""
    first, second = places.source(one.passage_id), places.source(other.passage_id)
    if first.id == second.id:
        return None
    if (first.created_at, first.id) < (second.created_at, second.id):
        return one, other
    return other, one


class _Settled:
    """The pairs of facts that have a row already, in whatever wording and state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[tuple[int, int], list[Conflict]] = {}
        for conflict in store.conflicts.list():
            self.add(conflict)

    def add(self, conflict: Conflict) -> None:
        edits = self._store.edits
        old, new = edits.get(conflict.old_edit), edits.get(conflict.new_edit)
        self._rows.setdefault((old.passage_id, new.passage_id), []).append(conflict)

    def has(self, old: Edit, new: Edit) -> bool:
        return any(
            same_answer(row.old_answer, old.answer) and same_answer(row.new_answer, new.answer)
            for row in self._rows.get((old.passage_id, new.passage_id), ())
        )


def _second_opinion(
    store: Store, model: LanguageModel, clashes: Sequence[Clash], cancel: Flag | None
) -> list[Clash]:
    """What the model, without any memory, makes of each pair."""
    asked = [prompts.same_answer(c.new.question, c.old.answer, c.new.answer) for c in clashes]
    said = _replies(model, asked, cancel)
    left = [
        c
        for c, reply in zip(clashes, said, strict=True)
        if _tell_apart(c.old.answer, c.new.answer) or not reply.startswith("yes")
    ]
    places = _Places(store)

    def dated(edit: Edit) -> tuple[str, str]:
        return f"{edit.question} {edit.answer}", day(places.source(edit.passage_id).created_at)

    asked = [prompts.supersedes(*dated(c.old), *dated(c.new)) for c in left]
    said = _replies(model, asked, cancel)
    # A note written anew speaks for itself; a small model must not keep both of its wordings.
    return [
        replace(c, sure=c.revised or (c.sure and reply.startswith("second")))
        for c, reply in zip(left, said, strict=True)
    ]


def _tell_apart(first: str, second: str) -> bool:
    """Whether two answers are other numbers or names, which needs nobody's opinion."""
    some, others = (
        [t for t in tokens(text) if t.kind in ("number", "name") or t.text[:1].isupper()]
        for text in (first, second)
    )
    return bool(some and others) and not any(within(token, others) for token in some)


def _replies(model: LanguageModel, asked: Sequence[Prompt], cancel: Flag | None) -> list[str]:
    requests = [Request(prompt, sampling=Sampling(max_tokens=4)) for prompt in asked]
    return [reply.text.strip().casefold() for (reply,) in model.generate(requests, cancel=cancel)]
