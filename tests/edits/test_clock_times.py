"""Questions with a time of day in them, as a writer puts them."""

from __future__ import annotations

import pytest

from sealmate.edits.parse import Pair, parse_pairs


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Q: What opens at 7 a.m.? A: the bakery", "What opens at 7 a.m.?"),
        ("Q: What opens at 7 a. m.? A: the bakery", "What opens at 7 a. m.?"),
        ("Q: What opens at 7 A.M.?\nA: the bakery", "What opens at 7 A.M.?"),
        ("Q: What opens at 7 a.m.? A. the bakery", "What opens at 7 a.m.?"),
        ("Q: What opens at 7 a.m. on Fridays? a: the bakery", "What opens at 7 a.m. on Fridays?"),
        ("Q: What takes 5 percent p.a.? A: the bakery", "What takes 5 percent p.a.?"),
    ],
)
def test_a_time_is_no_label(text: str, question: str) -> None:
    assert parse_pairs(text) == [Pair(question, "the bakery")]


def test_a_time_as_the_answer() -> None:
    assert parse_pairs("Q: When is it open? A: 7 a.m.") == [Pair("When is it open?", "7 a.m.")]
