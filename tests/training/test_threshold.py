"""The threshold of an answer, old rule and careful one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.training.threshold import (
    EVEN,
    GIVEN,
    HIGHEST,
    NEAR,
    STRANGERS,
    best_threshold,
    careful_threshold,
)


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


def test_near_misses_weigh_as_much_as_strangers_however_few() -> None:
    known = [(0.95, True)] * 10 + [(0.6, True)] * 2
    strange = [(0.01, False)] * 30
    near = [(0.7, False), (0.75, False)]
    assert best_threshold(known, strange, near) > best_threshold(known, [*strange, *near]) + 0.1
    assert best_threshold(known, [], near) > best_threshold(known, strange, near)


def _careful(
    known: list[tuple[float, bool]],
    strange: list[tuple[float, bool]],
    near: list[tuple[float, bool]],
    least: float = 0.6,
    caution: float = 3.0,
) -> float:
    return careful_threshold(known, strange, near, least=least, caution=caution)


@given(_marks, _marks, _marks, _hundredths, st.floats(0, 20))
def test_a_careful_threshold_is_never_under_the_least_that_is_allowed(
    known: list[tuple[float, bool]],
    strange: list[tuple[float, bool]],
    near: list[tuple[float, bool]],
    least: float,
    caution: float,
) -> None:
    assert least <= _careful(known, strange, near, least, caution) <= max(least, HIGHEST)


@given(_marks, _marks, _marks, st.floats(0, 9), st.floats(0, 9))
def test_more_caution_is_no_lower_a_threshold(
    known: list[tuple[float, bool]],
    strange: list[tuple[float, bool]],
    near: list[tuple[float, bool]],
    one: float,
    other: float,
) -> None:
    low, high = (_careful(known, strange, near, 0.0, share) for share in sorted((one, other)))
    assert low <= high


def test_where_nothing_was_asked_the_usual_threshold_holds() -> None:
    usual = _careful([], [], [])
    assert 0.85 < usual < 0.95
    lower, higher = (math.log(cut / (1 - cut)) for cut in (usual - 0.05, usual + 0.04))

    def worth(cut: float) -> float:
        return GIVEN(cut) + 3.0 * (NEAR(cut) + STRANGERS(cut)) / 2

    assert worth(math.log(usual / (1 - usual))) >= max(worth(lower), worth(higher))


def test_one_sure_answer_of_a_few_silences_no_memory() -> None:
    """No threshold declines what is surer than all that is right, so none is to pay for it."""
    known = [(0.99, True)] * 14 + [(0.93, True)] * 6
    near, strange = [(0.01, False)] * 9, [(0.01, False)] * 40
    assert _careful(known, strange, [*near, (0.995, False)]) < 0.93


def test_many_sure_inventions_raise_the_threshold_and_unsure_right_answers_lower_it() -> None:
    known, strange = [(0.99, True)] * 40, [(0.01, False)] * 40
    usual = _careful(known, strange, [(0.01, False)] * 40)
    assert _careful(known, strange, [(0.93, False)] * 20 + [(0.01, False)] * 20) > usual
    assert _careful([(0.85, True)] * 20 + known[:20], strange, [(0.01, False)] * 40) < usual


def test_what_was_declined_in_words_is_not_held_against_its_confidence() -> None:
    known, strange = [(0.95, True)] * 20, [(0.01, False)] * 40
    said, silent = [(0.97, False)] * 30, [(0.97, True)] * 30
    assert _careful(known, strange, silent) < _careful(known, strange, said)
