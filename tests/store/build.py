"""Records and clocks for the store's tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from sealmate.records import Edit, Message, Passage, Probe, ProbeResult, Source, Version
from sealmate.store import Store, open_store

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Steps one second at each look."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def opened(home: Path, **options: object) -> Store:
    clock: Callable[[], datetime] = Clock()
    options.setdefault("clock", clock)
    return open_store(home / "sealmate.db", home / "backups", **options)  # type: ignore[arg-type]


def source(text: str, title: str = "a note", uri: str | None = None) -> Source:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Source(0, "file" if uri else "note", title, text, digest, START, uri=uri)


def passage(text: str, ordinal: int = 0, heading: str = "") -> Passage:
    return Passage(0, 0, ordinal, text, len(text.split()), heading)


def edit(passage_id: int, question: str = "", answer: str = "", text: str = "") -> Edit:
    return Edit(
        0,
        passage_id,
        "qa" if question else "implications",
        text,
        START,
        question=question,
        answer=answer,
        writer="small+writer",
        sampling={"temperature": 0.9, "seed": 7},
    )


def probe(passage_id: int, question: str = "Who?", answer: str = "Rex") -> Probe:
    return Probe(0, passage_id, question, answer, START)


def result(probe_id: int, version: int = 1, run_id: int = 1, second: int = 0) -> ProbeResult:
    at = START + timedelta(seconds=second)
    return ProbeResult(run_id, version, probe_id, f"answer {second}", True, 0.5, at)


def version(number: int, parent: int | None = None) -> Version:
    return Version(
        number, START, f"v{number}", "ab" * 32, parent, "small", "print", {"new_recall": 0.5}
    )


def turn(conversation_id: int, role: str, text: str, second: int = 0, **more: object) -> Message:
    at = START + timedelta(seconds=second)
    return Message(0, conversation_id, role, text, at, **more)  # type: ignore[arg-type]


def ingest(store: Store, text: str, title: str = "a note", uri: str | None = None) -> Passage:
    """A source of one passage; returns the passage."""
    with store.transaction():
        stored = store.sources.add(source(text, title, uri))
        return store.passages.add_many(stored.id, [passage(text)])[0]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that any ledger of this process runs meanwhile, in order."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
