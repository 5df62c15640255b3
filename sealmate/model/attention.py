"""Attention as a few products of whole matrices, where the stock kernel is slow.

On a CPU that multiplies bfloat16 fast, torch's fused attention takes three times what its products
alone would: it works in small blocks so as not to hold all scores, which few thousand tokens can
well afford. Elsewhere, and for what this does not know, the stock kernel is called.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

STOCK = "sdpa"
_NAME = "sealmate_products"
_SCORES = 2**23  # scores of one layer held at once at most; longer sequences go to the stock kernel
_UNKNOWN = ("position_bias", "softcap", "s_aux")


def attention_for(device: torch.device, dtype: torch.dtype) -> str:
    """The name under which transformers finds the attention to use on that device."""
    if device.type != "cpu" or dtype != torch.bfloat16:
        return STOCK
    AttentionInterface.register(_NAME, attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    return _NAME


def additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A mask that is True where attended as numbers to be added to scores."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(
        ~mask, torch.finfo(dtype).min
    )


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Outputs (B, Q, heads, size) for query (B, heads, Q, size), key and value (B, fewer heads, K,
    size) and a mask (B, 1, Q, K) that is True where attended, or to be added to the scores.

    As transformers calls an attention function.
    """
    rows, heads, asked, size = query.shape
    held = key.shape[-2]
    if (
        attention_mask is None
        or attention_mask.shape[-2:] != (asked, held)
        or asked == 1
        or rows * heads * asked * held > _SCORES
        or any(one.dtype != torch.bfloat16 for one in (query, key, value))
        or value.shape[-1] != size
        or dropout
        or any(more.get(name) is not None for name in _UNKNOWN)
    ):
        return sdpa_attention_forward(  # type: ignore[no-any-return]
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **more
        )
    mask = attention_mask
    if mask.dtype == torch.bool:
        mask = additive(mask, query.dtype)
    scale = size**-0.5 if scaling is None else scaling
    key, value = (repeat_kv(one, heads // one.shape[1]) for one in (key, value))
    with torch.autocast("cpu", enabled=False):
        out = _Products.apply(  # type: ignore[no-untyped-call]
            query, key, value, mask, scale
        )
    return out.transpose(1, 2).contiguous(), None


class _Products(torch.autograd.Function):
    """softmax(scale Q K' + mask) V and its gradients, written out."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        rows, heads, asked, size = query.shape
        flat = rows * heads
        q = (query * scale).reshape(flat, asked, size)
        k, v = key.reshape(flat, -1, size), value.reshape(flat, -1, size)
        scores = torch.bmm(q, k.transpose(1, 2)).view(rows, heads, asked, -1)
        scores += mask
        shares = scores.softmax(-1).view(flat, asked, -1)
        ctx.save_for_backward(q, k, v, shares)
        ctx.scale, ctx.shape = scale, (rows, heads)
        return torch.bmm(shares, v).view(rows, heads, asked, size)

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        q, k, v, shares = ctx.saved_tensors
        (slope,) = slopes
        out = slope.reshape(q.shape)
        of_value = torch.bmm(shares.transpose(1, 2), out)
        of_shares = torch.bmm(out, v.transpose(1, 2))
        of_scores = torch._softmax_backward_data(of_shares, shares, -1, shares.dtype)
        of_query = torch.bmm(of_scores, k).mul_(ctx.scale)
        of_key = torch.bmm(of_scores.transpose(1, 2), q)
        shaped = (part.view(*ctx.shape, *part.shape[1:]) for part in (of_query, of_key, of_value))
        return (*shaped, None, None)
