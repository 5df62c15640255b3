"""The checks over all the notes there are: figures, not cases."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sealmate.edits.abstention import is_abstention
from sealmate.edits.answers import correct, same_answer
from sealmate.edits.screen import grounded_answer, novel_content
from sealmate.edits.spans import coverage, spans
from sealmate.paths import bundled
from sealmate.practice.warmup import training_stock
from tests.edits.stock import bench, stock

POINTING = {"yes", "no", "i"}


@pytest.fixture(scope="module")
def notes() -> list[dict[str, Any]]:
    """Every fifth note, each with one filling."""
    return [note for number, note in enumerate(stock(seed=3)) if number % 5 == 0]


def test_literal_answers_are_grounded(notes: list[dict[str, Any]]) -> None:
    for note in notes:
        for qa in note["qa"]:
            if qa["a"] in note["note"] and qa["a"].casefold() not in POINTING:
                assert grounded_answer(qa["a"], note["note"]), (qa["a"], note["note"])


def test_an_answer_is_itself(notes: list[dict[str, Any]]) -> None:
    for note in notes:
        for qa in note["qa"]:
            assert correct(qa["a"], qa["a"]), qa["a"]
            assert same_answer(qa["a"], qa["a"])


def test_answers_of_one_note_differ(notes: list[dict[str, Any]]) -> None:
    pairs = [
        (a["a"], b["a"])
        for note in notes
        for a in note["qa"]
        for b in note["qa"]
        if a is not b and b["a"].casefold() not in a["a"].casefold()
    ]
    assert sum(correct(a, b) for a, b in pairs) <= len(pairs) * 0.002


def test_true_facts_and_questions_bring_nothing_new(notes: list[dict[str, Any]]) -> None:
    facts = [(fact, note["note"]) for note in notes for fact in note["facts"]]
    asked = [(qa["q"][0], note["note"]) for note in notes for qa in note["qa"]]
    assert sum(bool(novel_content(*fact)) for fact in facts) <= len(facts) * 0.015
    assert sum(bool(novel_content(*question)) for question in asked) <= len(asked) * 0.005


def test_facts_of_another_filling_are_caught(notes: list[dict[str, Any]]) -> None:
    others = [note for number, note in enumerate(stock(seed=4)) if number % 5 == 0]
    changed = [
        (said, note["note"])
        for note, other in zip(notes, others, strict=True)
        for fact, said in zip(note["facts"], other["facts"], strict=True)
        if fact != said
    ]
    assert len(changed) > 500
    missed = [pair for pair in changed if not novel_content(*pair)]
    # What is left are other colours, jobs, dishes and places to keep things: for the judge.
    assert len(missed) <= len(changed) * 0.07


@pytest.mark.parametrize("name", ["tune", "memory"])
def test_bench_notes(name: str) -> None:
    asked = covered = 0
    for note in bench(name):
        candidates = spans(note["note"])
        for qa in note["qa"]:
            assert not is_abstention(qa["a"])
            assert grounded_answer(qa["a"], note["note"])
            assert all(correct(other, qa["a"], qa["also"]) for other in qa["also"])
            for other in note["qa"]:
                # one fact asked for twice, or a part of it: "blue" of "a blue tin"
                same = other["a"] in qa["a"] or qa["a"] in other["a"]
                assert same or not correct(other["a"], qa["a"], qa["also"])
            asked += 1
            covered += any(correct(span, qa["a"], qa["also"]) for span in candidates)
        assert coverage(note["note"], [(qa["q"], qa["a"]) for qa in note["qa"]]) >= 0.4
    assert covered / asked >= 0.95


@pytest.mark.parametrize("name", ["memory", "unseen"])
def test_what_is_reported_on_was_not_practised(name: str) -> None:
    def plain(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.casefold()))

    practised = training_stock(bundled("assets") / "stock")
    asked = {plain(w) for note in practised for wordings, _ in note.qa for w in wordings}
    asked |= {plain(question) for note in practised for question in note.near}
    runs = {run for note in practised for run in sixes(plain(note.note).split())}
    for note in bench(name):
        questions = [*(qa["q"] for qa in note["qa"]), *note["near"]]
        assert not {plain(question) for question in questions} & asked
        assert not sixes(plain(note["note"]).split()) & runs


def sixes(words: list[str]) -> set[tuple[str, ...]]:
    """All runs of six words."""
    return {tuple(words[at : at + 6]) for at in range(len(words) - 5)}
