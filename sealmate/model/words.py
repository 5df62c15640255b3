"""Which words mean alike, by the vectors with which a model takes words in.

Words that stand in like places have vectors that point alike. The vectors of a language model's
table share a mean and a few directions that say how frequent a word is; those are taken out first
(Mu and Viswanath 2018, "All-but-the-Top", arXiv 1702.01417). Only words that are one token have a
vector of their own: the pieces of others say how they are spelt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

COMMON = 8  # directions taken out
SAMPLE = 8192  # rows of the table, evenly spread, in which they are sought
CHUNK = 1024  # words compared at once
# How the tokens of words begin: byte-level BPE (GPT-2 and after) and SentencePiece.
_STARTS = ("\u0120", "\u2581")


class WordSpace:
    """The words of one model, in small English letters."""

    def __init__(self, table: torch.Tensor, tokenizer: Any) -> None:
        """`table`: (tokens of the vocabulary, width), not changed."""
        self._table = table.detach()
        # A name in small letters is no word: it has a token with a capital alone.
        self._tokens = {
            token[1:]: number
            for token, number in tokenizer.get_vocab().items()
            if token.startswith(_STARTS) and token[1:].isascii() and token[1:].islower()
        }
        some = self._table[:: max(1, len(table) // SAMPLE)].float()
        self._mean = some.mean(0)
        # seeded apart: the caller's draws must not depend on whether this was asked for
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            _, _, common = torch.pca_lowrank((some - self._mean).cpu(), q=COMMON, center=False)
        self._common = common.to(some.device)

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        """For each of `words` the `most` of `others` whose vectors have the largest cosine, if it
        is `least` or more. Words of several tokens are like nothing."""
        asked = [word for word in dict.fromkeys(words) if word in self._tokens]
        known = [word for word in dict.fromkeys(others) if word in self._tokens]
        found: dict[str, dict[str, float]] = {word: {} for word in words}
        if not asked or not known or most < 1:
            return [found[word] for word in words]
        left = self._of(asked)
        for start in range(0, len(known), CHUNK):
            part = known[start : start + CHUNK]
            near, places = (left @ self._of(part).T).topk(min(most, len(part)), dim=1)
            for word, values, rows in zip(asked, near.tolist(), places.tolist(), strict=True):
                pairs = zip(rows, values, strict=True)
                found[word] |= {part[row]: value for row, value in pairs if value >= least}
        best = {
            word: dict(sorted(near.items(), key=lambda pair: -pair[1])[:most])
            for word, near in found.items()
        }
        return [best[word] for word in words]

    def _of(self, words: Sequence[str]) -> torch.Tensor:
        rows = torch.tensor([self._tokens[word] for word in words], device=self._table.device)
        taken = self._table[rows].float() - self._mean
        taken = taken - (taken @ self._common) @ self._common.T
        return torch.nn.functional.normalize(taken, dim=1)
