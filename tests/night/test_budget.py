"""Lengths of time as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import UsageError
from sealmate.night.budget import describe_seconds, parse_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90m", 5400), ("1h30m", 5400), ("5400s", 5400), (" 1H 30 min ", 5400),
     ("1.5h", 5400), ("1h1m1s", 3661), ("0h5m", 300)],
)  # fmt: skip
def test_lengths(text: str, seconds: float) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "h", "2", "soon", "-2h", "30m1h", "2h nope", "0s", "1e9h", "745h", "٣"]
)
def test_no_lengths(text: str) -> None:
    with pytest.raises(UsageError, match="length of time"):
        parse_budget(text)


@given(st.text(max_size=20))
def test_any_text_is_a_length_or_one_clear_error(text: str) -> None:
    with suppress(UsageError):
        assert parse_budget(text) > 0


@given(st.integers(0, 99), st.integers(0, 59), st.integers(1, 59))
def test_all_parts_count(hours: int, minutes: int, seconds: int) -> None:
    assert parse_budget(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (185, "3 min 5 s"), (3600, "1 h"),
     (4320, "1 h 12 min"), (-5, "0 s")],
)  # fmt: skip
def test_in_words(seconds: float, words: str) -> None:
    assert describe_seconds(seconds) == words
