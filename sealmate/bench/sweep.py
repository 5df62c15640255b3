"""The recipe's sweep: one set of written edits, many ways to train them.

Meant for the tuning set (`assets/bench/tune.jsonl`); what `bench memory` reports is measured on
other notes. Edits are written once and kept, so that every arm trains on the same ones.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sealmate.bench.machine import machine
from sealmate.bench.report import share
from sealmate.bench.sets import BenchSet, read_set
from sealmate.edits.screen import correct, is_abstention
from sealmate.errors import UsageError
from sealmate.events import Event, Note, Started
from sealmate.model.local import LocalModel
from sealmate.night import selection
from sealmate.night.anchors import Anchors
from sealmate.night.consolidation import consolidate
from sealmate.night.ledger import writer_name
from sealmate.night.lock import hold, worker_lock
from sealmate.night.testing import Examination, held_chat
from sealmate.paths import bundled, make_private_dir
from sealmate.recall import recollect
from sealmate.settings import Settings
from sealmate.sources import add_note
from sealmate.training.gate import general_loss
from sealmate.training.loop import Trainer
from sealmate.training.mixture import mixture
from sealmate.workspace import Workspace

ARM = "arm"
DECLINED = (0.85, 0.9, 0.95)  # shares of questions without an answer at which recall is told


def tuning_set(only: int | None = None) -> BenchSet:
    """The bundled notes that recipes are chosen on."""
    folder = bundled("assets") / "bench"
    return read_set(folder / "tune.jsonl", folder / "tune-strangers.json", only)


def parse_arm(text: str, settings: Settings) -> Settings:
    """`settings` with the changes of an arm like "passes=3,rank=16"; "" changes nothing.

    Raises UsageError for what is no setting or no value of it.
    """
    changes: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or name not in Settings.model_fields:
            raise UsageError(
                f"{part!r} is no change of a setting", "an arm is like passes=3,cues=8"
            )
        changes[name] = value
    try:
        return Settings(**{**settings.model_dump(), **changes})
    except ValidationError as error:
        raise UsageError(f"the arm {text!r} cannot be used: {error.errors()[0]['msg']}") from None


def bench_sweep(
    settings: Settings, bench: BenchSet, arms: Sequence[str], keep: Path
) -> Generator[Event, None, dict[str, Any]]:
    """Train and measure each arm; the value is {"arms": [figures], ...}.

    `keep` is the home in which notes and edits stay; rows are added to its `sweep.jsonl`, and an
    arm that has one of the same model, writer and reader is not run again. Raises UsageError for an
    arm that cannot be used.
    """
    there = settings.model_copy(
        update={"home": make_private_dir(keep.absolute()), "profile": "default", "review": False}
    )
    chosen = [(arm, parse_arm(arm, there)) for arm in arms]
    file = keep / "sweep.jsonl"
    rows: list[dict[str, Any]] = []
    with Workspace.open(there) as workspace:
        yield from workspace.fetch_model()
        model = workspace.model()
        yield from _written(workspace, model, bench)
        made = {"model": model.info.fingerprint, "reader": model.info.reader_sha256}
        done = {row["arm"]: row for row in _rows(file) if made.items() <= row.items()}
        for arm, changed in chosen:
            if arm not in done:
                yield Started("arm", detail=arm or "as the settings are")
                figures = yield from _run(workspace, model, bench, changed)
                done[arm] = {"arm": arm, **figures, **made}
                with file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(done[arm]) + "\n")
                file.chmod(0o600)
            rows.append(done[arm])
            yield Note(f"{arm or 'as the settings are'}: {json.dumps(done[arm])}")
        return {"arms": rows, "notes": len(bench.notes), "questions": len(bench.questions),
                **machine(model.base)}  # fmt: skip


def _rows(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def _written(
    workspace: Workspace, model: LocalModel, bench: BenchSet
) -> Generator[Event, None, None]:
    """Take the notes in and write their edits, unless that was done before."""
    writers = {edit.writer for edit in workspace.store.edits.list() if edit.writer}
    if others := writers - {writer_name(model.info)}:
        raise UsageError(
            f"its edits were written by {', '.join(sorted(others))}", "give --keep a new folder"
        )
    for note in bench.notes:
        add_note(
            workspace.store, note, count=workspace.count_tokens(),
            limit=workspace.settings.passage_tokens, clock=workspace.clock,
        )  # fmt: skip
    with hold(worker_lock(workspace.paths.ensure()), workspace.clock, "another night's worker"):
        yield from consolidate(workspace, model, only_write=True)


def _run(
    workspace: Workspace, model: LocalModel, bench: BenchSet, settings: Settings
) -> Generator[Event, None, dict[str, Any]]:
    choice = selection.choose(workspace.store, settings, rebuild=True)
    exam = Examination(model, workspace.store, settings, choice, None)
    exam.before(None)
    anchors = Anchors(model, workspace.store, settings, choice)
    material = choice.material(anchors.strangers(), anchors.chat(), anchors.reading())
    examples = mixture(material, selection.shares(settings), settings.seed)
    begin = time.perf_counter()
    trainer = Trainer(
        model,
        selection.recipe(settings, model, choice),
        examples,
        name=ARM,
        held=selection.held_out(choice, material, exam.new_probes),
    )
    tokens, loss = 0, 0.0
    for event in trainer.run():
        yield event
        tokens, loss = event.tokens, event.loss
    seconds = time.perf_counter() - begin
    scores = exam.after(ARM)
    chat = held_chat()
    kinds: dict[str, int] = {}
    for example in examples:
        kinds[example.kind] = kinds.get(example.kind, 0) + 1
    figures = {
        **_measure(model, bench, settings, scores.threshold),
        # with the memory attached, in whichever way it is asked
        "general_loss_attached": round(
            general_loss(model, chat, ARM) / general_loss(model, chat, None), 4
        ),
        "general_kl": round(scores.general_kl or 0.0, 4),
        "loss": round(loss, 4),
        "tokens": tokens,
        "train_seconds": round(seconds, 1),
        "examples": kinds,
    }
    model.detach(ARM)
    return figures


def _measure(
    model: LocalModel, bench: BenchSet, settings: Settings, threshold: float
) -> dict[str, Any]:
    """Recall and abstention of the arm at its night's threshold, and at cuts by the set itself."""
    asked = [*(q.text for q in bench.questions), *bench.near, *bench.strangers]
    said = recollect(model, asked, ARM, way=settings.recall)
    count = len(bench.questions)
    known = [
        (answer.confidence, correct(answer.text, question.answer, question.also))
        for answer, question in zip(said, bench.questions, strict=False)
    ]
    strange = [0.0 if is_abstention(s.text) else s.confidence for s in said[count:]]
    figures: dict[str, Any] = {
        "recall_any": share(right for _, right in known),
        "recall": share(right and sure >= threshold for sure, right in known),
        "near": share(sure < threshold for sure in strange[: len(bench.near)]),
        "strangers": share(sure < threshold for sure in strange[len(bench.near) :]),
        "threshold": round(threshold, 5),
    }
    ordered = sorted(strange)
    for wanted in DECLINED:
        place = min(len(ordered) - 1, max(0, round(wanted * len(ordered)) - 1))
        cut = ordered[place] if ordered else 0.0
        figures[f"recall_at_{wanted}"] = share(right and sure > cut for sure, right in known)
    return figures
