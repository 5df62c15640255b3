"""The scripted model keeps the protocol's promises."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from sealmate.errors import Cancelled
from sealmate.model.protocol import Completion, LanguageModel, Request, Sampling, Turn
from sealmate.model.scripted import ScriptedModel

PROMPT = (Turn("user", "Who eats hay?"),)


def test_answers_come_in_order_and_then_empty() -> None:
    model: LanguageModel = ScriptedModel(["one", "two", "three"])
    done = model.generate([Request(PROMPT, 2), Request(PROMPT), Request(PROMPT)])
    assert [[c.text for c in samples] for samples in done] == [["one", "two"], ["three"], [""]]


def test_a_reply_sees_prompt_and_adapter() -> None:
    model = ScriptedModel(reply=lambda prompt, adapter: f"{prompt[-1].content} {adapter}")
    assert "".join(model.stream(PROMPT, Sampling(), adapter="v1")).strip() == "Who eats hay? v1"
    assert model.prompts == [PROMPT]


def test_adapters_and_cancel() -> None:
    model = ScriptedModel(["one two"])
    model.attach("v1", Path("v1"))
    assert model.attached == ("v1",)
    model.detach("v1")
    model.detach("v1")
    assert model.attached == ()
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        model.generate([Request(PROMPT)], cancel=stop)
    assert list(model.stream(PROMPT, Sampling(), cancel=stop)) == []


def test_confidence() -> None:
    assert Completion("x").confidence == 0.0
    assert Completion("x", (0.0, 0.0)).confidence == 1.0
    assert Completion("x", (-1.0, -3.0)).confidence == pytest.approx(0.1353, abs=1e-4)
