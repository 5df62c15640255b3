"""What speaks for an answer beside its likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sealmate.evidence import POSED, posed
from sealmate.model.protocol import Prompt, Turn
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import Reference
from sealmate.reading import Asked, Reading

NOTE = "Our glazier is called Wim and comes on Mondays. The roof was done by his sister Tineke."


Read = tuple[Asked, Reading]


def read(question: str, text: str, answer: str, confidence: float) -> Read:
    return Asked(question, (Reference("", text),)), Reading(answer, confidence)


def told(model: ScriptedModel, found: Sequence[Read]) -> list[float]:
    return posed(model, [one for one, _ in found], [reading for _, reading in found])


class Posing(ScriptedModel):
    """Writes each question as likely as is said for having no answer and for each answer."""

    def __init__(self, losses: dict[str, float]) -> None:
        super().__init__()
        self.losses = losses
        self.pairs: list[tuple[Prompt, str]] = []

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        assert adapter is None
        self.pairs += pairs
        return [
            next(loss for end, loss in self.losses.items() if prompt[-1].content.endswith(end))
            for prompt, _ in pairs
        ]


def test_a_question_likelier_posed_for_its_answer_speaks_for_it() -> None:
    model = Posing({"NOT answer.": 12.0, ": Wim": 10.0, ": Tineke": 15.0, ": Monday": 40.0})
    asked = [read("Who is it?", NOTE, answer, 0.9) for answer in ("Wim", "Tineke", "Monday")]
    assert told(model, asked) == pytest.approx([2 * POSED, -3 * POSED, -8 * POSED])


def test_what_was_not_found_is_not_looked_at() -> None:
    model = Posing({"NOT answer.": 12.0, ": Wim": 10.0})
    unsure, sure = read("Who?", NOTE, "Wim", 0.05), read("Who is it?", NOTE, "Wim", 0.5)
    question, history = "And who is he?", (Turn("user", "Is there a glazier?"),)
    later = Asked(question, (Reference("", NOTE),), history), Reading("Wim", 0.9)
    assert told(model, [later, unsure, sure]) == [0.0, 0.0, 2 * POSED]
    assert {question for _, question in model.pairs} == {"Who is it?"}
    assert told(model, []) == []


def test_the_order_of_what_is_asked_is_kept() -> None:
    texts = ("b: Wim, the glazier", "a: Wim, the glazier", "b: Wim, the glazier")
    model = Posing({"NOT answer.": 3.0, ": Wim": 1.0, ": Ada": 2.0})
    asked = [
        read("Who?", text, name, 1.0)
        for text, name in zip(texts, ("Wim", "Ada", "Ada"), strict=True)
    ]
    assert told(model, asked) == pytest.approx([2 * POSED, POSED, POSED])
