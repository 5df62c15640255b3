"""The recipe's sweep: one set of written edits, many ways to train them.

Tuned on `assets/bench/tune.jsonl`; what `bench memory` reports is measured on other notes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealmate.edits.screen import correct, is_abstention
from sealmate.night import selection
from sealmate.night.ledger import keep_written, passages_to_write
from sealmate.night.testing import Examination
from sealmate.paths import bundled
from sealmate.settings import Settings
from sealmate.training.gate import ask, best_threshold, general_loss
from sealmate.training.loop import Trainer
from sealmate.training.mixture import mixture
from sealmate.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a bench set with its answer and other accepted spellings."""

    text: str
    answer: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchSet:
    """Notes with questions on them, near misses, and strangers."""

    notes: tuple[str, ...]
    questions: tuple[Question, ...]
    near: tuple[str, ...]
    strangers: tuple[str, ...]


def load_set(name: str, first: int = 0, last: int | None = None) -> BenchSet:
    """The bundled set `name` ("tune" or "memory"), notes [first, last)."""
    folder = bundled("assets") / "bench"
    lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()][first:last]
    strangers = json.loads((folder / f"{name}-strangers.json").read_text("utf-8"))
    return BenchSet(
        tuple(row["note"] for row in rows),
        tuple(
            Question(qa["q"], qa["a"], tuple(qa.get("also", ())))
            for row in rows
            for qa in row["qa"]
        ),
        tuple(question for row in rows for question in row["near"]),
        tuple(strangers),
    )


def prepare(workspace: Workspace, bench: BenchSet) -> dict[str, Any]:
    """Ingest the set's notes and write their edits, once per home."""
    from sealmate.edits.write import Plan, Written, write
    from sealmate.sources import add_note

    store, settings = workspace.store, workspace.settings
    for note in bench.notes:
        add_note(
            store, note, count=workspace.count_tokens(), limit=settings.passage_tokens,
            clock=workspace.clock,
        )  # fmt: skip
    begin = time.perf_counter()
    texts = passages_to_write(store)
    model = workspace.model()
    plan = Plan(
        samples=settings.qa_samples,
        temperature=settings.temperature,
        held_out=settings.held_out,
        seed=settings.seed,
    )
    coverage = []
    for item in write(model, texts, plan):
        if isinstance(item, Written):
            keep_written(store, item, model.info, workspace.clock(), False)
            coverage.append(item.coverage)
    return {
        "write_seconds": round(time.perf_counter() - begin, 1),
        "coverage": round(sum(coverage) / max(1, len(coverage)), 3),
        "states": dict(store.edits.count_by_state()),
    }


def measure(
    workspace: Workspace, bench: BenchSet, settings: Settings, adapter: str, threshold: float
) -> dict[str, float]:
    """Closed-book recall and abstention of an adapter on the set, raw and with its threshold."""
    model = workspace.model()
    told = ask(model, [q.text for q in bench.questions], adapter)
    near = ask(model, list(bench.near), adapter)
    strange = ask(model, list(bench.strangers), adapter)
    right = [correct(c.text, q.answer, q.also) for c, q in zip(told, bench.questions, strict=True)]
    known = [(c.confidence, r) for c, r in zip(told, right, strict=True)]
    unknown = [(c.confidence, is_abstention(c.text)) for c in (*near, *strange)]
    best = best_threshold(known, unknown)

    def shares(cut: float) -> tuple[float, float, float]:
        return (
            sum(r and c >= cut for c, r in known) / len(known),
            sum(is_abstention(c.text) or c.confidence < cut for c in near) / max(1, len(near)),
            sum(is_abstention(c.text) or c.confidence < cut for c in strange)
            / max(1, len(strange)),
        )

    raw, cut, ideal = shares(0.0), shares(threshold), shares(best)
    return {
        "recall": raw[0], "near": raw[1], "strangers": raw[2],
        "threshold": threshold, "recall_cut": cut[0], "near_cut": cut[1], "strangers_cut": cut[2],
        "best_threshold": best, "recall_best": ideal[0], "near_best": ideal[1],
        "strangers_best": ideal[2],
    }  # fmt: skip


def run(
    workspace: Workspace, bench: BenchSet, changes: Mapping[str, Any], keep: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Train once with settings changed, and measure; yields one row of figures."""
    settings = workspace.settings.model_copy(update=dict(changes))
    model, store = workspace.model(), workspace.store
    choice = selection.choose(store, settings, rebuild=True)
    exam = Examination(model, store, settings, choice, None)
    exam.before(None)
    examples = mixture(
        choice.material(exam.strangers_to_train(), exam.chat_to_train(), exam.reading_to_train()),
        selection.shares(settings),
        settings.seed,
    )
    kinds: dict[str, int] = {}
    for example in examples:
        kinds[example.kind] = kinds.get(example.kind, 0) + 1
    begin = time.perf_counter()
    trainer = Trainer(model, selection.recipe(settings, model, choice), examples)
    losses = list(trainer.run())
    seconds = time.perf_counter() - begin
    scores = exam.after("candidate")
    figures = measure(workspace, bench, settings, "candidate", scores.threshold)
    if keep is not None:
        trainer.save(keep)
    held = exam.held
    ratio = general_loss(model, held, "candidate") / general_loss(model, held, None)
    model.detach("candidate")
    yield {
        **dict(changes),
        **{key: round(value, 3) for key, value in figures.items()},
        "probe_recall": scores.new_recall,
        "probe_abstention": scores.abstention,
        "general_ratio": round(ratio, 4),
        "loss": round(losses[-1].loss, 4),
        "tokens": losses[-1].tokens,
        "train_seconds": round(seconds, 1),
        "examples": kinds,
    }
