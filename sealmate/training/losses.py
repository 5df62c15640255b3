"""Losses at the positions that carry them; the head is applied nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

# Positions whose logits are there at a time: a whole batch's are the most memory that training
# takes, 2 GB where 768 positions meet a vocabulary of 150,000.
CHUNK = 128


def over_head(
    head: Any, hidden: torch.Tensor, loss: Callable[..., torch.Tensor], *beside: torch.Tensor
) -> torch.Tensor:
    """The sum of `loss(logits, ...)` over slices of hidden (N, h), logits (n, V) being the head's;
    of what is `beside`, (N, ...) each, it gets the same slice.

    The logits of a slice are gone before the next one's are made, as the gradient for `hidden` is
    taken at once (after Hsu et al. 2024, "Liger Kernel", arXiv 2410.10989, section 3.2). So the
    head must not learn. The result is a scalar in fp32.
    """
    parts = [slice(at, at + CHUNK) for at in range(0, len(hidden), CHUNK)]
    total = hidden.new_zeros((), dtype=torch.float32)
    if not torch.is_grad_enabled():
        return sum(
            (loss(head(hidden[part]), *(one[part] for one in beside)) for part in parts),
            start=total,
        )
    slopes = torch.empty_like(hidden)
    for part in parts:
        piece = hidden[part].detach().requires_grad_()
        some = loss(head(piece), *(one[part] for one in beside))
        (slopes[part],) = torch.autograd.grad(some, piece)
        total += some.detach()
    # a stand-in that has these gradients, and the value
    stand_in = (hidden.float() * slopes.float()).sum()
    return stand_in + (total - stand_in.detach())


def next_token(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted sum of cross-entropies; logits (N, V), targets and weights (N,)."""
    each = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    return (each * weights).sum()


def kl_top_k(
    logits: torch.Tensor,
    teacher_values: torch.Tensor,
    teacher_indices: torch.Tensor,
    weights: torch.Tensor,
) -> torch.Tensor:
    """Weighted sum of KL(teacher || student) over the teacher's k likeliest tokens.

    logits (N, V); teacher_values are log-probabilities (N, k) of tokens teacher_indices (N, k).
    The mass outside the k is one further event on both sides, so the student may not leak into
    it. Distillation on kept top-k logits: Hinton et al. 2015, arXiv 1503.02531, restricted to k.
    """
    log_all = logits.float().log_softmax(-1)
    student = log_all.gather(1, teacher_indices)
    teacher = teacher_values.float()
    inside = (teacher.exp() * (teacher - student)).sum(-1)
    rest_t = (1 - teacher.exp().sum(-1)).clamp(min=1e-6)
    rest_s = (1 - student.exp().sum(-1)).clamp(min=1e-6)
    outside = rest_t * (rest_t.log() - rest_s.log())
    return ((inside + outside) * weights).sum()
