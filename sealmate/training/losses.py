"""Losses at the positions that carry them; the head is applied nowhere else."""

from __future__ import annotations

import torch


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
