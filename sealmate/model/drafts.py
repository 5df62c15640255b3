"""Texts that an answer may turn out to be, read at once instead of word by word.

A token at a time, a step costs nearly what reading many tokens does. So where an answer has begun
like a text that it may be, all of that is read in one step, and as much of it is taken as would
have been said anyway (speculative decoding: Leviathan et al. 2023, arXiv 2211.17192; from texts at
hand: Yang et al. 2023, arXiv 2304.04487). It changes how fast something is said and not what.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch

from sealmate.model.base import Base
from sealmate.model.batch import Batch, Part
from sealmate.model.sampling import DecodingRow, choose_tokens

AFTER = (4, 12)  # tokens after which an answer is looked up: what began alike may part later
_LEAST = 4  # tokens that are worth a step of their own
_AT_ONCE = 2048  # tokens read in one step
_HEAD = 512  # of which so many have their logits at once


class Drafts:
    """Texts, and their tokens where they are needed."""

    def __init__(self, tokenizer: Any, texts: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._texts = sorted(set(texts))
        self._ids: dict[str, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._texts)

    def rest(self, row: DecodingRow) -> list[int]:
        """What follows in the first text that begins with the row's tokens; empty where none
        does."""
        if not row.tokens or row.sampling.temperature > 0:
            return []
        begun = self._tokenizer.decode(row.tokens, skip_special_tokens=True).strip()
        count = len(row.tokens)
        for text in islice(self._texts, bisect_left(self._texts, begun), None):
            if not text.startswith(begun):
                break
            ids = self._tokens(text)
            if ids[:count] == row.tokens:
                return ids[count : row.sampling.max_tokens]
        return []

    def _tokens(self, text: str) -> list[int]:
        if text not in self._ids:
            self._ids[text] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return self._ids[text]


def read_ahead(base: Base, batch: Batch, drafts: Sequence[Drafts], stops: set[int]) -> Batch:
    """The batch after all rows that have one have read their draft: without those that ended in
    it, the others as far as they agree with it. `drafts` are those of each row; each row's last
    token is yet to be read."""
    rests = [known.rest(row) for known, row in zip(drafts, batch.rows, strict=True)]
    able = [slot for slot, rest in enumerate(rests) if len(rest) >= _LEAST]
    if not able:
        return batch
    able.sort(key=lambda slot: len(rests[slot]))
    chunks: list[list[int]] = []
    for slot in able:
        if not chunks or (len(chunks[-1]) + 1) * (len(rests[slot]) + 1) > _AT_ONCE:
            chunks.append([])
        chunks[-1].append(slot)
    others = [slot for slot, rest in enumerate(rests) if len(rest) < _LEAST]
    parts: list[Part] = [batch.part(others)] if others else []
    rows = [batch.rows[slot] for slot in others]
    for chunk in chunks:
        some = Batch([batch.part(chunk)], [batch.rows[slot] for slot in chunk])
        _read(base, some, [rests[slot] for slot in chunk], stops)
        left = [slot for slot, row in enumerate(some.rows) if not row.done]
        if left:
            parts.append(some.part(left))
            rows += [some.rows[slot] for slot in left]
    if not rows:
        batch.keep([])
        return batch
    return Batch(parts, rows)


def _read(base: Base, batch: Batch, rests: Sequence[list[int]], stops: set[int]) -> None:
    longest = max(map(len, rests))
    lines = [
        [row.tokens[-1], *rest, *[0] * (longest - len(rest))]
        for row, rest in zip(batch.rows, rests, strict=True)
    ]
    hidden = batch.feed(base, torch.tensor(lines, device=base.device))
    agreed = [0] * len(rests)
    alive = list(range(len(rests)))
    at_once = max(1, _HEAD // len(rests))
    at = 0
    while alive:
        if at % at_once == 0:
            places = {slot: place for place, slot in enumerate(alive)}
            logits = base.head(hidden[alive, at : at + at_once]).float()
        select = torch.tensor([places[slot] for slot in alive], device=logits.device)
        rows = [batch.rows[slot] for slot in alive]
        chosen = choose_tokens(logits[select, at % at_once], rows, stops).tolist()
        going = []
        for slot, row, token in zip(alive, rows, chosen, strict=True):
            agreed[slot] = at + 1
            if not row.done and at < len(rests[slot]) and token == rests[slot][at]:
                going.append(slot)
        alive = going
        at += 1
    batch.unread([longest + 1 - count for count in agreed])
