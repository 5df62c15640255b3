"""Months of notes: what is told each night, what changes, what is to be forgotten, what to ask.

Notes are filled from the topics kept out of the writer's schooling, each slotted note once until
all were used. Some notes correct an earlier one, which may be a correction itself: one slot has
another value. Some earlier notes are to be forgotten. The first nights are the same however many
are made.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sealmate.edits.screen import correct
from sealmate.errors import UsageError
from sealmate.paths import bundled
from sealmate.practice.slots import (
    FilledNote,
    Fillers,
    SlottedNote,
    fill,
    load_stock,
    refill,
    slots_of,
    topics_held_out,
)

FORM = 6  # another one for every change of what a seed gives or is asked
LEADS = (
    "Correction to an earlier note, which was wrong: ",
    "This has changed, the earlier note no longer holds. ",
    "Update, in place of what I wrote before: ",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stream is made. `questions` is the most asked about one night's notes (changed facts
    are always asked); `changed` and `deleted` are shares of all notes."""

    notes: int = 8
    questions: int = 12
    changed: float = 0.10
    deleted: float = 0.05


@dataclass(frozen=True, slots=True)
class Fact:
    """Something told in night `night` in note `note`, with wordings to ask for it. `until` is the
    first night in which it holds no more (0 = it holds), `old` the answer it took the place of,
    `forgotten` tells that it ended because its note was to be forgotten."""

    night: int
    note: str
    wordings: tuple[str, ...]
    answer: str
    old: str = ""
    until: int = 0
    forgotten: bool = False

    def holds(self, night: int) -> bool:
        """Whether it is told, true and asked for after that night."""
        return bool(self.wordings) and self.night <= night and not 0 < self.until <= night


