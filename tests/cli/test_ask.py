"""`sealmate ask` and `sealmate why` as typed."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealmate.chat.assistant import Answer, Assistant
from sealmate.cli.app import run_command
from sealmate.cli.lines import Lines
from sealmate.model.protocol import ModelInfo, Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.paths import locate
from sealmate.store import open_store
from sealmate.workspace import Workspace
from tests.chat.home import BOILER, RABBIT, SITTER, Clock, Home


def reply(prompt: Prompt, adapter: str | None) -> str:
    text = prompt[-1].content
    question = text.split("Question: ")[-1]
    if "twins" in question:
        return "Ansa\nminds them [1]" if "[1]" in text else "Ansa minds them"
    return f"about {question}"


class Model(ScriptedModel):
    """Reads 300 words at most."""

    loaded = 0

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("small", Path(), "", "", "", "", "", "cpu", "", 1, 300)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """The command line in an empty home, with a scripted model in place of the real one."""
    scripted = Model(reply=reply)

    def load(workspace: Workspace, on_event: Callable[[Any], None] | None = None) -> Model:
        scripted.loaded += on_event is not None
        return scripted

    monkeypatch.setattr(Workspace, "model", load)
    monkeypatch.setenv("SEALMATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEALMATE_ANSWER_TOKENS", "20")
    return scripted


@pytest.fixture(scope="session")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three notes, made once."""
    folder = tmp_path_factory.mktemp("noted")
    paths = locate("default", folder).ensure()
    with open_store(paths.database, paths.backups, clock=Clock()) as store:
        for number, note in enumerate((RABBIT, SITTER, BOILER)):
            Home(folder, store).note(note, f"note {number}")
    return folder


@pytest.fixture
def notes(model: Model, noted: Path, tmp_path: Path) -> None:
    shutil.copytree(noted, tmp_path / "home")


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


Capture = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("notes")
def test_an_answer_with_its_source(capsys: Capture) -> None:
    assert run_command(["ask", "Who minds the twins?"]) == 0
    assert capsys.readouterr().out == "Ansa\nminds them\n    from note 1 (source 2)\n"


@pytest.mark.usefixtures("notes")
def test_as_json(capsys: Capture) -> None:
    assert run_command(["ask", "--json", "Who", "minds", "the", "twins?"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answer"] == "Ansa\nminds them"
    assert (found["version"], found["closed_book"]) == (0, False)
    assert found["sources"] == [{"id": 2, "title": "note 1", "passage": 2}]


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize("flags", [[], ["--no-memory"], ["--version", "0"]])
def test_closed_book(capsys: Capture, flags: list[str]) -> None:
    assert run_command(["ask", "--closed-book", "Who minds the twins?", *flags]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Ansa minds them\n    from the weights of the model without memory")


def test_what_cannot_be_asked(capsys: Capture, model: Model) -> None:
    assert run_command(["ask", "--version", "4", "Who?"]) == 6
    assert "error: there is no version 4" in capsys.readouterr().err
    assert run_command(["ask", "--version", "4", "--no-memory", "Who?"]) == 2
    assert run_command(["ask", "  "]) == 2
    assert run_command(["ask", "--version", "-1", "Who?"]) == 2
    assert run_command(["ask"]) == 2
    assert model.loaded == 0
    capsys.readouterr()
    assert run_command(["ask", "word " * 400]) == 2
    err = capsys.readouterr().err
    assert "the model reads 280 at most" in err
    assert "note: nothing was taught yet" in err


@pytest.mark.usefixtures("notes")
def test_a_line_each_in_order(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    feed(monkeypatch, b"Who minds the twins?\r\n\nWhere?\nHow?")
    assert run_command(["ask", "-"]) == 0
    assert capsys.readouterr().out == "Ansa minds them\n\nabout Where?\nabout How?\n"
    assert model.loaded == 1


@pytest.mark.usefixtures("notes")
def test_many_lines_are_answered_in_batches(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    feed(monkeypatch, "".join(f"Where is thing {n}?\n" for n in range(100)).encode())
    assert run_command(["ask", "-", "--closed-book", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["question"] for line in lines] == [f"Where is thing {n}?" for n in range(100)]
    assert [line["answer"] for line in lines] == [f"about Where is thing {n}?" for n in range(100)]
    assert model.loaded == 1


@pytest.mark.usefixtures("notes")
def test_a_bad_line_keeps_its_place_and_fails_the_command(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, b"One?\n" + b"word " * 400 + b"\n\xff\xfe\nFour?\n")
    assert run_command(["ask", "-"]) == 2
    out, err = capsys.readouterr()
    assert out == "about One?\n\n\nabout Four?\n"
    assert "line 2: the question has" in err
    assert "line 3: the line is not UTF-8 text" in err
    feed(monkeypatch, b"\xff\n")
    assert run_command(["ask", "-", "--json"]) == 2
    assert "UTF-8" in json.loads(capsys.readouterr().out)["error"]


def test_empty_input_loads_no_model(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    feed(monkeypatch, b"")
    assert run_command(["ask", "-"]) == 2
    assert "no question" in capsys.readouterr().err
    assert model.loaded == 0


def test_a_slow_writer_gets_its_answers_as_it_goes() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as stream, os.fdopen(write_end, "wb", buffering=0) as writer:
        lines = Lines(stream)
        writer.write(b"one\ntw")
        assert lines.take(5) == [b"one"]
        assert lines.take(5, wait=False) == []
        writer.write(b"o\nthree")
        assert lines.take(1) == [b"two"]
        writer.close()
        assert lines.take(5) == [b"three"]
        assert lines.take(5) == []


@pytest.mark.usefixtures("notes")
def test_why(capsys: Capture) -> None:
    assert run_command(["why", "Who minds the twins?", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agree"] is True
    assert found["closed_book"]["answer"] == "Ansa minds them"
    assert found["with_notes"]["sources"] == [{"id": 2, "title": "note 1", "passage": 2}]
    assert found["passages"] == [{"id": 2, "title": "note 1", "passage": 2, "text": SITTER}]
    assert (found["edits"], found["known_since"], found["in_weights"]) == ([], None, False)
    assert run_command(["why", "Who minds the twins?"]) == 0
    out = capsys.readouterr().out
    assert "the two agree" in out
    assert SITTER in out
    assert "in the notes alone" in out
    assert run_command(["why", ""]) == 2


@pytest.mark.usefixtures("notes")
def test_why_tells_what_was_recited(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Assistant.ask

    def reciting(self: Assistant, question: str, **how: Any) -> Answer:
        return replace(ask(self, question, **how), recital="Ansa minds the twins.\nShe is paid.")

    monkeypatch.setattr(Assistant, "ask", reciting)
    assert run_command(["why", "Who minds the twins?", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["closed_book"]["recital"] == "Ansa minds the twins.\nShe is paid."
    assert run_command(["why", "Who minds the twins?"]) == 0
    out = capsys.readouterr().out
    assert "recited for it    Ansa minds the twins.\n                  She is paid.\n" in out


def test_help_needs_no_torch() -> None:
    code = (
        "import sys\nfrom sealmate.cli.app import run_command\n"
        "run_command(['ask', '--help'])\nrun_command(['why', '--help'])\n"
        "print(sorted({'torch', 'transformers', 'peft', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
