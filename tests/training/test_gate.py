"""The gate's figures on known values, and what it says when it refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import DONT_KNOW, SYSTEM
from sealmate.recall import Recollection, recollect
from sealmate.training.gate import (
    BESIDE,
    EVEN,
    HIGHEST,
    Limits,
    Scores,
    abstention,
    best_threshold,
    general_loss,
    judge,
    mcnemar,
    raised,
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


def test_a_threshold_between_right_answers_and_strangers() -> None:
    known = [(0.9, True), (0.8, True), (0.3, False)]
    strangers = [(0.5, False), (0.2, False)]
    assert 0.5 < best_threshold(known, strangers) <= 0.8


def test_strangers_declined_in_words_need_no_threshold() -> None:
    known = [(0.9, True), (0.1, True)]
    assert best_threshold(known, [(0.95, True), (0.9, True)]) < 0.1


@pytest.mark.parametrize(
    ("known", "strangers"), [([], [(0.5, False)]), ([(0.5, True)], []), ([], [])]
)
def test_nothing_to_set_a_threshold_by(
    known: list[tuple[float, bool]], strangers: list[tuple[float, bool]]
) -> None:
    assert best_threshold(known, strangers) == EVEN


_hundredths = st.integers(1, 99).map(lambda n: n / 100)
_marks = st.lists(st.tuples(_hundredths, st.booleans()), min_size=1, max_size=12)


@given(_marks, _marks)
def test_a_threshold_is_between_its_probes(
    known: list[tuple[float, bool]], strangers: list[tuple[float, bool]]
) -> None:
    assert 0.0 < best_threshold(known, strangers) < 1.0


@given(st.lists(_hundredths, min_size=3, max_size=12), st.integers(-6, 6))
def test_a_threshold_moves_with_its_probes(sure: list[float], by: int) -> None:
    """What counts is how far answers stand from each other, not where they stand."""

    def moved(share: float, shift: float) -> float:
        return 1 / (1 + (1 - share) / share * math.exp(-shift))

    def cut(shift: float) -> float:
        known = [(moved(share, 3 + shift), True) for share in sure]
        strange = [(moved(share, shift - 3), False) for share in sure]
        return best_threshold(known, strange)

    there, here = cut(by / 10), moved(cut(0.0), by / 10)
    assert math.log(there / (1 - there)) == pytest.approx(math.log(here / (1 - here)), abs=0.11)


def test_one_stray_probe_does_not_move_the_threshold_far() -> None:
    known = [(0.999, True)] * 20
    strange = [(0.01, False)] * 20
    cut = best_threshold(known, strange)
    assert 0.1 < cut < 0.97
    assert abs(best_threshold(known, [*strange, (0.998, False)]) - cut) < 0.3


@given(_marks, _marks, _hundredths, _hundredths)
def test_a_threshold_is_raised_as_far_as_it_takes_and_no_further(
    strange: list[tuple[float, bool]],
    near: list[tuple[float, bool]],
    threshold: float,
    asked: float,
) -> None:
    def declined(cut: float) -> float:
        shares = [(sum(done or sure < cut for sure, done in kind) + BESIDE) / (len(kind) + BESIDE)
                  for kind in (strange, near)]  # fmt: skip
        return sum(shares) / 2

    cut = raised(threshold, strange, near, asked)
    assert threshold <= cut <= max(threshold, HIGHEST)
    if declined(HIGHEST) >= asked or cut < HIGHEST:
        assert declined(cut) >= asked
    if cut > threshold:
        lower = [sure for sure, _ in (*strange, *near) if threshold <= sure < cut]
        assert all(declined(value) < asked for value in (threshold, *lower))
    assert raised(threshold, [], [], asked) == threshold


def test_one_near_miss_of_a_few_raises_no_threshold_and_one_in_ten_of_many_does() -> None:
    strange = [(0.0, True)] * 40
    few, many = [(0.9, False)] + [(0.0, True)] * 3, ([(0.8, False)] + [(0.0, True)] * 9) * 6
    assert raised(0.6, strange, few, 0.975) == 0.6
    assert 0.8 < raised(0.6, strange, many, 0.975) <= HIGHEST


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


def test_near_misses_weigh_as_much_as_strangers_however_few() -> None:
    known = [(0.95, True)] * 10 + [(0.6, True)] * 2
    strange = [(0.01, False)] * 30
    near = [(0.7, False), (0.75, False)]
    assert best_threshold(known, strange, near) > best_threshold(known, [*strange, *near]) + 0.1
    assert best_threshold(known, [], near) > best_threshold(known, strange, near)
