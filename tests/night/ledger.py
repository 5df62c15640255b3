"""Notes with self-edits and probes, for the tests of what a night does with old ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sealmate.records import Edit, Passage, Probe
from sealmate.store import Store
from tests.store.build import passage, source

MARCH = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def note(store: Store, text: str, title: str = "a note", days: int = 0) -> Passage:
    """A source of one passage, told `days` after 3 March 2026."""
    with store.transaction():
        told = replace(source(text, title), created_at=MARCH + timedelta(days=days))
        stored = store.sources.add(told)
        return store.passages.add_many(stored.id, [passage(text)])[0]


def teach(store: Store, place: Passage, *pairs: tuple[str, str], said: str = "") -> list[Edit]:
    """Accepted edits of a passage: questions with answers, and one statement."""
    edits = [
        Edit(0, place.id, "self-qa", f"{q} {a}", MARCH, q, a, state="accepted") for q, a in pairs
    ]
    if said:
        edits.append(Edit(0, place.id, "implications", said, MARCH, state="accepted"))
    return store.edits.add_many(edits)


def probe(store: Store, place: Passage, question: str, answer: str) -> Probe:
    return store.probes.add_many([Probe(0, place.id, question, answer, MARCH)])[0]
