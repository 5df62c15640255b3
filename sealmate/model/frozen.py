"""Linear layers of a frozen base, quick also where few rows are multiplied.

A CPU's kernels want a weight in blocks. For many rows it does not matter that every call puts it
into blocks anew; for the few of a decoding step it takes as long as the product. So each frozen
layer keeps its weight a second time, in blocks (oneDNN's, as torch.compile uses them).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch

FEW = 256  # rows up to which blocks are used


class FrozenLinear(torch.nn.Linear):
    """A linear layer whose weight never changes. Wherever a gradient is wanted, or a weight is not
    what it was, it is an ordinary one."""

    _blocks: torch.Tensor | None = None

    @classmethod
    def of(cls, weight: torch.Tensor, bias: torch.Tensor | None) -> FrozenLinear:
        """A layer with weight (out, in) and bias (out,), neither copied nor to be trained."""
        layer = cls(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
        layer.weight = torch.nn.Parameter(weight, requires_grad=False)
        if bias is not None:
            layer.bias = torch.nn.Parameter(bias, requires_grad=False)
        return layer

    def arrange(self) -> None:
        """Keep the weight in blocks as well; takes as much memory again."""
        if blocks_work(self.weight.dtype):
            self._blocks = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), None)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        few = input.numel() <= FEW * self.in_features
        if self._blocks is None or not few or torch.is_grad_enabled():
            return super().forward(input)
        return _product(input.to(self.weight.dtype), self._blocks, self.bias)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._blocks = None  # the weight is moved or cast: its blocks would not follow
        return super()._apply(fn, recurse)  # type: ignore[no-untyped-call]


@lru_cache
def blocks_work(dtype: torch.dtype) -> bool:
    """Whether this torch has the blocks, and gets the same from them on this CPU."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(48, 32, generator=generator).to(dtype)
    rows = torch.randn(3, 32, generator=generator).to(dtype)
    try:
        with torch.inference_mode():
            blocks = torch.ops.mkldnn._reorder_linear_weight(weight, None)
            found = _product(rows, blocks, None).float()
            usual = torch.nn.functional.linear(rows, weight).float()
    except (RuntimeError, AttributeError, TypeError):
        return False
    return bool(torch.allclose(found, usual, atol=0.01 * float(usual.abs().max())))


def _product(rows: torch.Tensor, blocks: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    # "none": no function after the product
    found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(rows, blocks, bias, "none", [], "")
    return found
