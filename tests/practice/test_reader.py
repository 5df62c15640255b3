"""The reader's lessons: true to their notes, and honest about what those do not say."""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache

from sealmate.edits.answers import correct
from sealmate.edits.words import content, tokens, within
from sealmate.paths import bundled
from sealmate.practice.reader import about_another, cut_out, reader_lessons, told_elsewhere
from sealmate.practice.slots import FilledNote, Fillers, SlottedNote, fill
from sealmate.practice.warmup import training_stock
from sealmate.prompts import NOT_SAID, WRITING, line_opening
from sealmate.training.batches import Example


@cache
def stock() -> tuple[SlottedNote, ...]:
    return tuple(random.Random(2).sample(training_stock(bundled("assets") / "stock"), 150))


@cache
def fillers() -> Fillers:
    return Fillers.load(bundled("assets") / "stock" / "fillers.json")


@cache
def filled() -> tuple[FilledNote, ...]:
    rng = random.Random(3)
    return tuple(fill(note, rng, fillers()) for note in stock())


@cache
def made() -> tuple[Example, ...]:
    return tuple(reader_lessons(stock(), fillers(), random.Random(3)))


def test_the_same_seed_gives_the_same_lessons() -> None:
    assert reader_lessons(stock(), fillers(), random.Random(3)) == list(made())
    assert reader_lessons(stock(), fillers(), random.Random(4)) != list(made())


def test_every_question_of_a_note_is_asked_once_and_more_are_answered_than_declined() -> None:
    kinds = Counter(example.kind for example in made() if ":cut" not in example.share)
    assert set(kinds) == {"read", "not-said", "line", "line-not-said", "follow-up"}
    assert kinds["read"] == sum(len(note.qa) for note in filled())
    cut = Counter(example.kind for example in made() if ":cut" in example.share)
    assert cut["read"] == cut["not-said"] > len(filled()) / 3
    every = Counter(example.kind for example in made())
    assert every["read"] / 2 < every["not-said"] < every["read"]


def test_what_is_asked_of_a_passage_is_asked_in_a_line_as_well() -> None:
    def put(kind: str) -> list[tuple[str, str, str]]:
        return sorted(
            (example.share.removesuffix(":line"), example.opening, example.answer.strip())
            for example in made()
            if example.kind == kind
        )

    def read(kind: str) -> list[tuple[str, str, str]]:
        return sorted(
            (
                example.share,
                line_opening(example.prompt[-1].content.rpartition("\n\nQuestion: ")[2]),
                example.answer.removesuffix(" [1]"),
            )
            for example in made()
            if example.kind == kind
        )

    assert put("line") == read("read")
    assert put("line-not-said") == read("not-said")
    for example in made():
        if example.opening and ":cut" not in example.share:
            note = filled()[int(example.share.split(":")[1])]
            assert note.note in example.prompt[-1].content
            # as the product puts it, and the answer after a space
            assert example.prompt[-1].content.endswith(WRITING["self-qa"].text)
            assert example.answer.startswith(" ")


def test_answers_are_those_of_the_one_passage_that_is_shown() -> None:
    for example in made():
        if example.opening:
            continue
        shown = example.prompt[-1].content
        assert "[1] " in shown
        assert "[2] " not in shown
        if example.kind == "not-said":
            assert example.answer == NOT_SAID
        else:
            note = filled()[int(example.share.split(":")[1])]
            assert example.answer.removesuffix(" [1]") in [answer for _, answer in note.qa]
            assert note.note in shown or ":cut" in example.share


def test_a_note_and_its_questions_share_their_beginning() -> None:
    beginnings: dict[str, set[str]] = {}
    for example in made():
        beginnings.setdefault(example.share, set()).add(
            example.prompt[-1].content.rpartition("\n\nQuestion: ")[0]
        )
    assert all(len(found) == 1 for found in beginnings.values())


def test_somebody_else_is_nobody_of_the_note() -> None:
    rng = random.Random(4)
    asked = [(note, about_another(note, filled(), rng)) for note in filled()]
    assert sum(bool(question) for _, question in asked) > len(asked) / 3
    for note, question in asked:
        own = {wording for wordings, _ in note.qa for wording in wordings}
        assert question not in own
        if question:
            there = tokens(note.note)
            assert any(not within(word, there) for word in content(tokens(question)))


def test_what_is_told_elsewhere_is_not_told_here() -> None:
    rng = random.Random(5)
    found = 0
    for note in filled():
        question = told_elsewhere(note, filled(), rng)
        if not question:
            continue
        found += 1
        pairs = [
            (other, answer)
            for other in filled()
            for wordings, answer in other.qa
            if question in wordings
        ]
        assert all(other.topic == note.topic for other, _ in pairs)
        assert any(answer.casefold() not in note.note.casefold() for _, answer in pairs)
    assert found > len(filled()) / 3
    assert told_elsewhere(filled()[0], filled()[:1], rng) == ""


def test_a_note_without_a_sentence_does_not_say_what_that_said() -> None:
    rng = random.Random(6)
    found = 0
    for note in filled():
        shorter = cut_out(note, rng)
        if shorter is None:
            continue
        found += 1
        text, ((lost, declined), (asked, answer)) = shorter
        assert declined == NOT_SAID
        assert set(text.split()) <= set(note.note.split())
        (gone,) = {said for wordings, said in note.qa if lost in wordings}
        assert gone in note.note
        assert not re.search(rf"(?<!\w){re.escape(gone)}(?!\w)", text)
        assert any(asked in w and correct(answer, said) and said in text for w, said in note.qa)
    assert found > len(filled()) / 2
    alone = FilledNote("t", "Rex is the dog.", ((("Who is the dog?",), "Rex"),), (), (), {})
    assert cut_out(alone, rng) is None
