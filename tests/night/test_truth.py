"""What is left of a passage when one of its facts was told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.screen import grounded_answer
from sealmate.night.supersession import accept
from sealmate.night.truth import GONE, still_true, without
from sealmate.records import Conflict
from tests.night.ledger import MARCH, note, teach
from tests.versions.build import Lab

TAX = "Tax adviser wants by 21 July: all invoices over 12.50 euro and the mileage book. She moved."


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        (["21 July"], "Tax adviser wants by …: all invoices over 12.50 euro and the mileage book.\n"
                      "She moved."),
        (["by 21 July", "12.50 euro"], "Tax adviser wants …: all invoices over … and the mileage "
                                       "book.\nShe moved."),
        (["moved"], "Tax adviser wants by 21 July: all invoices over 12.50 euro and the mileage "
                    "book."),
        (["the mileage book by 21 July"], "She moved."),
        ([], TAX.replace(". She", ".\nShe")),
    ],
)  # fmt: skip
def test_the_answer_is_blotted_out_or_its_sentence_goes(answers: list[str], left: str) -> None:
    assert without(TAX, answers) == left


@given(
    st.text("ab .\n1", max_size=40), st.lists(st.text("ab1 ", min_size=1, max_size=5), max_size=3)
)
def test_none_of_the_answers_is_left(text: str, answers: list[str]) -> None:
    left = without(text, answers)
    assert not any(grounded_answer(answer, line) for answer in answers for line in left.split("\n"))


def test_passages_as_conflicts_left_them(lab: Lab) -> None:
    store = lab.store
    old = note(store, TAX, "tax")
    other = note(store, "The cat is Mia.", "cat")
    new = note(store, "It is 31 July now.", "date", days=1)
    first = teach(store, old, ("By when does she want it?", "21 July"), ("How much?", "12.50 euro"))
    (second,) = teach(store, new, ("By when does she want it?", "31 July"))
    row = Conflict(0, first[0].id, second.id, "By when?", "21 July", "31 July", MARCH, "open")
    accept(store, store.conflicts.add(row).id, MARCH)
    found = still_true(store, [old, other, new])
    assert GONE in found[old.id].text
    assert "21 July" not in found[old.id].text
    assert (found[other.id], found[new.id]) == (other, new)
