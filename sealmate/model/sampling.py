"""One answer in the making, and how its next token is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch

from sealmate.model.protocol import Sampling


@dataclass(slots=True)
class DecodingRow:
    """One answer in the making. `owner` is (request, sample); `generator` is None if greedy.

    `rival` are the first tokens of a reply to be avoided and `rival_logprob` what they were
    worth; an `other` row may not begin with the first of them, and stands in for its neighbour
    where that one fell for the rival. `line_ends` are tokens that end it.
    """

    owner: tuple[int, int]
    sampling: Sampling
    generator: torch.Generator | None
    rival: tuple[int, ...] = ()
    other: bool = False
    rival_logprob: float | None = None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finished: bool = False
    stuck: bool = False
    line_ends: frozenset[int] = frozenset()

    @property
    def done(self) -> bool:
        """Whether nothing follows: ended, gone round in circles, or at its limit."""
        return self.finished or self.stuck or len(self.tokens) >= self.sampling.max_tokens

    @property
    def fell(self) -> bool:
        """Whether it is the reply that was to be avoided."""
        return bool(self.rival) and tuple(self.tokens[: len(self.rival)]) == self.rival

    def weigh(self, logits: torch.Tensor, normal: torch.Tensor) -> None:
        """Note in the logits (vocabulary,) of the next token what the rival is worth; an `other`
        row loses its first token. `normal` is their logsumexp."""
        at = len(self.tokens)
        if at >= len(self.rival) or tuple(self.tokens) != self.rival[:at]:
            return
        token = self.rival[at]
        self.rival_logprob = (self.rival_logprob or 0.0) + float(logits[token] - normal)
        if self.other:
            logits[token] = -torch.inf


def loops(tokens: Sequence[int], span: int = 14) -> bool:
    """Whether the last `span` tokens stood in the row before: a small model that repeats itself
    does so until its limit. Looked at every eighth token."""
    if len(tokens) % 8 or len(tokens) < 2 * span:
        return False
    tail = list(tokens[-span:])
    return any(
        list(tokens[at : at + span]) == tail
        for at in range(len(tokens) - span)
        if tokens[at] == tail[0]
    )


def choose_tokens(logits: torch.Tensor, rows: list[DecodingRow], stops: set[int]) -> torch.Tensor:
    """The next token of each row: greedy, or from the 64 likeliest at the row's temperature.

    Each row draws from its own generator, so a row's text does not depend on its neighbours.
    """
    normal = torch.logsumexp(logits, -1)
    for slot, row in enumerate(rows):
        if row.rival:
            row.weigh(logits[slot], normal[slot])
    heat = torch.tensor([max(row.sampling.temperature, 1e-6) for row in rows])
    top = torch.topk(logits, min(64, logits.shape[-1]))
    chances = torch.softmax(top.values.cpu() / heat[:, None], -1)
    order = top.indices.cpu()
    picked = []
    for slot, row in enumerate(rows):
        rank = 0
        if row.sampling.temperature > 0:
            chance = chances[slot]
            if row.sampling.top_p < 1:
                chance = chance.masked_fill(chance.cumsum(-1) - chance >= row.sampling.top_p, 0.0)
            rank = int(torch.multinomial(chance, 1, generator=row.generator))
        picked.append(int(order[slot, rank]))
    tokens = torch.tensor(picked, device=logits.device)
    logprobs = (logits.gather(1, tokens[:, None])[:, 0] - normal).tolist()
    for row, token, logprob in zip(rows, picked, logprobs, strict=True):
        row.logprobs.append(logprob)
        if token in stops or token in row.line_ends:
            row.finished = True
        else:
            row.tokens.append(token)
            row.stuck = loops(row.tokens)
    return tokens


def rival_ids(tokenizer: Any, sampling: Sampling) -> tuple[int, ...]:
    """The first two tokens of the reply to be avoided: one alone may begin a name as well."""
    if not sampling.rather_than:
        return ()
    ids = tokenizer(sampling.rather_than, add_special_tokens=False)["input_ids"]
    return tuple(ids[:2])


def line_end_ids(tokenizer: Any) -> frozenset[int]:
    """The tokens that a line ends with, alone or before an empty one."""
    ends = (tokenizer(f"a{end}", add_special_tokens=False)["input_ids"] for end in ("\n", "\n\n"))
    return frozenset(ids[-1] for ids in ends if len(ids) > 1)


def spare(rows: Sequence[DecodingRow]) -> None:
    """End the stand-ins of rows whose first token is not the rival's: they would say the same."""
    for row, after in pairwise(rows):
        if after.other and len(row.tokens) < 2 and row.tokens != list(row.rival[:1]):
            after.stuck = True


def row_generator(sampling: Sampling, number: int) -> torch.Generator | None:
    """Sample `number`'s own source of randomness; None for greedy decoding."""
    if sampling.temperature <= 0:
        return None
    return torch.Generator().manual_seed(sampling.seed * 1_000_003 + number)
