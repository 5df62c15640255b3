"""The losses against sums written out."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate.training.losses import CHUNK, kl_top_k, next_token, over_head


def test_next_token_is_a_weighted_sum() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(5, 11), torch.tensor([0, 3, 3, 10, 7])
    weights = torch.tensor([1.0, 0.5, 0.0, 2.0, 1.0])
    chances = logits.log_softmax(-1)
    expected = -sum(float(weights[n] * chances[n, targets[n]]) for n in range(5))
    assert float(next_token(logits, targets, weights)) == pytest.approx(expected, abs=1e-5)


def test_no_tokens_cost_nothing() -> None:
    empty = torch.zeros(0, dtype=torch.long)
    assert float(next_token(torch.zeros(0, 11), empty, torch.zeros(0))) == 0.0


def top(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    values, indices = logits.log_softmax(-1).topk(k)
    return values, indices


@pytest.mark.parametrize("k", [3, 10])
def test_kl_is_zero_for_equals_and_positive_else(k: int) -> None:
    torch.manual_seed(1)
    teacher, student = torch.randn(6, 11), torch.randn(6, 11)
    ones = torch.ones(6)
    assert float(kl_top_k(teacher, *top(teacher, k), ones)) == pytest.approx(0.0, abs=1e-5)
    assert float(kl_top_k(student, *top(teacher, k), ones)) > 0.1


def test_kl_over_all_but_one_is_the_whole_kl() -> None:
    """With one token outside, the rest is that token and the sum is exact."""
    torch.manual_seed(2)
    teacher, student = torch.randn(4, 9), torch.randn(4, 9)
    weights = torch.tensor([1.0, 2.0, 0.0, 0.5])
    p = teacher.softmax(-1)
    each = (p * (teacher.log_softmax(-1) - student.log_softmax(-1))).sum(-1)
    got = kl_top_k(student, *top(teacher, 8), weights)
    assert float(got) == pytest.approx(float((each * weights).sum()), abs=1e-4)


def test_leaking_out_of_the_top_is_punished() -> None:
    teacher = torch.tensor([[5.0, 4.0, -5.0, -5.0, -5.0]])
    leaking = torch.tensor([[5.0, 4.0, -5.0, -5.0, 6.0]])
    assert float(kl_top_k(leaking, *top(teacher, 2), torch.ones(1))) > 0.5


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 2 * CHUNK + 3), seed=st.integers(0, 99), factor=st.floats(0.1, 3.0))
def test_a_loss_taken_in_parts_is_the_whole_one(count: int, seed: int, factor: float) -> None:
    """Value and gradient, through what comes before it and times what comes after it."""
    torch.manual_seed(seed)
    head = torch.nn.Linear(6, 11).requires_grad_(False)
    before = torch.randn(count, 6, requires_grad=True)
    targets, weights = torch.randint(0, 11, (count,)), torch.rand(count)
    whole = factor * next_token(head(before.tanh()), targets, weights)
    (expected,) = torch.autograd.grad(whole, before)
    parted = factor * over_head(head, before.tanh(), next_token, targets, weights)
    (got,) = torch.autograd.grad(parted, before)
    assert float(parted.detach()) == pytest.approx(float(whole.detach()), rel=1e-4, abs=1e-4)
    assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_a_loss_over_the_head_without_gradients_keeps_none() -> None:
    torch.manual_seed(3)
    head, hidden = torch.nn.Linear(6, 11), torch.randn(CHUNK + 1, 6)
    targets, weights = torch.randint(0, 11, (CHUNK + 1,)), torch.rand(CHUNK + 1)
    with torch.no_grad():
        got = over_head(head, hidden, next_token, targets, weights)
        whole = next_token(head(hidden), targets, weights)
    assert not got.requires_grad
    assert float(got) == pytest.approx(float(whole), rel=1e-5)
