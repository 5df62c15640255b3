"""What the rest of sealmate may ask of a language model.

Two bodies exist: `sealmate.model.local.LocalModel` (transformers in 4-bit NF4) and
`sealmate.model.scripted.ScriptedModel` (a queue of answers, for tests of everything that is
not the model). This module knows nothing about torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp
from pathlib import Path
from threading import Event as Flag
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """One chat message; `role` is system, user or assistant."""

    role: str
    content: str


Prompt = tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to decode. `temperature` 0 is greedy; `max_tokens` counts new tokens.

    `rather_than` is a reply to be avoided, an abstention say: the completion is the best other
    one, and tells how likely the avoided one was. `one_line` ends the answer with its line.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 128
    seed: int = 0
    rather_than: str = ""
    one_line: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt, answered `samples` times.

    Consecutive requests with a long common beginning share one prefill. `opening` is text the
    answer already begins with (it is not repeated in the completion). `drafts` are texts that the
    answer may turn out to be: it is sooner there where it is one, and the same in any case.
    """

    prompt: Prompt
    samples: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    opening: str = ""
    drafts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer. `logprobs` has one natural-log probability per token of the answer, with the
    end-of-turn token included when it was reached (`finished`). `rival` is the natural-log
    probability with which the reply that was to be avoided began, None if there was none."""

    text: str
    logprobs: tuple[float, ...] = ()
    finished: bool = True
    rival: float | None = None

    @property
    def confidence(self) -> float:
        """How sure the model is, 0..1 (0 for no tokens).

        Beside a rival: the answer's share of the probability of the two, so that 0.5 is where
        greedy decoding turns from one to the other. Else the geometric mean of the answer's
        token probabilities.
        """
        if not self.logprobs:
            return 0.0
        if self.rival is not None:
            return 1.0 / (1.0 + exp(min(700.0, self.rival - sum(self.logprobs))))
        return exp(sum(self.logprobs) / len(self.logprobs))


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a version must match to be loaded. All hashes are SHA-256 hex digests.

    `fingerprint` covers the base weights and, where one stands under the memory, the writer
    adapter's hash (`writer_sha256`, empty for none). `reader_sha256` is that of the adapter that
    reads, on which no memory stands. `environment` names what else decides the
    last bits of a logit: releases of libraries, the processor, the number of threads.
    """

    id: str
    folder: Path
    fingerprint: str
    tokenizer_sha256: str
    template_sha256: str
    writer_sha256: str
    quantization: str
    device: str
    compute_dtype: str
    layers: int
    context: int
    environment: str = ""
    reader_sha256: str = ""


class LanguageModel(Protocol):
    """A chat model that can hold several named memory adapters.

    `adapter` names one attached with `attach`; None answers without any memory.
    """

    @property
    def info(self) -> ModelInfo:
        """Identity and shape."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of plain `text`, without specials."""
        ...

    def prompt_tokens(self, prompt: Prompt) -> int:
        """Tokens of a rendered prompt with the assistant's opening."""
        ...

    def attach(self, name: str, folder: Path) -> None:
        """Load the peft adapter of `folder` under `name`. Raises VersionError."""
        ...

    def detach(self, name: str) -> None:
        """Forget a named adapter; unknown names are ignored."""
        ...

    @property
    def attached(self) -> tuple[str, ...]:
        """Names of the attached adapters."""
        ...

    @property
    def reader(self) -> str | None:
        """The adapter with which it reads notes best, which is no memory; None: as it is."""
        ...

    def group(self, name: str, parts: Sequence[str]) -> None:
        """Let `name` stand for several attached adapters, until it is detached."""
        ...

    def parts(self, name: str) -> tuple[str, ...]:
        """The adapters that `name` stands for: itself, unless it was grouped."""
        ...

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        """For each word the `most` of `others` that mean alike, and how much (cosine, -1..1,
        `least` or more). No adapter has a say in it."""
        ...

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        """For each request its `samples` completions, in order. Raises Cancelled."""
        ...

    def stream(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        adapter: str | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[str]:
        """Pieces of one answer as they are decoded; stops early, without error, on `cancel`."""
        ...

    def mean_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Mean loss, in nats per answer token, of each (prompt, answer)."""
        ...

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Loss of each whole answer, in nats: how unlikely it is after its prompt."""
        ...

    def divergence(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Mean KL(without memory || with `adapter`), in nats per answer token, of each pair."""
        ...

    def fingerprint_logits(self, *, adapter: str | None = None) -> tuple[float, ...]:
        """A few logits of a fixed prompt: equal before and after means the same weights."""
        ...
