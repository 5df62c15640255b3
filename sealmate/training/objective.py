"""What a batch is to be learnt by: the loss of its answers, and KL where nothing may change."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from sealmate.model.local import LocalModel
from sealmate.training.batches import Batch, Encoded
from sealmate.training.losses import kl_top_k, next_token, over_head
from sealmate.training.stack import Layout, Stack, layout, picked
from sealmate.training.teacher import TOP, Teacher


class Objective:
    """The loss of batches that come again in every pass.

    What does not change between passes is kept: what the frozen layers make of a batch, and what
    the model without memory says at its KL positions. `again` tells that batches do come again.
    """

    def __init__(self, model: LocalModel, stack: Stack, kl_weight: float, again: bool) -> None:
        self._model, self._stack = model, stack
        self._kl_weight, self._again = kl_weight, again
        self.tutor = Teacher()
        # by identity; the batch is held so that no other can take its id
        self._below: dict[int, tuple[Batch, torch.Tensor]] = {}
        self._base: dict[int, tuple[Batch, torch.Tensor, torch.Tensor]] = {}

    def listen(self, encoded: Sequence[Encoded]) -> None:
        """Let the teacher read the examples that have one (see `Teacher`)."""
        self.tutor.listen(self._model, encoded)

    def forget(self) -> None:
        """Let go of what is kept between passes."""
        self._below.clear()
        self._base.clear()

    def loss(self, batch: Batch) -> torch.Tensor:
        """Weighted mean loss over the batch's answer tokens, a scalar."""
        plan = layout(batch, self._model.base.device)
        below = self._lower(batch, plan)
        hidden = self._stack.run(below, plan, self._stack.split)
        head = self._model.base.head
        taught = self.tutor.knows(plan) & ~plan.kl
        total = hidden.new_zeros((), dtype=torch.float32)
        plain = ~plan.kl & ~taught
        if bool(plain.any()):
            at, weights = picked(plan, plain)
            there = hidden[plan.rows[at], plan.columns[at]]
            total = total + over_head(head, there, next_token, plan.targets[at], weights)
        if bool(taught.any()):
            there = hidden[plan.rows[taught], plan.columns[taught]]
            values, indices = self.tutor.says(plan, taught)
            weights = plan.weights[taught]
            total = total + over_head(head, there, kl_top_k, values, indices, weights)
        if bool(plan.kl.any()):
            at, weights = picked(plan, plan.kl)
            there = hidden[plan.rows[at], plan.columns[at]]
            values, indices = self._without_memory(batch, below, plan, at)
            moved = over_head(head, there, kl_top_k, values, indices, weights)
            total = total + self._kl_weight * moved
        return total / max(batch.answer_weight, 1e-9)

    def _lower(self, batch: Batch, plan: Layout) -> torch.Tensor:
        """Outputs of the frozen layers."""
        if not self._stack.split:
            return self._stack.lower(plan)
        _, found = self._below.get(id(batch), (batch, None))
        if found is None:
            with self._model.rack.use(None):
                found = self._stack.lower(plan)
            if self._again:
                # those of all batches beside a GPU, whose memory the training itself needs
                self._below[id(batch)] = (batch, found.cpu())
        return found.to(plan.ids.device)

    def _without_memory(
        self, batch: Batch, below: torch.Tensor, plan: Layout, at: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Top-k log-probabilities and tokens of the model without memory at the positions `at`."""
        if id(batch) in self._base:
            _, values, indices = self._base[id(batch)]
            return values, indices
        with torch.no_grad(), self._model.rack.use(None):
            hidden = self._stack.run(below, plan, self._stack.split)
            chosen = hidden[plan.rows[at], plan.columns[at]]
            logits = self._model.base.head(chosen).float().log_softmax(-1)
            top = logits.topk(min(TOP, logits.shape[-1]))
        if self._again:
            self._base[id(batch)] = (batch, top.values, top.indices)
        return top.values, top.indices
