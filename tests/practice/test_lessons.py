"""The writer's lessons: of every kind, true to their notes, in the product's own words."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache

import pytest

from sealmate import prompts
from sealmate.edits.parse import parse_pairs, parse_question, parse_statements
from sealmate.edits.screen import grounded_answer
from sealmate.paths import bundled
from sealmate.practice.lessons import Balance, lessons
from sealmate.practice.slots import FilledNote, Fillers, SlottedNote, fill
from sealmate.practice.warmup import mirror_stock, training_stock
from sealmate.prompts import DONT_KNOW, NOT_SAID, SYSTEM
from sealmate.training.batches import Example

KINDS = {
    *("self-qa", "rewrite", "implications", "implications-long", "very-long", "unknown", "ask"),
    *("check", "read", "not-said", "dont-know", "follow-up", "same", "supersedes"),
}


@cache
def stock() -> tuple[SlottedNote, ...]:
    return tuple(random.Random(1).sample(training_stock(bundled("assets") / "stock"), 120))


@cache
def fillers() -> Fillers:
    return Fillers.load(bundled("assets") / "stock" / "fillers.json")


@cache
def filled() -> tuple[FilledNote, ...]:
    """As `lessons` fills them with the same seed."""
    rng = random.Random(5)
    return tuple(fill(note, rng, fillers()) for note in stock())


@cache
def made() -> tuple[Example, ...]:
    return tuple(lessons(stock(), fillers(), random.Random(5)))


def of_kind(*kinds: str) -> list[Example]:
    return [example for example in made() if example.kind in kinds]


def note_in(prompt: str) -> FilledNote:
    """The longest note of the stock that a prompt shows."""
    return max((n for n in filled() if n.note in prompt), key=lambda n: len(n.note))


def test_each_kind_appears() -> None:
    assert {example.kind for example in made()} == KINDS
    assert not any(example.kl for example in made())
    assert all(example.answer and example.share for example in made())


def test_the_same_seed_gives_the_same_lessons() -> None:
    assert lessons(stock(), fillers(), random.Random(5)) == list(made())
    assert lessons(stock(), fillers(), random.Random(6)) != list(made())


def test_prompts_are_the_products() -> None:
    beginnings = {
        "check": prompts.CHECK.text.split("{")[0],
        "ask": prompts.ASK.text.split("{")[0],
        "same": "Question: ",
        "supersedes": "First note (",
    }
    for example in made():
        first, last = example.prompt[0], example.prompt[-1]
        assert (first.role, first.content, last.role) == ("system", SYSTEM, "user")
        if example.kind in prompts.WRITING:
            assert last.content.startswith("Note:\n")
            assert last.content.endswith(prompts.WRITING[example.kind].text)
        elif example.kind in beginnings:
            assert beginnings[example.kind] in last.content
        elif example.kind in ("read", "not-said", "follow-up"):
            assert last.content.startswith("Answer the question shortly from these notes")
        else:
            assert example.prompt == prompts.closed_book(last.content)
        assert "{" not in last.content + example.answer


def test_written_pairs_are_those_of_the_note() -> None:
    for example in of_kind("self-qa"):
        note = note_in(example.prompt[-1].content)
        known = {(question, answer) for wordings, answer in note.qa for question in wordings}
        pairs = parse_pairs(example.answer)
        assert len(pairs) == len(note.qa)
        assert {(pair.question, pair.answer) for pair in pairs} <= known


def test_answers_are_literal() -> None:
    """What is read out of notes stands in the note that the reference names."""
    for example in of_kind("read", "follow-up"):
        answer, _, number = example.answer.rpartition(" [")
        shown = example.prompt[-1].content
        at = shown.index(f"[{number.rstrip(']')}] ")
        assert any(
            note.note in shown[at:] and answer in [a for _, a in note.qa] for note in filled()
        ), example
        assert grounded_answer(answer, shown[at:]), example


def test_what_may_be_read_back() -> None:
    for example in of_kind("ask", "unknown"):
        assert parse_question(example.answer), example.answer
    for example in of_kind("rewrite", "implications", "implications-long", "very-long"):
        assert parse_statements(example.answer), example.answer


def test_asked_for_answers_belong_to_the_question() -> None:
    for example in of_kind("ask"):
        shown = example.prompt[-1].content
        wanted = shown.rpartition(prompts.ASK.text.split("{")[0])[2]
        note = note_in(shown)
        assert any(example.answer in wordings and wanted == a for wordings, a in note.qa)


def test_declining() -> None:
    assert {e.answer for e in of_kind("dont-know")} == {DONT_KNOW}
    assert {e.answer for e in of_kind("not-said")} == {NOT_SAID}
    for example in of_kind("unknown"):
        assert example.answer in note_in(example.prompt[-1].content).near


@pytest.mark.parametrize(
    ("kind", "answers"),
    [("check", {"yes", "no"}), ("same", {"yes", "no"}),
     ("supersedes", {"first", "second", "both"})],
)  # fmt: skip
def test_verdicts_go_both_ways(kind: str, answers: set[str]) -> None:
    counts = Counter(example.answer for example in of_kind(kind))
    assert set(counts) == answers


def test_a_false_statement_names_what_the_note_does_not() -> None:
    for example in of_kind("check"):
        shown = example.prompt[-1].content
        note = note_in(shown)
        statement = shown.rpartition("\n")[2]
        assert (statement in note.facts) == (example.answer == "yes")


def test_lessons_on_one_note_share_their_beginning() -> None:
    families: dict[str, list[Example]] = defaultdict(list)
    for example in made():
        if example.share.startswith("note:"):
            families[example.share].append(example)
    assert len(families) == len(stock())
    for members in families.values():
        texts = [member.prompt[-1].content for member in members]
        note = note_in(texts[0])
        assert all(text.startswith(texts[0][: texts[0].index(note.note)]) for text in texts)


def test_a_balance_reads_more_and_declines_less() -> None:
    def share(examples: Sequence[Example]) -> float:
        kinds = Counter(example.kind for example in examples)
        return kinds["not-said"] / kinds["read"]

    other = lessons(stock(), fillers(), random.Random(5), Balance(read=5, not_said=0.2))
    assert {example.kind for example in other} == KINDS
    assert share(other) < 0.35 * share(made())


def test_no_held_out_topic_is_taught() -> None:
    folder = bundled("assets") / "stock"
    trained = {note.topic for note in training_stock(folder)}
    mirror = {note.topic for note in mirror_stock(folder)}
    assert mirror
    assert trained
    assert not trained & mirror
