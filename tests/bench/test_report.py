"""Tables and figures as text."""

from __future__ import annotations

from sealmate.bench.report import figure, figures, median, share, table


def test_numbers_stand_right_and_words_left() -> None:
    lines = table(["name", "seconds"], [["ours", 1.5], ["plain loop", 12.25], ["none", None]])
    assert lines == [
        "name        seconds",
        "ours            1.5",
        "plain loop    12.25",
        "none              -",
    ]


def test_figures_nest() -> None:
    assert figures({"ratio": 4.0, "gate": {"old": None, "passed": True}}) == [
        "ratio  4",
        "gate",
        "  old     -",
        "  passed  yes",
    ]


def test_small_and_large_figures() -> None:
    assert [figure(value) for value in (0.123456, 12345.6, 7, "x")] == ["0.1235", "12346", "7", "x"]


def test_shares_and_medians_of_nothing_are_zero() -> None:
    assert share([]) == 0.0
    assert share([True, True, False]) == 0.667
    assert median([]) == 0.0
    assert median([3.0, 1.0, 2.0]) == 2.0
