"""Right answers about amounts, times and ages that have neither a number nor a date."""

from __future__ import annotations

import pytest

from sealmate.edits.fitting import fits


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much yeast goes in?", "a teaspoon"),
        ("How much yeast goes in?", "A pinch."),
        ("How much yeast goes in?", "about half a cup of it"),
        ("How much flour goes in?", "a kilo"),
        ("How many eggs do we need?", "a handful"),
        ("How much does it cost?", "a fiver"),
        ("When do we meet?", "at Thanksgiving"),
        ("When do we meet?", "Halloween"),
        ("When do they fast?", "at Ramadan"),
        ("When does it open?", "at lunchtime"),
        ("When does it start?", "immediately"),
        ("When does it start?", "straight after school"),
        ("When do I take the pill?", "with meals"),
        ("When do I take the pill?", "with her food"),
        ("When do I take the pill?", "on an empty stomach"),
        ("How often does she ring?", "rarely"),
        ("How old is Sam?", "a teenager"),
        ("How old is Biscotti?", "still a puppy"),
    ],
)
def test_right_without_a_number(question: str, answer: str) -> None:
    assert fits(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many seconds does it take?", "a glass bead"),
        ("How much does the course cost?", "Little Heron"),
        ("How many pieces are there?", "beneath the cup"),
        ("How many balls come?", "a minute"),
        ("When do we meet?", "straight ahead"),
        ("When do we meet?", "with Ann"),
        ("How old is Sam?", "the park where the baby cried"),
        ("How often does she ring?", "the little bell"),
        ("Who came?", "May 17"),
        ("Who came?", "in May 2024"),
        ("Where is it?", "May 2024"),
    ],
)
def test_another_kind_of_thing_still(question: str, answer: str) -> None:
    assert not fits(question, answer)
