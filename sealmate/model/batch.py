"""Answers in the making side by side, with the keys and values of all that was read for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers.cache_utils import DynamicCache

from sealmate.model.base import Base
from sealmate.model.sampling import DecodingRow
from sealmate.model.slab import slab_cache

Layers = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class Part:
    """What was read for some rows: per layer the keys and values (rows, heads, columns, head size),
    and which columns are real (rows, columns)."""

    layers: Layers
    real: torch.Tensor


class Batch:
    """Rows that are decoded together. `read` columns of their cache are written."""

    def __init__(self, parts: Sequence[Part], rows: Sequence[DecodingRow]) -> None:
        self.rows = list(rows)
        self.read = max(part.real.shape[1] for part in parts)
        reserve = max(row.sampling.max_tokens for row in rows)
        pad = torch.nn.functional.pad
        self._real = torch.cat(
            [pad(part.real, (self.read - part.real.shape[1], reserve)) for part in parts]
        )
        self._cache: DynamicCache = slab_cache(
            [
                (_stack([part.layers[n][0] for part in parts], self.read, reserve),
                 _stack([part.layers[n][1] for part in parts], self.read, reserve))
                for n in range(len(parts[0].layers))
            ],
            self.read,
        )  # fmt: skip
        self._place = self._real.sum(1)

    def keep(self, slots: Sequence[int]) -> None:
        """Drop all rows but those in these places."""
        if len(slots) == len(self.rows):
            return
        select = torch.tensor(slots, dtype=torch.long, device=self._real.device)
        for layer in self._cache.layers:
            layer.keep(select)
        self._real, self._place = self._real[select], self._place[select]
        self.rows = [self.rows[slot] for slot in slots]

    def part(self, slots: Sequence[int]) -> Part:
        """A copy of what was read for the rows in these places."""
        select = torch.tensor(slots, dtype=torch.long, device=self._real.device)
        layers = [
            (layer.slab_k[select, :, : self.read], layer.slab_v[select, :, : self.read])
            for layer in self._cache.layers
        ]
        return Part(layers, self._real[select, : self.read])

    def feed(self, base: Base, tokens: torch.Tensor) -> torch.Tensor:
        """Read `tokens` (rows, columns), all real; returns the last hidden states (rows, columns,
        size)."""
        count = tokens.shape[1]
        start, self.read = self.read, self.read + count
        if self.read > self._real.shape[1]:
            self._real = torch.nn.functional.pad(self._real, (0, self.read - self._real.shape[1]))
        self._real[:, start : self.read] = True
        seen = self._real[:, None, None, : self.read]
        if count > 1:
            own = torch.ones(count, count, dtype=torch.bool, device=tokens.device).tril()
            before = torch.ones(count, start, dtype=torch.bool, device=tokens.device)
            seen = seen & torch.cat([before, own], 1)
        position = self._place[:, None] + torch.arange(count, device=tokens.device)
        self._place = self._place + count
        hidden: torch.Tensor = base.decode(
            tokens, attention_mask=seen, position_ids=position, cache=self._cache
        )
        return hidden

    def unread(self, counts: Sequence[int]) -> None:
        """Take back the last so many columns of each row, as if they had not been read."""
        back = torch.tensor(counts, device=self._real.device)
        columns = torch.arange(self._real.shape[1], device=self._real.device)
        self._real &= columns < self.read - back[:, None]
        self._place = self._place - back


def _stack(tensors: list[torch.Tensor], width: int, reserve: int) -> torch.Tensor:
    """Right-align on `width` columns and leave `reserve` empty ones."""
    return torch.cat(
        [torch.nn.functional.pad(t, (0, 0, width - t.shape[-2], reserve)) for t in tensors]
    )
