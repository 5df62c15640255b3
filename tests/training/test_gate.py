"""The gate's figures on known values, and what it says when it refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import DONT_KNOW, SYSTEM
from sealmate.recall import recollect
from sealmate.recital import Recollection
from sealmate.training.gate import (
    Limits,
    Scores,
    abstention,
    general_loss,
    judge,
    mcnemar,
    share_right,
    verdict,
)


def sure(text: str, confidence: float) -> Recollection:
    return Recollection(text, confidence)


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [(0, 0, 1.0), (0, 5, 1.0), (5, 0, 1 / 32), (1, 0, 0.5), (3, 1, 5 / 16), (6, 2, 37 / 256)],
)
def test_mcnemar(lost: int, gained: int, p: float) -> None:
    assert mcnemar(lost, gained) == pytest.approx(p)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_chance(lost: int, gained: int) -> None:
    p = mcnemar(lost, gained)
    assert 0 < p <= 1
    assert p >= mcnemar(lost + 1, gained)


def test_judge_withholds_what_is_not_sure() -> None:
    probes = [(1, "Who?", "Ada"), (2, "Who?", "Ada"), (3, "Who?", "Ada")]
    told = [sure("Ada.", 0.9), sure("Ada", 0.2), sure("Bob", 0.9)]
    asked = judge(probes, told, 0.5)
    assert [a.correct for a in asked] == [True, False, False]
    assert [a.given for a in asked] == ["Ada.", DONT_KNOW, "Bob"]
    assert asked[1].confidence == pytest.approx(0.2)
    assert share_right(asked) == pytest.approx(1 / 3)
    assert share_right([]) is None


def test_abstention_in_words_or_for_want_of_confidence() -> None:
    told = [sure(DONT_KNOW, 0.9), sure("Ada", 0.2), sure("Ada", 0.9), sure("Bob", 0.8)]
    assert abstention(told, 0.5) == 0.5
    assert abstention(told, 0.0) == 0.25
    assert abstention([], 0.5) is None


def test_questions_are_asked_closed_book_on_the_adapter() -> None:
    model = ScriptedModel(reply=lambda prompt, adapter: f"{adapter}: {prompt[-1].content}")
    assert [c.text for c in recollect(model, ["Who?", "Where?"], "v1", way="direct")] == [
        "v1: Who?",
        "v1: Where?",
    ]
    assert [turn.role for turn in model.prompts[0]] == ["system", "user"]
    assert model.prompts[0][0].content == SYSTEM
    assert general_loss(model, [(model.prompts[0], "yes")] * 3, None) == 1.0
    assert general_loss(model, [], None) == 0.0


GOOD = Scores(
    new_recall=0.8,
    new_recall_before=0.0,
    old_recall=0.7,
    old_recall_before=0.75,
    lost=(4,),
    p_lost=0.5,
    abstention=0.9,
    abstention_before=0.95,
    general_loss=2.0,
    general_loss_before=2.0,
    threshold=0.3,
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"new_recall": 0.29}, "new facts: 29% recalled, 30% asked"),
        ({"new_recall": None}, ""),
        ({"old_recall": 0.5, "p_lost": 0.01}, "older facts: 50% recalled after 75% before"),
        ({"old_recall": 0.5, "p_lost": 0.06}, ""),
        ({"old_recall": 0.7, "p_lost": 0.01}, ""),
        ({"old_recall": None, "old_recall_before": None, "p_lost": 0.0}, ""),
        ({"abstention": 0.5}, "abstention: 50%, 70% asked"),
        ({"abstention": None}, ""),
        ({"general_loss": 2.1}, "general chat: loss grew 1.050 times, 1.03 allowed"),
        ({"general_loss": math.nan}, "general chat: loss grew nan times, 1.03 allowed"),
        ({"general_loss_before": 0.0}, ""),
    ],
)
def test_verdict(change: dict[str, float], reason: str) -> None:
    scores = replace(GOOD, **change)  # type: ignore[arg-type]
    assert verdict(scores, Limits()) == ((reason,) if reason else ())


def test_all_reasons_are_given() -> None:
    scores = replace(GOOD, new_recall=0.0, abstention=0.0, general_loss=9.0)
    assert len(verdict(scores, Limits())) == 3
    assert scores.as_dict()["lost"] == [4]
    assert scores.as_dict()["general_ratio"] == 4.5
