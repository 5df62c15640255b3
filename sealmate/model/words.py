"""Which words mean alike, by the vectors with which a model takes words in.

Words that stand in like places have vectors that point alike. The vectors of a language model's
table share a mean and a few directions that say how frequent a word is; those are taken out first
(Mu and Viswanath 2018, "All-but-the-Top", arXiv 1702.01417).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

COMMON = 8  # directions taken out
SAMPLE = 8192  # rows of the table, evenly spread, in which they are sought
CHUNK = 4096  # words made into vectors at once


class WordSpace:
    """The words of one model; vectors once made are kept."""

    def __init__(self, table: torch.Tensor, tokenizer: Any) -> None:
        """`table`: (tokens of the vocabulary, width), not changed."""
        self._table = table.detach()
        self._tokenizer = tokenizer
        step = max(1, len(table) // SAMPLE)
        some = self._table[::step].float()
        self._mean = some.mean(0)
        # seeded apart: the caller's draws must not depend on whether this was asked for
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            _, _, common = torch.pca_lowrank((some - self._mean).cpu(), q=COMMON, center=False)
        self._common = common.to(some.device)
        self._places: dict[str, int] = {}
        self._vectors = torch.empty((0, self._table.shape[1]), dtype=torch.float16)

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float
    ) -> list[dict[str, float]]:
        """For each of `words` those of `others` whose vectors have a cosine of `least` or more."""
        if not words or not others:
            return [{} for _ in words]
        self._learn([*words, *others])
        near = self._of(words) @ self._of(others).T
        return [
            {others[n]: float(row[n]) for n in (row >= least).nonzero().flatten().tolist()}
            for row in near
        ]

    def _of(self, words: Sequence[str]) -> torch.Tensor:
        return self._vectors[[self._places[word] for word in words]].float()

    def _learn(self, words: Sequence[str]) -> None:
        new = [word for word in dict.fromkeys(words) if word not in self._places]
        for start in range(0, len(new), CHUNK):
            part = new[start : start + CHUNK]
            made = self._mean_of([f" {word}" for word in part])
            made += self._mean_of([f" {word.capitalize()}" for word in part])
            made = torch.nn.functional.normalize(made, dim=1).to("cpu", torch.float16)
            first = len(self._places)
            self._places.update((word, first + n) for n, word in enumerate(part))
            self._vectors = torch.cat([self._vectors, made])

    def _mean_of(self, texts: Sequence[str]) -> torch.Tensor:
        """The mean vector of each text's tokens, (texts, width); zeros for a text without any."""
        ids = self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        sizes = torch.tensor([len(row) for row in ids], device=self._table.device)
        flat = torch.tensor(
            [token for row in ids for token in row], dtype=torch.long, device=self._table.device
        )
        taken = self._table[flat].float() - self._mean
        taken = taken - (taken @ self._common) @ self._common.T
        rows = torch.repeat_interleave(torch.arange(len(ids), device=flat.device), sizes)
        summed = torch.zeros((len(ids), taken.shape[1]), device=taken.device)
        return summed.index_add_(0, rows, taken) / sizes.clamp(min=1)[:, None]
