"""Questions that hold their answer, by whole words."""

from __future__ import annotations

import pytest

from sealmate.edits.checks import round_trip, screen_draft
from sealmate.edits.drafts import Draft, Text, Work
from sealmate.edits.screen import gives_away
from tests.edits.reader import Reader

NOTE = "14 Elm Road has 4 rooms. Ed fed the cats; Nora has the red van."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who owns the red van?", "the red van"),
        ("Who owns the Red Van?", "red van."),
        ("Who is Nutmeg's vet?", "Nutmeg"),
        ("Who is Nutmeg’s vet?", "Nutmeg"),
        ("Is it red or white?", "red"),
        ("How many rooms has number 4?", "4"),
    ],
)
def test_given_away(question: str, answer: str) -> None:
    assert gives_away(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many rooms does 14 Elm Road have?", "4"),
        ("Who fed the cats?", "Ed"),
        ("Who has the van that is red?", "the red van"),
        ("Who?", "Who is it"),
        ("Who comes?", "..."),
        ("Who comes?", ""),
    ],
)
def test_not_given_away(question: str, answer: str) -> None:
    assert not gives_away(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("How many rooms does 14 Elm Road have?", "4"), ("Who fed the cats?", "Ed")],
)
def test_a_draft_is_kept_for_a_part_of_a_word(question: str, answer: str) -> None:
    text = Text(1, "", NOTE)
    draft = Draft(1, "self-qa", question, answer, f"{question} {answer}", "", 0.0, "self-qa")
    place = Work(text, text.text, [draft])
    assert screen_draft(place, draft).kept
    other = Draft(1, "self-qa", question, "Nora", f"{question} Nora", "", 0.0, "self-qa")
    place.drafts[:] = [other]
    round_trip(Reader([f"{answer} [1]"], confidence=0.99), [place], None)
    assert (place.drafts[0].kept, place.drafts[0].answer) == (True, answer)
