"""A refused candidate is weakened by bisection: the strongest that passes is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from sealmate.events import Event, Note
from sealmate.night.strength import WEAKER, Outcome, weaken
from sealmate.night.testing import Examination, Findings
from sealmate.training.gate import Limits, Scores, verdict
from sealmate.training.loop import Trainer

LIMITS = Limits(new_recall=0.3, general=1.05)
WHOLE = Scores(0.9, 0.0, None, None, (), 1.0, 0.9, 1.0, 2.2, 2.0, 0.5)


class Bench:
    """Stands in for trainer, model and examination: at strength s general chat grows by `harm` * s
    and new recall is 0.9 * s."""

    def __init__(self, harm: float) -> None:
        self.harm, self.scale = harm, 1.0
        self.saved: list[float] = []
        self.attached: list[str] = []
        self.grouped: list[tuple[str, ...]] = []
        self.name, self.model = "candidate", self
        self.findings = Findings()

    def save(self, folder: Path, scale: float = 1.0) -> None:
        self.scale = scale
        self.saved.append(scale)

    def attach(self, name: str, folder: Path) -> None:
        self.attached.append(name)

    def parts(self, name: str) -> tuple[str, ...]:
        return (name, "v3")

    def group(self, name: str, parts: tuple[str, ...]) -> None:
        assert name == WEAKER
        self.grouped.append(parts)

    def after(self, name: str) -> Scores:
        self.findings = Findings(threshold=self.scale)
        loss = 2.0 * (1 + self.harm * self.scale)
        return replace(WHOLE, new_recall=0.9 * self.scale, general_loss=loss)

    def weaken(self) -> tuple[list[Event], Outcome]:
        whole = self.after("candidate")
        steps = weaken(
            cast(Trainer, self), cast(Examination, self), Path(), LIMITS, whole,
            verdict(whole, LIMITS),
        )  # fmt: skip
        events: list[Event] = []
        while True:
            try:
                events.append(next(steps))
            except StopIteration as end:
                return events, cast(Any, end.value)


@pytest.mark.parametrize(("harm", "strength"), [(0.06, 0.75), (0.07, 0.625), (0.052, 0.875)])
def test_the_strongest_that_passes(harm: float, strength: float) -> None:
    bench = Bench(harm)
    events, (scale, scores, reasons) = bench.weaken()
    assert (scale, reasons) == (strength, ())
    assert bench.saved[-1] == strength, "the folder holds what is published"
    assert bench.findings.threshold == strength, "what is told of it is what it said"
    assert scores.new_recall == pytest.approx(0.9 * strength)
    assert verdict(scores, LIMITS) == ()
    assert set(bench.attached) == {WEAKER}
    assert set(bench.grouped) == {(WEAKER, "v3")}, "asked with the shards that stay"
    assert all(isinstance(event, Note) for event in events)


def test_too_harmful_at_any_strength() -> None:
    bench = Bench(3.0)
    _, (scale, scores, reasons) = bench.weaken()
    assert scale == 1.0
    assert bench.saved[-1] == 1.0
    assert scores.general_loss == pytest.approx(8.0)
    assert bench.findings.threshold == 1.0, "lost to the whole candidate, not to the last try"
    assert len(reasons) == 1
    assert "general chat" in reasons[0]
    # a quarter knows less than the gate asks: nothing weaker is worth a try
    assert bench.saved == [0.5, 0.25, 1.0]
