"""The steps of the demo, in order.

Draws nothing, and expects a home in which nothing has been taught yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from sealmate.chat.assistant import Assistant
from sealmate.demo.questions import load_questions, same
from sealmate.demo.steps import Asked, Learnt, Loaded, RolledBack, Step, TookIn, figures
from sealmate.edits.screen import correct
from sealmate.errors import Cancelled, SourceError, TrainingError, UsageError
from sealmate.events import Event, Failed, Finished, Started
from sealmate.night.job import error_of, run_night
from sealmate.paths import bundled
from sealmate.sources import Ingested, ingest
from sealmate.versions.attach import attach_version
from sealmate.versions.lineage import rollback

if TYPE_CHECKING:
    from sealmate.model.protocol import LanguageModel
    from sealmate.workspace import Workspace

Night = Callable[..., Iterator[Event]]
_SAMPLES = 3


def run(
    workspace: Workspace,
    *,
    cancel: Flag | None = None,
    folder: Path | None = None,
    night: Night = run_night,
) -> Generator[Event | Step, None, dict[str, Any]]:
    """Run the demo in the workspace's home; the generator's value is the line of `--json`.

    `folder` holds notes/, questions.json and strangers.json (the bundled ones by default). Raises
    UsageError where the home is not empty, TrainingError where the night publishes nothing,
    Cancelled, and what each step raises.
    """
    folder = folder or bundled("assets") / "demo"
    questions, strangers = load_questions(folder)
    cancel = cancel or Flag()
    store, paths = workspace.store, workspace.paths
    if store.sources.count() or store.versions.list():
        raise UsageError(
            f"{paths.data} already holds notes", "give the demo a folder that does not exist yet"
        )
    begun = time.monotonic()
    for event in workspace.fetch_model():
        _go_on(cancel)
        yield event
    fetched = time.monotonic() - begun
    yield Started("load", detail=workspace.model_id)
    model = workspace.model()
    yield Loaded(model.info, len(questions), fetched)
    assistant = Assistant(store, lambda: model, workspace.settings, paths, workspace.clock)

    def ask(when: str) -> Asked:
        asked = [question.text for question in questions] + strangers
        answers = assistant.ask_many(asked, closed_book=True, cancel=cancel)
        known = answers[: len(questions)]
        return Asked(
            when,
            store.versions.active(),
            questions,
            tuple(answer.text for answer in known),
            tuple(
                not answer.abstained and correct(answer.text, question.answer, question.also)
                for question, answer in zip(questions, known, strict=True)
            ),
            tuple(answer.confidence for answer in known),
            tuple(answer.abstained for answer in answers[len(questions) :]),
        )

    yield Started("ask", len(questions), "before it was told anything")
    logits = _logits(model, workspace)
    before = ask("before")
    yield before
    took = yield from _take_in(workspace, folder / "notes")
    learnt = yield from _sleep(workspace, night, cancel)
    yield Started("ask", len(questions), f"version {learnt.version}, without the notes")
    taught = _logits(model, workspace)
    after = ask("after")
    yield after
    activation = rollback(store, paths, model=model, reason="the demo takes it back")
    yield Started("ask", len(questions), "after the rollback")
    back = _logits(model, workspace)
    again = ask("rolled back")
    yield again
    undone = RolledBack(
        learnt.version,
        activation.version,
        max(abs(now - then) for now, then in zip(taught, logits, strict=True)),
        back == logits,
        (again.replies, again.confidence) == (before.replies, before.confidence),
    )
    yield undone
    seconds = time.monotonic() - begun - fetched
    trained = _trained_questions(workspace, learnt.version)
    return {
        "model": model.info.id,
        "quantization": model.info.quantization,
        "notes": len(took.titles),
        "edits_written": learnt.written,
        "edits_kept": learnt.kept,
        **figures((before, after, again), strangers, trained),
        "logits_restored_exactly": undone.logits,
        "seconds": round(seconds, 1),
        "answers_restored_exactly": undone.answers,
        "logits_moved": round(undone.moved, 4),
        "version": learnt.version,
        "gate": dict(learnt.gate),
        "device": model.info.device,
        "night_seconds": round(learnt.seconds, 1),
        "fetch_seconds": round(fetched, 1),
        "answers": [
            {
                "question": question.text,
                "expected": question.answer,
                "before": before.replies[n],
                "after": after.replies[n],
                "rolled_back": again.replies[n],
                "right": after.right[n],
                "trained": same(question.text) in trained,
            }
            for n, question in enumerate(questions)
        ],
    }


def _go_on(cancel: Flag) -> None:
    if cancel.is_set():
        raise Cancelled("stopped; what was fetched is kept")


def _logits(model: LanguageModel, workspace: Workspace) -> tuple[float, ...]:
    """The fingerprint of what answers now, whichever version the pointer names."""
    active = workspace.store.versions.active()
    adapter = attach_version(model, workspace.store, workspace.paths, active)
    return model.fingerprint_logits(adapter=adapter)


def _take_in(workspace: Workspace, notes: Path) -> Generator[Event | Step, None, TookIn]:
    result = Ingested()
    for item in ingest(
        workspace.store,
        [notes],
        count=workspace.count_tokens(),
        limit=workspace.settings.passage_tokens,
        clock=workspace.clock,
    ):
        if isinstance(item, Ingested):
            result = item
        else:
            yield item
    if result.failed or not result.added:
        reason = result.failed[0].message if result.failed else "it is empty"
        raise SourceError(f"the demo's notes in {notes} cannot be read: {reason}")
    took = TookIn(tuple(source.title for source in result.added))
    yield took
    return took


def _sleep(
    workspace: Workspace, night: Night, cancel: Flag
) -> Generator[Event | Step, None, Learnt]:
    """The night as `sealmate consolidate` runs it, in its own process."""
    result: Mapping[str, Any] = {}
    failure: Failed | None = None
    for event in night(workspace, cancel=cancel):
        if isinstance(event, Finished):
            result = event.result
        elif isinstance(event, Failed):
            failure = event
        else:
            yield event
    if failure is not None:
        raise error_of(failure)
    if result.get("outcome") == "stopped":
        _go_on(cancel)
    if result.get("outcome") != "published":
        reason = result.get("reason") or result.get("outcome") or "no result"
        raise TrainingError(f"the demo's night made no version: {reason}")
    version, edits = int(result["version"]), result.get("edits") or {}
    learnt = Learnt(
        version,
        int(edits.get("written", 0)),
        int(edits.get("kept", 0)),
        result.get("gate") or {},
        float(result.get("seconds") or 0.0),
        _examples(workspace, version),
    )
    yield learnt
    return learnt


def _examples(workspace: Workspace, version: int) -> tuple[tuple[str, str], ...]:
    """The first question trained of each of the first passages."""
    store = workspace.store
    found: dict[int, tuple[str, str]] = {}
    for edit in map(store.edits.get, store.versions.edit_ids(version)):
        if edit.question and edit.answer:
            found.setdefault(edit.passage_id, (edit.question, edit.answer))
    return tuple(found[passage] for passage in sorted(found)[:_SAMPLES])


def _trained_questions(workspace: Workspace, version: int) -> set[str]:
    """Everything that was asked in training, in whatever role."""
    store = workspace.store
    edits = map(store.edits.get, store.versions.edit_ids(version))
    strangers = (bundled("assets") / "general" / "strangers.txt").read_text(encoding="utf-8")
    return {same(edit.question) for edit in edits if edit.question} | {
        same(line) for line in strangers.splitlines()
    }
