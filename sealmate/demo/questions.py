"""The demo's questions, written by hand and never trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sealmate.errors import SourceError


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one of the demo's notes; `also` are other right answers."""

    note: str
    text: str
    answer: str
    also: tuple[str, ...] = ()


def load_questions(folder: Path) -> tuple[tuple[Question, ...], list[str]]:
    """The demo's questions and the strangers: questions that none of its notes answers.

    Raises SourceError for files that are not as they should be.
    """
    try:
        rows = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        questions = tuple(
            Question(row["note"], row["q"], row["a"], tuple(row.get("also", ()))) for row in rows
        )
        strangers = json.loads((folder / "strangers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{folder} holds no demo: {type(error).__name__} {error}", "install sealmate again"
        ) from error
    return questions, list(strangers)


def same(question: str) -> str:
    """A question without differences of case and white space."""
    return " ".join(question.casefold().split())
