"""The learning rate's way up and down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sealmate.training.pace import Pace


def test_up_and_down() -> None:
    pace = Pace(0.1, 0.1, 100)
    rates = [pace.at(step) for step in range(100)]
    assert rates[:10] == [(step + 1) / 10 for step in range(10)]
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0.1 < rates[-1] < 0.12


@given(st.integers(2, 400), st.integers(1, 400))
def test_braking_goes_down_smoothly_and_ends_no_later(steps: int, done: int) -> None:
    done = max(round(0.05 * steps) + 1, min(done, steps))  # not on the way up
    plain, pace = Pace(0.05, 0.1, steps), Pace(0.05, 0.1, steps)
    pace.brake(done)
    assert pace.braking
    assert pace.braked == done
    assert done <= pace.steps <= steps
    for step in range(pace.steps):
        assert pace.at(step) <= plain.at(step)
        assert step >= done or pace.at(step) == plain.at(step)
    rest = [pace.at(step) for step in range(done, pace.steps)]
    assert rest == sorted(rest, reverse=True)
