"""The memory bench: its scores on a real ledger, and the whole of it on the tiny model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealmate.bench.memory import bench_memory
from sealmate.bench.scores import Sitting, right, score_edits, transcript, without_threshold
from sealmate.bench.sets import BenchSet, Question
from sealmate.chat.answer import Answer
from sealmate.errors import UsageError
from sealmate.events import Note
from sealmate.records import Edit, EditFormat
from sealmate.settings import Settings
from sealmate.sources import add_note
from sealmate.workspace import Workspace, estimate_tokens
from tests.bench.drain import drain

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SET = BenchSet(
    ("Our glazier is Wim Maas. He never works on Mondays.", "Bella is our rabbit."),
    (
        Question("Who is our glazier?", "Wim Maas", ("Wim",), 0),
        Question("When is the glazier off?", "Mondays", ("Monday",), 0),
        Question("What is our rabbit called?", "Bella", (), 1),
    ),
    ("How old is Wim?",),
    ("Who is our locksmith?", "What is my shoe size?"),
)
KEYS = (
    "open_book", "edits_grounded", "edits_coverage", "recall_before", "recall_after",
    "abstention_before", "abstention_after", "open_book_after", "general_loss_ratio",
    "write_seconds", "train_seconds", "seconds",
)  # fmt: skip


def answer(text: str, *, abstained: bool = False) -> Answer:
    return Answer(text, 1, True, (), 0.9, abstained)


def test_edits_are_judged_by_their_passage_and_questions_by_their_note(
    settings: Settings,
) -> None:
    with Workspace.open(settings, clock=lambda: NOW) as workspace:
        store = workspace.store
        passages = {}
        for number, text in enumerate(SET.notes):
            done = add_note(store, text, count=estimate_tokens, limit=200, clock=lambda: NOW)
            passages[number] = store.passages.of_source(done.added[0].id)[0]

        def edit(
            note: int, kind: EditFormat, text: str, question: str = "", said: str = ""
        ) -> Edit:
            return Edit(0, passages[note].id, kind, text, NOW, question, said, state="accepted")

        store.edits.add_many(
            [
                edit(0, "self-qa", "", "Who mends our windows?", "Wim Maas"),
                edit(0, "rewrite", "Wim Maas does not work on Mondays."),
                edit(0, "rewrite", "Wim Maas has lived in Utrecht for 11 years."),
                edit(0, "unknown", "How old is Wim?", "How old is Wim?"),
                # the right answer, but at another note
                edit(0, "self-qa", "", "Who is the rabbit?", "Bella"),
            ]
        )
        sources = {number: passage.source_id for number, passage in passages.items()}
        scores = score_edits(store, SET, sources)
    assert (scores.accepted, scores.questions, scores.statements) == (4, 2, 2)
    assert scores.grounded == 0.5
    assert [why for _, why in scores.strange] == ["Utrecht, 11", "answer: Bella"]
    assert scores.coverage == 0.667
    assert scores.coverage_by_questions == 0.333
    assert [question.answer for question in scores.missing] == ["Bella"]


def test_an_answer_that_abstains_is_never_right() -> None:
    answers = [answer("Wim"), answer("Mondays", abstained=True), answer("Rex")]
    assert right(answers, SET.questions) == [True, False, False]
    unsure = [answer("I don't know that yet.", abstained=True), answer("He is 40.")]
    sitting = Sitting(answers, answers, unsure[:1], unsure)
    assert sitting.figures(SET.questions) == {
        "recall": 0.333, "open_book": 0.333, "abstention": 0.667, "near": 1.0, "strangers": 0.5,
    }  # fmt: skip
    rows = transcript(SET, sitting, sitting)
    assert len(rows) == 2 * (3 + 3 + 1 + 2)
    assert rows[0]["right"] is True
    assert rows[0]["expected"] == "Wim Maas"


def test_raw_figures_know_no_threshold(model: LocalModel) -> None:
    raw = without_threshold(model, SET, None, 0.5, 4)
    assert raw["threshold"] == 0.5
    assert raw["recall_raw"] == 0.0
    assert raw["oracle_abstention"] == 1.0


def test_the_whole_bench_ends_with_the_line_that_was_asked_for(
    settings: Settings, tmp_path: Path
) -> None:
    keep = tmp_path / "kept"
    events, figures = drain(bench_memory(settings, SET, keep=keep))
    assert tuple(figures)[: len(KEYS)] == KEYS
    # a model of random weights writes no questions, so there is nothing to learn
    assert figures["outcome"] == "nothing"
    assert figures["recall_after"] == figures["recall_before"] == 0.0
    assert figures["general_loss_ratio"] == 1.0
    assert figures["write_seconds"] > 0
    assert any(isinstance(event, Note) and "before" in event.text for event in events)
    assert not (tmp_path / "home").exists()
    answers = (keep / "bench" / "answers.jsonl").read_text().splitlines()
    assert len(answers) == 18
    assert json.loads((keep / "bench" / "figures.jsonl").read_text()) == figures
    assert (keep / "profiles" / "default" / "sealmate.db").is_file()
    with pytest.raises(UsageError, match="not empty"):
        drain(bench_memory(settings, SET, keep=keep))
