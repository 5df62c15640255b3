"""That something is not there is an answer; that nothing is known of it is none."""

from __future__ import annotations

import pytest

from sealmate.edits.abstention import is_abstention


@pytest.mark.parametrize(
    "text",
    [
        "I have no allergies.",
        "I've got no pets.",
        "There is no school in August.",
        "There is no parking on Sundays",
        "There are no stairs in the house.",
        "There is nothing in the cellar.",
        "There's nothing on Sundays.",
    ],
)
def test_an_answer(text: str) -> None:
    assert not is_abstention(text)


@pytest.mark.parametrize(
    "text",
    [
        "I have no information about that.",
        "I have no further details.",
        "I've got no clue.",
        "I have no record of a locksmith.",
        "I have no memory of that.",
        "There is no mention of a locksmith.",
        "There is no locksmith in the notes.",
        "There is no word on the vet in your notes.",
        "There's nothing about that in the notes.",
        "There is nothing in your notes on this.",
        "There is nothing mentioned about her.",
        "There is nothing on that.",
    ],
)
def test_no_answer(text: str) -> None:
    assert is_abstention(text)
