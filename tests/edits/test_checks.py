"""Parts of the checks that the writer's own tests do not reach."""

from __future__ import annotations

import pytest

from sealmate.edits.checks import SURE, VERY_SURE, round_trip, strip_reference
from sealmate.edits.drafts import Draft, Text, Work
from tests.edits.reader import Reader


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Nora [1]", "Nora"),
        ("Nora [12].", "Nora"),
        ("  Nora ", "Nora"),
        ("row [b]", "row [b]"),
        ("[1]", ""),
        ("", ""),
        ("at 5 [p.m.] [2]", "at 5 [p.m.]"),
    ],
)
def test_strip_reference(given: str, expected: str) -> None:
    assert strip_reference(given) == expected


def work(answer: str) -> Work:
    text = Text(1, "", "Nora services the boiler every March.")
    draft = Draft(1, "self-qa", "Who comes?", answer, f"Who comes? {answer}", "", 0.0, "self-qa")
    return Work(text, text.text, [draft])


@pytest.mark.parametrize(
    ("answer", "confidence", "kept"),
    [
        ("Nora", 0.99, True),
        ("Nora", (SURE + VERY_SURE) / 2, True),
        ("Nora", SURE - 0.1, False),
        ("boiler", 0.99, True),
        ("boiler", (SURE + VERY_SURE) / 2, False),
    ],
)
def test_how_sure_an_answer_must_be(answer: str, confidence: float, kept: bool) -> None:
    """One that is to replace another must be surer than one that agrees."""
    place = work(answer)
    round_trip(Reader(["Nora [1]"], confidence=confidence), [place], None)
    assert place.drafts[0].kept is kept
    assert not kept or place.drafts[0].answer == "Nora"


def test_a_draft_is_asked_once() -> None:
    place, model = work("Nora"), Reader(["Nora [1]", "Nora [1]"])
    round_trip(model, [place], None)
    round_trip(model, [place], None)
    assert len(model.prompts) == 1
