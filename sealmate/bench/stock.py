"""Notes to measure speed on: slotted notes of topics the writer was not taught, and a night's
examples made of them as the mixture makes them of self-edits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sealmate.errors import UsageError
from sealmate.night import selection
from sealmate.night.testing import held_chat
from sealmate.paths import bundled
from sealmate.practice.slots import FilledNote, Fillers, fill, load_stock, topics_held_out
from sealmate.records import Edit, EditFormat, Passage
from sealmate.settings import Settings
from sealmate.training.batches import Example
from sealmate.training.mixture import mixture

_THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Night:
    """What a night over some notes would train: its examples, and the choice they came from."""

    notes: int
    choice: selection.Choice
    examples: Sequence[Example]


def practice_notes(count: int, seed: int) -> list[FilledNote]:
    """`count` filled notes of the topics kept out of practice. Raises UsageError for too many."""
    folder = bundled("assets") / "stock"
    stock = load_stock(folder)
    mirror = topics_held_out({note.topic for note in stock})
    kept = [note for note in stock if note.topic in mirror]
    if not 1 <= count <= len(kept):
        raise UsageError(f"{count} notes cannot be taken", f"ask for 1 to {len(kept)}")
    rng = random.Random(seed)
    fillers = Fillers.load(folder / "fillers.json")
    return [fill(note, rng, fillers) for note in rng.sample(kept, count)]


def night_of(notes: Sequence[FilledNote], settings: Settings) -> Night:
    """The examples a first night over `notes` would train with these settings.

    The stock's own questions, facts and unanswerable questions stand for the edits a writer
    would make of them; strangers and general chat are the product's.
    """
    edits: list[Edit] = []

    def add(
        note: int, format_: EditFormat, text: str, question: str = "", answer: str = ""
    ) -> None:
        key = len(edits) + 1
        edits.append(Edit(key, note, format_, text, _THEN, question, answer, state="accepted"))

    for number, note in enumerate(notes, 1):
        for wordings, answer in note.qa:
            for wording in wordings:
                add(number, "self-qa", f"{wording} {answer}", wording, answer)
        for fact in note.facts:
            add(number, "rewrite", fact)
        for question in note.near:
            add(number, "unknown", question, question)
    choice = selection.Choice(
        new=edits,
        replay=[],
        active=0,
        parent=0,
        gone=frozenset(),
        told={
            number: Passage(number, number, 0, note.note, 0) for number, note in enumerate(notes, 1)
        },
    )
    strangers = (bundled("assets") / "general" / "strangers.txt").read_text("utf-8").splitlines()
    material = choice.material([line for line in strangers if line.strip()], held_chat())
    return Night(len(notes), choice, mixture(material, selection.shares(settings), settings.seed))
