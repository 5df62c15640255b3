"""Attention written out as products against the stock kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from sealmate.model import attention
from sealmate.model.attention import additive, attend, attention_for
from sealmate.model.base import Base, load_base
from sealmate.model.cpu import cpu_kind
from sealmate.training.stack import Stack


class Layer(torch.nn.Module):
    """What attention asks of the layer it is called for."""

    is_causal = True

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.num_key_value_groups = groups


def in_bfloat16(folder: Path, tmp_path: Path) -> Base:
    """A base as a CPU loads it that multiplies bfloat16 fast."""
    note = tmp_path / "compute.json"
    note.write_text(json.dumps({f"{torch.__version__} {cpu_kind()}": "bfloat16"}))
    return load_base(folder, device="cpu", threads=1, compute_cache=note)


def masked(rows: int, asked: int, held: int, seed: int) -> torch.Tensor:
    """A causal mask with holes; each position attends to itself at least."""
    torch.manual_seed(seed)
    own = torch.ones(asked, held, dtype=torch.bool).tril(held - asked)
    some = torch.rand(rows, 1, asked, held) > 0.3
    itself = torch.zeros(asked, held, dtype=torch.bool)
    itself[torch.arange(asked), torch.arange(held - asked, held)] = True
    return own & some | itself


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 3),
    heads=st.integers(1, 3),
    groups=st.integers(1, 3),
    asked=st.integers(2, 40),
    before=st.integers(0, 20),
    seed=st.integers(0, 99),
    numbers=st.booleans(),
)
def test_products_are_attention(
    rows: int, heads: int, groups: int, asked: int, before: int, seed: int, numbers: bool
) -> None:
    """Outputs and gradients stand no farther from those in fp32 than the stock kernel's."""
    mask = masked(rows, asked, asked + before, seed)
    layer, size = Layer(groups), 16
    exact = [
        torch.randn(rows, h, n, size).bfloat16().float()
        for h, n in ((heads * groups, asked), (heads, asked + before), (heads, asked + before))
    ]
    slope = torch.randn(rows, asked, heads * groups, size).bfloat16().float()

    def results(how: object, dtype: torch.dtype, given: torch.Tensor) -> list[torch.Tensor]:
        inputs = [one.to(dtype, copy=True).requires_grad_() for one in exact]
        out, _ = how(layer, *inputs, given, scaling=0.25)  # type: ignore[operator]
        out.backward(slope.to(dtype))
        return [out.detach().float(), *(one.grad.float() for one in inputs if one.grad is not None)]

    true = results(sdpa_attention_forward, torch.float32, mask)
    stock = results(sdpa_attention_forward, torch.bfloat16, mask)
    own = results(attend, torch.bfloat16, additive(mask, torch.bfloat16) if numbers else mask)
    for wanted, usual, got in zip(true, stock, own, strict=True):
        scale = float(wanted.abs().max())
        allowed = 2 * float((usual - wanted).abs().max()) + 0.02 * scale
        assert float((got - wanted).abs().max()) <= allowed


@pytest.mark.parametrize("why", ["one token", "fp32", "no mask", "too long", "a bias"])
def test_what_it_does_not_know_goes_to_the_stock_kernel(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    asked = 1 if why == "one token" else 6
    dtype = torch.float32 if why == "fp32" else torch.bfloat16
    query, key, value = (torch.randn(2, h, n, 8, dtype=dtype)
                         for h, n in ((4, asked), (2, 6), (2, 6)))  # fmt: skip
    mask = None if why == "no mask" else masked(2, asked, 6, 1)
    more = {"position_bias": torch.randn(2, 4, 6, 6, dtype=dtype)} if why == "a bias" else {}
    if why == "too long":
        monkeypatch.setattr(attention, "_SCORES", 10)

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(attention._Products, "apply", never)
    got, _ = attend(Layer(2), query, key, value, mask, scaling=0.3, **more)
    expected, _ = sdpa_attention_forward(Layer(2), query, key, value, mask, scaling=0.3, **more)
    assert torch.equal(got, expected)


def test_only_a_cpu_that_counts_in_bfloat16_takes_it() -> None:
    assert attention_for(torch.device("cpu"), torch.float32) == "sdpa"
    assert attention_for(torch.device("cuda"), torch.bfloat16) == "sdpa"
    assert attention_for(torch.device("cpu"), torch.bfloat16) != "sdpa"


def test_a_model_says_nearly_the_same_with_it(tiny_model_folder: Path, tmp_path: Path) -> None:
    base = in_bfloat16(tiny_model_folder, tmp_path)
    config = base.model.config
    assert config._attn_implementation not in ("sdpa", "eager")
    ids = torch.arange(5, 29)[None].expand(2, -1)
    mask = masked(2, 24, 24, 4)
    with torch.inference_mode():
        own = base.decoder(ids, attention_mask=mask, use_cache=False).last_hidden_state
        unmasked = base.decoder(ids, use_cache=False).last_hidden_state
        config._attn_implementation = "sdpa"
        stock = base.decoder(ids, attention_mask=mask, use_cache=False).last_hidden_state
        usual = base.decoder(ids, use_cache=False).last_hidden_state
    assert not torch.equal(stock, usual)
    assert torch.allclose(own.float(), stock.float(), atol=0.05 * float(stock.abs().max()))
    assert torch.allclose(unmasked.float(), usual.float(), atol=0.05 * float(usual.abs().max()))


def test_the_layers_can_be_cut_with_it(tiny_model_folder: Path, tmp_path: Path) -> None:
    base = in_bfloat16(tiny_model_folder, tmp_path)
    assert base.model.config._attn_implementation not in ("sdpa", "eager")
    assert Stack(base, 1).split == 1
