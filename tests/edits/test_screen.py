from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.parse import Pair
from sealmate.edits.screen import (
    grounded_answer,
    near_duplicate,
    novel_content,
)

NOTE = (
    "Our glazier is called Wim de Boer. He can be reached on 0182 44 71, costs €640 for three days "
    "and never works on Mondays. His sister Ilse Kraan keeps the K-19 key behind the boiler."
)


@pytest.mark.parametrize(
    "answer",
    ["Wim de Boer", "Wim", "0182 44 71", "01824471", "640 euros", "€640", "3 days", "three days",
     "Monday", "on Mondays", "never on Mondays", "K19", "behind the boiler", "the boiler",
     "a glazier", "Ilse", "his sister", "Kraan's", "not on Monday", "a K-19 key"],
)  # fmt: skip
def test_grounded(answer: str) -> None:
    assert grounded_answer(answer, NOTE)


@pytest.mark.parametrize(
    "answer",
    ["", "yes", "No.", "Yes, on Mondays", "Pim", "Wim Kraan", "Ilse de Boer", "44", "0182 44 72",
     "640 pounds", "$640", "640 days", "four days", "Tuesday", "under the boiler", "a plumber",
     "it", "he", "K-20", "I don't know", "The notes do not say.", "Wimm"],
)  # fmt: skip
def test_not_grounded(answer: str) -> None:
    assert not grounded_answer(answer, NOTE)


@pytest.mark.parametrize(
    "statement",
    ["The glazier is Wim de Boer.", "Wim works on no Monday.", "Who is Ilse Kraan's brother?",
     "Wim de Boer asks 640 euros for 3 days.", "When does the glazier never work?",
     "The key of type K19 is behind the boiler.", "Everybody calls Wim de Boer on 01824471."],
)  # fmt: skip
def test_nothing_novel(statement: str) -> None:
    assert novel_content(statement, NOTE) == []


@pytest.mark.parametrize(
    ("statement", "novel"),
    [
        ("Pim is our glazier.", ["Pim"]),
        ("The glazier is Wim Jansen.", ["Jansen"]),
        ("Wim has lived there for 11 years.", ["11"]),
        ("He works on Tuesdays in Gouda.", ["Tuesdays", "Gouda"]),
        ("His number is 0182 44 72.", ["0182 44 72"]),
        ("He is Wim Kraan.", ["Wim Kraan"]),
        ("He costs 3 euros.", ["3 euro"]),
        ("Since twenty-one he works.", ["twenty one"]),
    ],
)
def test_novel(statement: str, novel: list[str]) -> None:
    assert novel_content(statement, NOTE) == novel


def test_title_and_heading_may_be_used() -> None:
    assert novel_content("Wim works in Gouda.", NOTE, ["Gouda > Craftsmen"]) == []


def test_other_wordings_are_kept_and_repeats_are_not() -> None:
    pairs = [
        Pair("Who is our glazier?", "Wim"),
        Pair("What is our glazier called?", "Wim"),
        Pair("Who is the our glazier", "Wim."),
        Pair("Who is our glazier?", "Pim"),
    ]
    assert [near_duplicate(pairs[0], pair) for pair in pairs] == [True, False, True, False]


def test_statements_that_differ_in_a_number_are_two() -> None:
    first = "The room on the left side of the long dark corridor has number {}."
    assert near_duplicate(first.format(3), first.format("three"))
    assert not near_duplicate(first.format(3), first.format(4))
    assert not near_duplicate(first, Pair("a", "b"))


def test_negation_makes_a_difference() -> None:
    text = "The old glazier from the town by the river does{} work on Mondays at home"
    assert not near_duplicate(text.format(""), text.format(" not"))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_texts(a: str, b: str) -> None:
    novel_content(a, b)
    grounded_answer(a, b)
    assert near_duplicate(a, a)
    assert near_duplicate(a, b) == near_duplicate(b, a)


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_numbers_exactly(told: int, said: int) -> None:
    passage = f"The code is {told}."
    assert grounded_answer(str(said), passage) == (told == said)
    assert (novel_content(f"The code is {said}.", passage) == []) == (told == said)
