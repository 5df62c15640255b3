"""A cache of keys and values that grows in place while rows leave it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer


class SlabLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer in a buffer with room to spare.

    The stock layer concatenates at each step, which copies the whole cache per token.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, length: int) -> None:
        super().__init__()
        self.slab_k, self.slab_v, self.length = keys, values, length
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True

    def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> Any:
        """Write the new columns and return views of all columns so far."""
        end = self.length + key_states.shape[-2]
        if end > self.slab_k.shape[-2]:
            held = self.slab_k.shape[-2]
            pad = (0, 0, 0, max(32, held // 2, end - held))
            self.slab_k = torch.nn.functional.pad(self.slab_k, pad)
            self.slab_v = torch.nn.functional.pad(self.slab_v, pad)
        self.slab_k[..., self.length : end, :] = key_states
        self.slab_v[..., self.length : end, :] = value_states
        self.length = end
        return self.slab_k[..., :end, :], self.slab_v[..., :end, :]

    def get_seq_length(self) -> int:
        """Columns written."""
        return self.length

    def keep(self, rows: torch.Tensor) -> None:
        """Drop all rows but these."""
        self.slab_k, self.slab_v = self.slab_k[rows], self.slab_v[rows]


@lru_cache
def cache_argument(forward: Any) -> str:
    """The name under which a decoder class's `forward` takes its cache: transformers 5.24
    renamed it."""
    known = inspect.signature(forward).parameters
    return "cache" if "cache" in known else "past_key_values"


def slab_cache(layers: Sequence[tuple[torch.Tensor, torch.Tensor]], length: int) -> DynamicCache:
    """A cache of slab layers; tensors are (rows, heads, room, head size)."""
    cache = DynamicCache()
    cache.layers = [SlabLayer(keys, values, length) for keys, values in layers]
    return cache
