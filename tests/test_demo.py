"""The demo's steps and figures, with a night that publishes at once in place of the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sealmate import demo, events
from sealmate.demo import Asked, Learnt, RolledBack, TookIn
from sealmate.edits.screen import correct
from sealmate.errors import Cancelled, ModelError, SourceError, TrainingError, UsageError
from sealmate.model.scripted import ScriptedModel
from sealmate.paths import bundled
from sealmate.prompts import DONT_KNOW
from sealmate.workspace import Workspace
from tests.demonight import ask_again, publishing, workspace_in
from tests.store.build import statements
from tests.tiny import build_adapter

ASSETS = bundled("assets") / "demo"
QUESTIONS, STRANGERS = demo.load_questions(ASSETS)
RIGHT = {question.text: question.answer for question in QUESTIONS}


@pytest.fixture
def workspace(tmp_path: Path, tiny_model_folder: Path) -> Iterator[Workspace]:
    with workspace_in(tmp_path / "home", tiny_model_folder) as opened:
        yield opened


def scripted(workspace: Workspace) -> None:
    """The right answers from a version, "I don't know" from the base."""
    workspace._model = ScriptedModel(  # type: ignore[assignment]
        reply=lambda prompt, adapter: (
            RIGHT.get(prompt[-1].content, DONT_KNOW) if adapter else DONT_KNOW
        )
    )


def play(workspace: Workspace, **how: Any) -> tuple[list[Any], dict[str, Any]]:
    steps = demo.run(workspace, **how)
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def test_the_bundled_questions() -> None:
    notes = {path.name for path in (ASSETS / "notes").iterdir()}
    assert len(notes) >= 6
    assert len(QUESTIONS) >= 20
    assert {question.note for question in QUESTIONS} == notes
    assert len(RIGHT) == len(QUESTIONS)
    for question in QUESTIONS:
        assert correct(question.answer, question.answer, question.also)
        assert not correct(DONT_KNOW, question.answer, question.also)
    assert len(STRANGERS) >= 5


def test_figures(workspace: Workspace, tmp_path: Path) -> None:
    scripted(workspace)
    trained = [QUESTIONS[3].text.upper() + " ", STRANGERS[0], "Who is it?"]
    seen, result = play(workspace, night=publishing(tmp_path / "made", trained))
    steps = [step for step in seen if not isinstance(step, events.Event)]
    assert [type(step).__name__ for step in steps] == [
        "Loaded", "Asked", "TookIn", "Learnt", "Asked", "Asked", "RolledBack",
    ]  # fmt: skip
    before, after, again = (step for step in steps if isinstance(step, Asked))
    assert (before.version, after.version, again.version) == (0, 1, 0)
    assert (sum(before.right), sum(after.right), sum(again.right)) == (0, len(QUESTIONS), 0)
    assert result["notes"] == len(list((ASSETS / "notes").iterdir()))
    # What was trained word for word is asked and shown, but counted nowhere.
    assert result["questions"] == len(QUESTIONS) - 1
    assert (result["overlap"], result["strangers"]) == (2, len(STRANGERS) - 1)
    assert [row["question"] for row in result["answers"] if row["trained"]] == [QUESTIONS[3].text]
    assert (result["edits_written"], result["edits_kept"]) == (5, 3)
    assert (result["recall_before"], result["recall_after"]) == (0.0, 1.0)
    assert result["recall_rolled_back"] == 0.0
    assert (result["abstention_before"], result["abstention_after"]) == (1.0, 1.0)
    assert result["logits_restored_exactly"] is True
    assert result["answers_restored_exactly"] is True
    assert result["logits_moved"] > 0
    assert json.loads(json.dumps(result)) == result
    learnt = next(step for step in steps if isinstance(step, Learnt))
    assert learnt.examples == ((trained[0], "An answer"),)
    assert [row.reason for row in workspace.store.versions.activations()][-1] == (
        "the demo takes it back"
    )


def test_real_weights_move_and_come_back(
    workspace: Workspace, tmp_path: Path, tiny_model_folder: Path
) -> None:
    adapter = build_adapter(tmp_path / "adapter", tiny_model_folder, seed=3)
    seen, result = play(workspace, night=publishing(adapter, ["Who is it?"]))
    undone = seen[-1]
    assert isinstance(undone, RolledBack)
    assert undone.logits
    assert undone.answers
    assert undone.moved > 0.01
    assert (result["quantization"], result["recall_after"]) == ("nf4+double", 0.0)
    assert workspace.store.versions.active() == 0
    before, after, again = (step for step in seen if isinstance(step, Asked))
    assert after.replies != before.replies == again.replies
    taken = next(step for step in seen if isinstance(step, TookIn))
    assert len(taken.titles) == len(workspace.store.sources.list())


def test_a_home_with_notes_is_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    scripted(workspace)
    play(workspace, night=publishing(tmp_path / "made", ["Who is it?"]))
    with pytest.raises(UsageError, match="already holds notes"), statements() as asked:
        ask_again(demo.run(workspace))
    assert not any("sources.text" in statement for statement in asked)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ([events.Failed("ModelError", "no memory")], ModelError, "no memory"),
        ([events.Finished({"outcome": "rejected", "reason": "recall 0.1"})], TrainingError, "0.1"),
        ([events.Finished({"outcome": "nothing"})], TrainingError, "nothing"),
        ([], TrainingError, "no result"),
    ],
)
def test_a_night_without_a_version(
    workspace: Workspace, said: list[events.Event], kind: type[Exception], words: str
) -> None:
    scripted(workspace)
    with pytest.raises(kind, match=words):
        play(workspace, night=lambda *_, **__: iter(said))


def test_stopping(workspace: Workspace) -> None:
    scripted(workspace)
    cancel = threading.Event()

    def night(*_: Any, cancel: threading.Event) -> Iterator[events.Event]:
        cancel.set()
        yield events.Finished({"outcome": "stopped"})

    with pytest.raises(Cancelled):
        play(workspace, night=night, cancel=cancel)


def test_a_folder_that_is_no_demo(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "questions.json").write_text('[{"q": "Who?"}]')
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SourceError, match="holds no demo"):
            play(workspace, folder=folder)
