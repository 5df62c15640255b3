"""How the small model's writer tells an answered question from one that a note leaves open."""

from __future__ import annotations

from sealmate.evidence import posed
from sealmate.model.local import LocalModel
from sealmate.prompts import Reference
from sealmate.reading import Asked, Reading

NOTE = "Our glazier is called Wim and comes on Mondays. The roof was done by his sister Tineke."


def test_the_small_model_tells_an_answered_question_from_an_open_one(
    mind: LocalModel,
) -> None:
    asked = [
        ("What is the name of the glazier?", "Wim"),
        ("How much does the glazier charge?", "Mondays"),
        ("Who did the roof?", "Tineke"),
        ("Where does Tineke live?", "the roof"),
    ]
    named, charged, roofed, living = posed(
        mind,
        [Asked(question, (Reference("", NOTE),)) for question, _ in asked],
        [Reading(answer, 1.0) for _, answer in asked],
    )
    assert min(named, roofed) > max(charged, living)
