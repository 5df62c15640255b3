"""A refused candidate at less than its whole strength: the most that passes the gate.

Scaling what a night changed goes from the version it began with, or the model without memory (0),
to the candidate (1). What a night spoilt elsewhere comes back sooner than what it taught is lost.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from sealmate.events import Event, Note
from sealmate.night.testing import Examination
from sealmate.training.gate import Limits, Scores, verdict
from sealmate.training.loop import Trainer

WEAKER = "weaker"
TRIES = 3

Outcome = tuple[float, Scores, tuple[str, ...]]


def weaken(
    trainer: Trainer,
    exam: Examination,
    folder: Path,
    limits: Limits,
    scores: Scores,
    reasons: tuple[str, ...],
) -> Generator[Event, None, Outcome]:
    """Bisect the strength of a candidate that was refused with `scores` and `reasons`.

    The value is (strength, scores, reasons) of what is in `folder` then: the strongest of TRIES
    that passed, attached as WEAKER, or the whole candidate with its own reasons. What `exam` has
    found is found of that one.
    """
    yield Note(f"refused ({'; '.join(reasons)}); trying weaker")
    low, high, best = 0.0, 1.0, 0.0
    scale, tried, whole = 1.0, scores, exam.findings
    for _ in range(TRIES):
        scale = (low + high) / 2
        tried = _examine(trainer, exam, folder, scale)
        found = verdict(tried, limits)
        yield Note(f"at {scale:.3f} of its strength: {'; '.join(found) or 'passes'}")
        if not found:
            low = best = scale
        elif not best and _too_weak(tried, limits):
            break  # weaker would only know less
        else:
            high = scale
    if not best:
        trainer.save(folder)
        exam.findings = whole
        return 1.0, scores, reasons
    if scale != best:
        tried = _examine(trainer, exam, folder, best)
    return best, tried, ()


def _examine(trainer: Trainer, exam: Examination, folder: Path, scale: float) -> Scores:
    trainer.save(folder, scale=scale)
    trainer.model.attach(WEAKER, folder)
    trainer.model.group(WEAKER, (WEAKER, *trainer.model.parts(trainer.name)[1:]))
    return exam.after(WEAKER)


def _too_weak(scores: Scores, limits: Limits) -> bool:
    """Whether a candidate knows less of what is new than the gate asks."""
    return scores.new_recall is not None and scores.new_recall < limits.new_recall
