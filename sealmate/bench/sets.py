"""Sets of notes with questions to measure memory on, read from files and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealmate.errors import NotFoundError, UsageError
from sealmate.paths import bundled


@dataclass(frozen=True, slots=True)
class Question:
    """A question on note number `note` (from 0) with its answer and other accepted wordings."""

    text: str
    answer: str
    also: tuple[str, ...] = ()
    note: int = 0


@dataclass(frozen=True, slots=True)
class BenchSet:
    """Notes, questions on them, near misses (about their things, never told) and strangers."""

    notes: tuple[str, ...]
    questions: tuple[Question, ...]
    near: tuple[str, ...]
    strangers: tuple[str, ...]


def read_set(
    notes: Path | None = None, strangers: Path | None = None, only: int | None = None
) -> BenchSet:
    """The set of a JSON-lines file (bundled: memory.jsonl) and a JSON list of strangers.

    A line is {"note", "qa": [{"q", "a", "also"}], "near": [question]}; `only` takes the first
    so many notes. Raises NotFoundError for an absent file, UsageError for one that is no set,
    naming file and line.
    """
    folder = bundled("assets") / "bench"
    file = notes or folder / "memory.jsonl"
    rows = [
        (number, line) for number, line in enumerate(_read(file).split("\n"), 1) if line.strip()
    ]
    if only is not None and only < 1:
        raise UsageError("no notes, nothing measured", "give --only 1 or more")
    texts: list[str] = []
    questions: list[Question] = []
    near: list[str] = []
    for number, line in rows[:only]:
        try:
            row: Any = json.loads(line)
            found = [
                Question(qa["q"], qa["a"], tuple(qa.get("also", ())), len(texts))
                for qa in row["qa"]
            ]
            note, misses = str(row["note"]), [str(text) for text in row.get("near", ())]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{file} line {number} is no note with questions: {type(error).__name__} {error}",
                'a line is {"note": "...", "qa": [{"q": "...", "a": "..."}], "near": ["..."]}',
            ) from None
        texts.append(note)
        questions += found
        near += misses
    if not texts or not questions:
        raise UsageError(f"{file} holds no notes with questions")
    return BenchSet(tuple(texts), tuple(questions), tuple(near), _strangers(strangers, folder))


def _strangers(file: Path | None, folder: Path) -> tuple[str, ...]:
    file = file or folder / "memory-strangers.json"
    try:
        found = json.loads(_read(file))
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise UsageError(f"{file} is no list of questions", 'it holds ["question", ...]')
    return tuple(found)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{file} cannot be read: {error}", "check the path") from None
