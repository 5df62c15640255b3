"""What the demo shows between the events, and what it counts in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sealmate.demo.questions import Question, same

if TYPE_CHECKING:
    from sealmate.model.protocol import ModelInfo


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready; `fetch_seconds` is what bringing it took (0 where it was there)."""

    info: ModelInfo
    questions: int
    fetch_seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """All questions put to the weights alone, by version `version` (0 = no memory).

    `when` is before, after or rolled back. `replies`, `right` and `confidence` go with
    `questions`, in order; `abstained` says for each stranger, which no note answers, whether the
    model said that it does not know.
    """

    when: str
    version: int
    questions: tuple[Question, ...]
    replies: tuple[str, ...]
    right: tuple[bool, ...]
    confidence: tuple[float, ...]
    abstained: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class TookIn:
    """The notes are in the ledger; `titles` of them."""

    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learnt:
    """The night is over and version `version` answers; `examples` are self-edits (question,
    answer) it was trained on."""

    version: int
    written: int
    kept: int
    gate: Mapping[str, Any]
    seconds: float
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The memory was taken away again. `moved` is how far the version had moved any of the
    fingerprint's logits; `logits` and `answers` say whether they are back bit for bit."""

    version: int
    to: int
    moved: float
    logits: bool
    answers: bool


Step = Loaded | Asked | TookIn | Learnt | RolledBack


def figures(
    exams: tuple[Asked, Asked, Asked], strangers: Sequence[str], trained: set[str]
) -> dict[str, Any]:
    """Recall and abstention of each exam. A question that was trained word for word shows
    nothing, so it is counted under `overlap` and nowhere else."""
    fresh = [n for n, q in enumerate(exams[0].questions) if same(q.text) not in trained]
    strange = [n for n, question in enumerate(strangers) if same(question) not in trained]
    overlap = len(exams[0].questions) - len(fresh) + len(strangers) - len(strange)
    found: dict[str, Any] = {"questions": len(fresh)}
    for exam in exams:
        name = f"recall_{exam.when.replace(' ', '_')}"
        found[name] = _share([exam.right[n] for n in fresh])
    found |= {"overlap": overlap, "strangers": len(strange)}
    for exam in exams[:2]:
        found[f"abstention_{exam.when}"] = _share([exam.abstained[n] for n in strange])
    return found


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / len(flags), 4) if flags else 0.0
