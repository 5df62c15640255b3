"""The learning rate's way up and down, and when it may come to its end early."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import inf

import torch

from sealmate.training.batches import Encoded, batches
from sealmate.training.objective import Objective

_WAY = 0.25  # of the steps taken so far, for slowing down; a sudden stop leaves the weights rough
_LEAST = 4  # steps for it, at least


class Pace:
    """A share of the peak rate for each step: linearly up, linearly down to `final`.

    `steps` is where it ends; `brake` brings the end nearer, and the rate down to it from where it
    is. `braked` is the step after which that was done (0 = not).
    """

    def __init__(self, warmup: float, final: float, steps: int) -> None:
        self.steps = steps
        self.braked = 0
        self._warm = max(1, round(warmup * steps))
        self._final, self._planned = final, steps

    @property
    def braking(self) -> bool:
        """Whether it is on its way to an early end."""
        return self.braked > 0

    def brake(self, done: int) -> None:
        """Come to the end soon, `done` steps being taken; never later than planned."""
        self.braked = done
        self.steps = min(self._planned, done + max(_LEAST, round(_WAY * done)))

    def at(self, step: int) -> float:
        """The share of the peak, 0..1, for a step (from 0)."""
        planned = self._as_planned(step)
        if not self.braked or step < self.braked:
            return planned
        start = self._as_planned(self.braked - 1)
        left = (self.steps - step) / max(1, self.steps - self.braked)
        return min(planned, self._final + (start - self._final) * left)

    def _as_planned(self, step: int) -> float:
        if step < self._warm:
            return (step + 1) / self._warm
        left = (self._planned - step) / max(1, self._planned - self._warm)
        return self._final + (1 - self._final) * left


class Watch:
    """Examples that are not trained on, looked at in between."""

    def __init__(self, objective: Objective, held: Sequence[Encoded], tokens: int) -> None:
        self._objective = objective
        self._batches = batches(held, tokens, random.Random(0)) if held else []

    def loss(self) -> float:
        """Their weighted mean loss in nats per answer token; infinite for none."""
        weight = sum(batch.answer_weight for batch in self._batches)
        if not weight:
            return inf
        with torch.no_grad():
            losses = [float(self._objective.loss(b)) * b.answer_weight for b in self._batches]
        return sum(losses) / weight
