"""How the small model's writer tells an answered question from one that a note leaves open."""

from __future__ import annotations

from sealmate.evidence import Read, posed
from sealmate.model.local import LocalModel

NOTE = "Our glazier is called Wim and comes on Mondays. The roof was done by his sister Tineke."


def test_the_mind_tells_an_answered_question_from_an_open_one(
    mind: LocalModel,
) -> None:
    asked = [
        Read("What is the name of the glazier?", NOTE, "Wim", 1.0),
        Read("How much does the glazier charge?", NOTE, "Mondays", 1.0),
        Read("Who did the roof?", NOTE, "Tineke", 1.0),
        Read("Where does Tineke live?", NOTE, "the roof", 1.0),
    ]
    named, charged, roofed, living = posed(mind, asked)
    assert min(named, roofed) > max(charged, living)
