"""Frozen linear layers: the same products by blocks, for few rows and without gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate.model import base as loading
from sealmate.model import frozen
from sealmate.model.frozen import FEW, FrozenLinear, blocks_work
from tests.tiny import open_tiny


@pytest.fixture(autouse=True)
def blocks() -> None:
    if not blocks_work(torch.float32):
        pytest.skip("this torch has no blocks")


def made(dtype: torch.dtype = torch.float32, bias: bool = False) -> FrozenLinear:
    torch.manual_seed(0)
    layer = FrozenLinear.of(torch.randn(40, 24, dtype=dtype), torch.randn(40) if bias else None)
    layer.arrange()
    return layer


def plain(layer: FrozenLinear, rows: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.linear(rows, layer.weight, layer.bias)


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(1, 9), columns=st.integers(1, 5), bias=st.booleans(), seed=st.integers(0, 9)
)
def test_blocks_give_the_same(rows: int, columns: int, bias: bool, seed: int) -> None:
    layer = made(bias=bias)
    given_rows = torch.randn(rows, columns, 24, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        got = layer(given_rows)
    assert got.shape == (rows, columns, 40)
    assert torch.allclose(got, plain(layer, given_rows), atol=1e-4)


def test_blocks_are_used_for_few_rows_without_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = made()
    monkeypatch.setattr(frozen, "_product", lambda rows, blocks, bias: torch.zeros(()))
    few, many = torch.randn(FEW, 24), torch.randn(FEW + 1, 24)
    with torch.inference_mode():
        assert layer(few).shape == ()
        assert torch.equal(layer(many), plain(layer, many))
    wanted = few.clone().requires_grad_()
    layer(wanted).sum().backward()
    assert wanted.grad is not None
    assert torch.allclose(wanted.grad, layer.weight.sum(0).expand(FEW, -1), atol=1e-5)


def test_a_layer_that_is_cast_is_an_ordinary_one() -> None:
    layer = made().double()
    rows = torch.randn(2, 24, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(layer(rows), plain(layer, rows))


@pytest.mark.parametrize("memory", [None, 10**12, 1])
def test_a_base_keeps_blocks_where_there_is_memory(
    memory: int | None, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_fits_unpacked", lambda *_: True)
    monkeypatch.setattr(loading, "available_bytes", lambda: memory)
    base = open_tiny(tiny_model_folder, tmp_path).base
    layers = [part for part in base.model.modules() if isinstance(part, FrozenLinear)]
    assert base.head in layers
    assert base.head.weight.data_ptr() == base.model.get_input_embeddings().weight.data_ptr()
    assert {part._blocks is not None for part in layers} == {memory != 1}
