"""Memory: notes go in, one night, and everything is asked again without the notes.

The whole product runs in a home of its own, the night in this process and in stages as they
come. Questions, near misses and strangers are in no training; answers are scored as chat gives
them, with the threshold of the version that answers.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sealmate.bench.machine import machine
from sealmate.bench.report import share
from sealmate.bench.scores import score_edits, sit, transcript, without_threshold
from sealmate.bench.sets import BenchSet
from sealmate.chat.assistant import Assistant
from sealmate.errors import SourceError, UsageError
from sealmate.events import Event, Finished, Note, Started
from sealmate.model.local import LocalModel
from sealmate.night.consolidation import consolidate
from sealmate.night.lock import hold, worker_lock
from sealmate.night.testing import held_chat
from sealmate.paths import make_private_dir
from sealmate.recall import voice, way_of
from sealmate.settings import Settings
from sealmate.sources import Ingested, add_note, ingest
from sealmate.training.gate import general_loss
from sealmate.versions.attach import attach_version
from sealmate.workspace import Workspace


def bench_memory(
    settings: Settings, bench: BenchSet, *, keep: Path | None = None, as_notes: bool = False
) -> Generator[Event, None, dict[str, Any]]:
    """Yield events; the value is the figures. The home of `settings` is not touched.

    `keep` is a folder, new or empty, for the home and for files of all answers and of edits
    that failed; `as_notes` takes the notes in as `sealmate note` does, not as files. Raises
    UsageError if `keep` holds something, and whatever the night raises.
    """
    with _home(keep) as home:
        there = settings.model_copy(update={"home": home, "profile": "default", "review": False})
        with Workspace.open(there) as workspace:
            figures, files = yield from _measure(workspace, bench, home, as_notes)
        if keep is not None:
            for name, rows in files.items():
                _write_lines(home / "bench" / f"{name}.jsonl", rows)
            _write_lines(home / "bench" / "figures.jsonl", [figures])
            yield Note(f"kept in {home}")
    return figures


def _measure(
    workspace: Workspace, bench: BenchSet, home: Path, as_notes: bool
) -> Generator[Event, None, tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]]:
    yield from workspace.fetch_model()
    begin = time.perf_counter()
    model = workspace.model()
    loaded = time.perf_counter() - begin
    yield Started("ingest", detail=f"{len(bench.notes)} notes")
    sources = _take_in(workspace, bench, home, as_notes)
    assistant = Assistant(
        workspace.store, workspace.model, workspace.settings, workspace.paths, workspace.clock
    )
    yield Started("ask", detail=f"{len(bench.questions)} questions before")
    before = sit(assistant, bench)
    was = before.figures(bench.questions)
    yield Note(f"before: {_short(was)}")
    night, report = yield from _night(workspace, model)
    edits = score_edits(workspace.store, bench, sources)
    yield Started("ask", detail=f"{len(bench.questions)} questions after")
    asking = time.perf_counter()
    after = sit(assistant, bench)
    asked = time.perf_counter() - asking
    now = after.figures(bench.questions)
    yield Note(f"after: {_short(now)}")
    number = workspace.store.versions.active()
    adapter = attach_version(model, workspace.store, workspace.paths, number)
    manifest = workspace.store.versions.get(number).manifest if number else {}
    raw = without_threshold(
        model, bench, adapter, float(manifest.get("threshold") or 0.0),
        workspace.settings.answer_tokens, way_of(manifest),
    )  # fmt: skip
    chat = held_chat()
    loss = {name: general_loss(model, chat, name) for name in dict.fromkeys((None, adapter))}
    attached = loss[adapter] / loss[None]
    general = loss[voice(adapter, way_of(manifest))] / loss[None]
    figures = {
        "open_book": was["open_book"],
        "edits_grounded": edits.grounded,
        "edits_coverage": edits.coverage,
        "recall_before": was["recall"],
        "recall_after": now["recall"],
        "abstention_before": was["abstention"],
        "abstention_after": now["abstention"],
        "open_book_after": now["open_book"],
        "general_loss_ratio": round(general, 4),
        "write_seconds": report.get("write_seconds"),
        "train_seconds": report.get("train_seconds"),
        "seconds": night["seconds"],
        "outcome": night["outcome"],
        "reason": night.get("reason", ""),
        "version": number,
        "near_before": was["near"],
        "near_after": now["near"],
        "strangers_before": was["strangers"],
        "strangers_after": now["strangers"],
        **raw,
        # were the memory attached while it talks, which one that recites never is
        "general_loss_ratio_attached": round(attached, 4),
        "open_book_cited": share(bool(answer.sources) for answer in after.open),
        "gate": night.get("gate"),
        "notes": len(bench.notes),
        "questions": len(bench.questions),
        "near": len(bench.near),
        "strangers": len(bench.strangers),
        "edits_accepted": edits.accepted,
        "edits_questions": edits.questions,
        "edits_statements": edits.statements,
        "edits_coverage_by_questions": edits.coverage_by_questions,
        "edits_written": report.get("written"),
        "train_tokens": report.get("tokens"),
        "seed": workspace.settings.seed,
        "load_seconds": round(loaded, 2),
        "ask_seconds": round(asked, 2),
        "bench_seconds": round(time.perf_counter() - begin, 2),
        "model": model.info.id,
        "quantization": model.info.quantization,
        "writer_sha256": model.info.writer_sha256,
        "reader_sha256": model.info.reader_sha256,
        **machine(model.base),
    }
    files = {
        "answers": transcript(bench, before, after),
        "strange-edits": [
            {"edit": edit.id, "format": edit.format, "text": edit.text, "why": why}
            for edit, why in edits.strange
        ],
        "missing-answers": [
            {"note": question.note, "question": question.text, "answer": question.answer}
            for question in edits.missing
        ],
    }
    return figures, files


def _take_in(workspace: Workspace, bench: BenchSet, home: Path, as_notes: bool) -> dict[int, int]:
    """Take the notes in; returns each note's number with its source's id."""
    count, limit = workspace.count_tokens(), workspace.settings.passage_tokens
    done: dict[int, int] = {}
    folder = make_private_dir(home / "notes")
    for number, text in enumerate(bench.notes):
        if as_notes:
            result = add_note(
                workspace.store, text, count=count, limit=limit, clock=workspace.clock
            )
        else:
            file = folder / f"note-{number + 1:03}.txt"
            file.write_text(text, "utf-8")
            *_, last = ingest(
                workspace.store, [file], count=count, limit=limit, clock=workspace.clock
            )
            assert isinstance(last, Ingested)
            result = last
        if result.failed:
            raise SourceError(f"note {number + 1} cannot be taken in: {result.failed[0].message}")
        # two notes with the same words are one source
        done[number] = (*result.added, *result.unchanged)[0].id
    return done


def _night(
    workspace: Workspace, model: LocalModel
) -> Generator[Event, None, tuple[dict[str, Any], dict[str, Any]]]:
    """One night in this process; returns its result and its run's report."""
    result: dict[str, Any] = {}
    with hold(worker_lock(workspace.paths.ensure()), workspace.clock, "another night's worker"):
        for event in consolidate(workspace, model):
            if isinstance(event, Finished):
                result = dict(event.result)
            yield event
    run = workspace.store.runs.latest()
    yield Note(f"night: {result['outcome']} {result.get('reason', '')} ({result['seconds']} s)")
    return result, dict(run.report) if run is not None else {}


@contextmanager
def _home(keep: Path | None) -> Generator[Path, None, None]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="sealmate-bench-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"{keep} is not empty", "give --keep a new folder")
    yield make_private_dir(keep.absolute())


def _write_lines(file: Path, rows: list[dict[str, Any]]) -> None:
    make_private_dir(file.parent)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text(text, "utf-8")
    file.chmod(0o600)


def _short(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
