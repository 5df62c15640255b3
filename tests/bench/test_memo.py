"""What a bench keeps of a model's answers is all of them: none is surer for having been kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sealmate.bench.memo import RememberingModel
from sealmate.model.local import LocalModel
from sealmate.model.protocol import Completion, Request, Sampling, Turn
from sealmate.model.scripted import ScriptedModel

ASKED = [Request((Turn("user", "Who is it?"),), 2, Sampling(rather_than="Nobody."))]
SAID = [[Completion("Wim", (-0.5, -0.25), True, -0.75), Completion("Jan", (-1.0,), False)]]


class Model(RememberingModel):
    """A remembering model without a base; `made` counts what was asked of the model itself."""

    def __init__(self) -> None:
        self.made = 0

    @property
    def reader(self) -> str:
        return "reader"

    def _key(self, requests: object, adapter: str | None) -> str:
        return f"key-{adapter}" if adapter else "key"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    def generate(self: Model, requests: object, **_: object) -> list[list[Completion]]:
        self.made += 1
        return SAID

    monkeypatch.setattr(LocalModel, "generate", generate)
    made = Model()
    made.remember(tmp_path / "said")
    return made


def test_what_is_kept_is_what_was_said(model: Model) -> None:
    first, again = model.generate(ASKED), model.generate(ASKED)
    assert first == again == SAID
    assert model.made == 1
    assert [c.confidence for c in again[0]] == [c.confidence for c in SAID[0]]


def test_what_the_reader_said_is_kept_by_itself(model: Model) -> None:
    model.generate(ASKED)
    model.generate(ASKED, adapter="reader")
    assert model.made == 2
    assert model.generate(ASKED, adapter="reader") == SAID
    assert model.made == 2


def test_another_reader_is_another_key() -> None:
    def key(reader: str, adapter: str | None) -> str:
        info = replace(ScriptedModel().info, reader_sha256=reader)
        model = SimpleNamespace(info=info)
        return RememberingModel._key(model, ASKED, adapter)  # type: ignore[arg-type]

    assert len({key("1", None), key("1", "reader"), key("2", "reader")}) == 3
    # what was kept of the writer holds with any reader
    assert key("1", None) == key("2", None)


def test_with_a_memory_or_another_base_nothing_is_kept(model: Model) -> None:
    model.generate(ASKED, adapter="v1")
    with model.altered():
        model.generate(ASKED)
    assert model.made == 2


def test_a_damaged_file_is_made_again(model: Model, tmp_path: Path) -> None:
    (tmp_path / "said" / "key.json").write_text('[[["Wim", [-0.5], true]]]')
    assert model.generate(ASKED) == SAID
    (tmp_path / "said" / "key.json").write_text("[[")
    assert model.generate(ASKED) == SAID
    assert model.made == 2