@dataclass(frozen=True, slots=True)
class Told:
    """A note of a night; `key` names it, `near` are questions on its things that no note answers,
    `corrects` is the key of the note it puts right ("" for none)."""

    key: str
    text: str
    near: tuple[str, ...]
    filled: FilledNote
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What is told in a night, and which notes of earlier nights are forgotten in it."""

    number: int
    notes: tuple[Told, ...]
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """All nights and all facts."""

    nights: tuple[NightPlan, ...]
    facts: tuple[Fact, ...]

    def valid(self, night: int) -> list[Fact]:
        """Facts that hold after that night, oldest first."""
        return [fact for fact in self.facts if fact.holds(night)]

    def changed(self, night: int) -> list[Fact]:
        """Those of them that took the place of an older one."""
        return [fact for fact in self.valid(night) if fact.old]

    def deleted(self, night: int) -> list[Fact]:
        """Facts of notes that were forgotten by that night."""
        return [f for f in self.facts if f.wordings and f.forgotten and f.until <= night]

    def near(self, night: int, most: int = 80) -> list[str]:
        """Unanswerable questions on things of notes that stand after that night, spread evenly
        over all nights if they are more than `most`."""
        gone = {key for plan in self.nights[:night] for key in plan.forget}
        told = [note for plan in self.nights[:night] for note in plan.notes]
        asked = [question for note in told if note.key not in gone for question in note.near]
        if len(asked) <= most:
            return asked
        return [asked[n * len(asked) // most] for n in range(most)]


def make_stream(nights: int, shape: Shape, seed: int) -> Stream:
    """The stream of a seed. Raises UsageError for no nights or no notes."""
    if nights < 1 or shape.notes < 1:
        raise UsageError("a stream needs nights and notes", "give 1 or more of both")
    return _Maker(shape, seed).make(nights)


@dataclass(slots=True)
class _Live:
    """A note that may still be changed or forgotten. `own` are the wordings that ask about it and
    about no other note."""

    told: Told
    slotted: SlottedNote
    night: int
    own: set[str] = field(default_factory=set)
    facts: list[int] = field(default_factory=list)


class _Maker:
    def __init__(self, shape: Shape, seed: int) -> None:
        folder = bundled("assets") / "stock"
        stock = load_stock(folder)
        mirror = topics_held_out({note.topic for note in stock})
        self._stock = [note for note in stock if note.topic in mirror]
        self._fillers = Fillers.load(folder / "fillers.json")
        self._shape, self._seed = shape, seed
        self._facts: list[Fact] = []
        self._live: list[_Live] = []
        self._used: set[str] = set()
        self._fresh = self._endless()

    def _endless(self) -> Iterator[SlottedNote]:
        turn = 0
        while True:
            order = list(self._stock)
            random.Random(f"{self._seed} order {turn}").shuffle(order)
            yield from order
            turn += 1

    def make(self, nights: int) -> Stream:
        plans = [self._night(number) for number in range(1, nights + 1)]
        return Stream(tuple(plans), tuple(self._facts))

    def _night(self, number: int) -> NightPlan:
        rng = random.Random(f"{self._seed} night {number}")
        forget = self._forget(number, rng)
        told: list[Told] = []
        asked: list[list[int]] = []
        corrections = self._due(self._shape.changed, number)
        for place in range(self._shape.notes):
            key = f"{number}.{place + 1}"
            made = self._correct(number, key, rng) if len(told) < corrections else None
            note, facts = made or self._tell(number, key, rng)
            told.append(note)
            asked.append(facts)
        self._cap(asked, rng)
        rng.shuffle(told)
        return NightPlan(number, tuple(told), forget)

    def _due(self, share: float, number: int) -> int:
        """How many of a share's notes fall to one night; none to the first."""
        total = share * self._shape.notes
        return int(total * number + 0.5) - int(total * (number - 1) + 0.5) if number > 1 else 0

    def _tell(self, number: int, key: str, rng: random.Random) -> tuple[Told, list[int]]:
        slotted = next(self._fresh)
        filled = fill(slotted, rng, self._fillers)
        told = Told(key, filled.note, filled.near, filled)
        live = _Live(told, slotted, number)
        for wordings, answer in filled.qa:
            fact = Fact(number, key, self._new(wordings, rng), answer)
            live.own.update(fact.wordings)
            self._add(live.facts, fact)
        self._live.append(live)
        return told, list(live.facts)

    def _add(self, where: list[int], fact: Fact) -> None:
        if fact.wordings:
            where.append(len(self._facts))
            self._facts.append(fact)

    def _new(self, wordings: Sequence[str], rng: random.Random) -> tuple[str, ...]:
        """Those that no other note of the stream is asked with, in an order of chance."""
        kept = [text for text in wordings if text.casefold() not in self._used]
        self._used.update(text.casefold() for text in kept)
        rng.shuffle(kept)
        return tuple(kept)

    def _correct(self, number: int, key: str, rng: random.Random) -> tuple[Told, list[int]] | None:
        """A note that gives one slot of an earlier one another value; None if none can be."""
        old = [live for live in self._live if live.night < number]
        rng.shuffle(old)
        for live in old:
            slots = list(slots_of(live.slotted))
            rng.shuffle(slots)
            for slot in slots:
                filled = refill(live.slotted, live.told.filled, slot, rng, self._fillers)
                if facts := self._changes(live, filled, number, key):
                    told = Told(key, rng.choice(LEADS) + filled.note, filled.near, filled,
                                live.told.key)  # fmt: skip
                    self._live.remove(live)
                    made: list[int] = []
                    for fact in facts:
                        self._add(made, fact)
                    self._live.append(
                        _Live(told, live.slotted, number, live.own, [*live.facts, *made])
                    )
                    return told, made
        return None

    def _changes(self, live: _Live, filled: FilledNote, number: int, key: str) -> list[Fact]:
        """The facts that are new in the corrected note; the old ones end. Nothing if no answer
        changes under the same question."""
        pairs = list(zip(live.told.filled.qa, filled.qa, strict=True))
        fresh = []
        for (before, was), (after, now) in pairs:
            same = tuple(text for text in after if text in before and text in live.own)
            if same and was != now and not correct(was, now) and not correct(now, was):
                fresh.append(Fact(number, key, same, now, old=was))
        if not fresh:
            return []
        changed = {text for (before, was), pair in pairs if (before, was) != pair
                   for text in before}  # fmt: skip
        for index in live.facts:
            if not self._facts[index].until and changed & set(self._facts[index].wordings):
                self._facts[index] = replace(self._facts[index], until=number)
        return fresh

    def _forget(self, number: int, rng: random.Random) -> tuple[str, ...]:
        count = self._due(self._shape.deleted, number)
        # what a correction corrected would hold again without it
        able = [live for live in self._live if live.night < number and not live.told.corrects]
        chosen = rng.sample(able, min(count, len(able)))
        for live in chosen:
            self._live.remove(live)
            for index in live.facts:
                fact = self._facts[index]
                self._facts[index] = replace(fact, until=number, forgotten=True)
        return tuple(live.told.key for live in chosen)

    def _cap(self, asked: Sequence[list[int]], rng: random.Random) -> None:
        """Leave the night's questions over its limit out of the asking, note by note in turn."""
        turns = [rng.sample(facts, len(facts)) for facts in asked]
        order = [facts[n] for n in range(max(map(len, turns), default=0)) for facts in turns
                 if n < len(facts)]  # fmt: skip
        order.sort(key=lambda index: not self._facts[index].old)
        for index in order[self._shape.questions :]:
            if not self._facts[index].old:
                self._facts[index] = replace(self._facts[index], wordings=())
