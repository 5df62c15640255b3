"""The local body of `LanguageModel`: any causal model of transformers, in 4-bit NF4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import RLock
from typing import Any

import torch

from sealmate.errors import ModelError, VersionError
from sealmate.model.adapters import AdapterRack
from sealmate.model.base import Base, environment, load_base
from sealmate.model.batch import Batch, Part
from sealmate.model.decoding import decode_batch, opened_cache, prefill, read_once
from sealmate.model.protocol import Completion, ModelInfo, Prompt, Request, Sampling, Turn
from sealmate.model.room import families
from sealmate.model.sampling import DecodingRow, choose_tokens, row_generator
from sealmate.model.template import answer_ids, render, stop_ids
from sealmate.model.words import WordSpace

_SIDE_BY_SIDE = 3072  # tokens of sequences that are read at once, what fills them up included
_FIXED = (Turn("user", "Name three things that one finds in a kitchen."),)


class LocalModel:
    """A loaded base with its adapters. Calls are serialised, so a thread may use it safely."""

    def __init__(self, base: Base, model_id: str, folder: Path, reader: Path | None = None) -> None:
        self.base = base
        self.rack = AdapterRack(base, reader)
        self._id, self._folder = model_id, folder
        self._lock = RLock()
        self._words: WordSpace | None = None

    @classmethod
    def open(
        cls,
        model_id: str,
        folder: Path,
        *,
        device: str = "auto",
        threads: int = 0,
        writer: Path | None = None,
        reader: Path | None = None,
        compute_cache: Path | None = None,
    ) -> LocalModel:
        """Load the model in `folder`, on the adapter `writer` if given, with `reader` beside it.

        Raises ModelError.
        """
        base = load_base(
            folder, device=device, threads=threads, writer=writer, compute_cache=compute_cache
        )
        try:
            return cls(base, model_id, folder, reader)
        except VersionError as error:
            raise ModelError(
                f"an adapter that came with sealmate cannot be used: {error.message}",
                "install sealmate again",
            ) from error

    @property
    def info(self) -> ModelInfo:
        """Identity and shape."""
        # that of the text where the model reads more than that
        config = self.base.model.config.get_text_config()
        return ModelInfo(
            id=self._id,
            folder=self._folder,
            fingerprint=self.base.fingerprint,
            tokenizer_sha256=self.base.tokenizer_sha256,
            template_sha256=self.base.template_sha256,
            writer_sha256=self.base.writer_sha256,
            quantization="nf4+double",
            device=self.base.device.type,
            compute_dtype=str(self.base.dtype).removeprefix("torch."),
            layers=int(config.num_hidden_layers),
            context=int(getattr(config, "max_position_embeddings", 4096)),
            environment=environment(self.base),
            reader_sha256=self.rack.reader_sha256,
        )

    def count_tokens(self, text: str) -> int:
        """Tokens of plain text."""
        return len(self.base.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_tokens(self, prompt: Prompt) -> int:
        """Tokens of a rendered prompt."""
        return len(render(self.base.tokenizer, prompt))

    def attach(self, name: str, folder: Path) -> None:
        """Load a memory adapter under `name`."""
        with self._lock:
            self.rack.attach(name, folder)

    def detach(self, name: str) -> None:
        """Free a memory adapter."""
        with self._lock:
            self.rack.detach(name)

    @property
    def attached(self) -> tuple[str, ...]:
        """Names of the attached memory adapters."""
        return self.rack.names

    @property
    def reader(self) -> str | None:
        """The adapter for reading notes, if it was opened with one."""
        return self.rack.reader

    def group(self, name: str, parts: Sequence[str]) -> None:
        """Let `name` stand for several attached adapters."""
        self.rack.group(name, parts)

    def parts(self, name: str) -> tuple[str, ...]:
        """The adapters that `name` stands for."""
        return self.rack.parts(name)

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        """Words that mean alike, by the table with which the base takes words in."""
        with self._lock, torch.inference_mode():
            if self._words is None:
                table = self.base.model.get_input_embeddings().weight
                self._words = WordSpace(table, self.base.tokenizer)
            return self._words.alike(words, others, least, most)

    def autocast(self) -> Any:
        """As `Base.autocast`."""
        return self.base.autocast()

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        """Completions of each request, in order."""
        prompts = [render(self.base.tokenizer, r.prompt, r.opening) for r in requests]
        with self._lock, self.rack.use(adapter), self.autocast():
            return decode_batch(
                self.base,
                prompts,
                [r.sampling for r in requests],
                [r.samples for r in requests],
                [r.drafts for r in requests],
                cancel=cancel,
            )

    def stream(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        adapter: str | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[str]:
        """Pieces of text; a piece is held back while its last character is incomplete."""
        base, tokenizer = self.base, self.base.tokenizer
        ids = render(tokenizer, prompt)
        stops = stop_ids(tokenizer, base.model)
        row = DecodingRow((0, 0), sampling, row_generator(sampling, 0))
        shown = ""
        with self._lock, self.rack.use(adapter):
            # torch's modes belong to the thread: left on at a yield, the reader would be in them
            with self.autocast(), torch.inference_mode():
                logits, layers, columns = prefill(base, [], [ids])
                batch = Batch([Part(layers, columns)], [row])
            while True:
                with torch.inference_mode():
                    chosen = choose_tokens(logits, [row], stops)
                text = tokenizer.decode(row.tokens, skip_special_tokens=True)
                if len(text) > len(shown) and (row.done or not text.endswith("�")):
                    yield text[len(shown) :]
                    shown = text
                if row.done or (cancel is not None and cancel.is_set()):
                    return
                with self.autocast(), torch.inference_mode():
                    logits = base.head(batch.feed(base, chosen[:, None])[:, -1]).float()

    def mean_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Mean loss in nats per answer token of each pair."""
        return self._losses(pairs, adapter, "mean")

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Loss in nats of each pair's whole answer."""
        return self._losses(pairs, adapter, "sum")

    def _losses(
        self, pairs: Sequence[tuple[Prompt, str]], adapter: str | None, over: str
    ) -> list[float]:
        rows = [
            (render(self.base.tokenizer, prompt), answer_ids(self.base.tokenizer, prompt, answer))
            for prompt, answer in pairs
        ]
        losses = [0.0] * len(rows)
        with self._lock, self.rack.use(adapter), self.autocast(), torch.inference_mode():
            for places, shared in _side_by_side(rows):
                several = self._losses_of([rows[n] for n in places], over, shared)
                for n, loss in zip(places, several, strict=True):
                    losses[n] = loss
        return losses

    def _losses_of(
        self, rows: Sequence[tuple[list[int], list[int]]], over: str, shared: int
    ) -> Iterator[float]:
        """Side by side after the `shared` tokens that all begin with: what fills up the shorter
        ones comes after all that counts."""
        width = max(len(before) + len(after) for before, after in rows) - shared
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        for n, (before, after) in enumerate(rows):
            own = (before + after)[shared:]
            ids[n, : len(own)] = torch.tensor(own)
        ids = ids.to(self.base.device)
        if shared:
            cache = opened_cache(read_once(self.base, rows[0][0][:shared]), len(rows))
            hidden = self.base.decode(ids, cache=cache)
        else:
            hidden = self.base.decoder(ids, use_cache=False).last_hidden_state
        for n, (before, after) in enumerate(rows):
            last = len(before) - shared
            there = hidden[n, last - 1 : last + len(after) - 1]
            wanted = torch.tensor(after, device=self.base.device)
            logits = self.base.head(there).float()
            yield float(torch.nn.functional.cross_entropy(logits, wanted, reduction=over))

    def divergence(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        """Mean KL(without memory || with `adapter`) in nats per answer token of each pair."""
        moved = []
        with self._lock, self.autocast(), torch.inference_mode():
            for prompt, answer in pairs:
                with self.rack.use(None):
                    before = self._forced(prompt, answer)[0].log_softmax(-1)
                with self.rack.use(adapter):
                    after = self._forced(prompt, answer)[0].log_softmax(-1)
                moved.append(float((before.exp() * (before - after)).sum(-1).mean()))
        return moved

    def _forced(self, prompt: Prompt, answer: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (tokens, vocabulary) at each token of a given answer, and its tokens."""
        before = render(self.base.tokenizer, prompt)
        target = answer_ids(self.base.tokenizer, prompt, answer)
        ids = torch.tensor([before + target], device=self.base.device)
        hidden = self.base.decoder(ids, use_cache=False).last_hidden_state[0]
        logits = self.base.head(hidden[len(before) - 1 : -1]).float()
        return logits, torch.tensor(target, device=self.base.device)

    def fingerprint_logits(self, *, adapter: str | None = None) -> tuple[float, ...]:
        """Eight logits after a fixed prompt, spread over the vocabulary."""
        ids = render(self.base.tokenizer, _FIXED)
        # with gradients the weights themselves are multiplied, not their copies in blocks
        with self._lock, self.rack.use(adapter), self.autocast(), torch.enable_grad():
            out = self.base.decoder(torch.tensor([ids], device=self.base.device), use_cache=False)
            logits = self.base.head(out.last_hidden_state[0, -1]).detach().float()
        step = max(1, logits.shape[0] // 8)
        return tuple(float(value) for value in logits[::step][:8])


def _side_by_side(
    rows: Sequence[tuple[list[int], list[int]]],
) -> Iterator[tuple[list[int], int]]:
    """Places of sequences to be read at once, no more than _SIDE_BY_SIDE tokens, and how many
    tokens they all begin with: neighbours with much in common, of the others like lengths."""
    alone: list[int] = []
    for family, shared in families([before for before, _ in rows]):
        if len(family) == 1:
            alone += family
        else:
            for places in _batched(family, [sum(map(len, row)) - shared for row in rows]):
                yield places, shared
    for places in _batched(alone, [sum(map(len, row)) for row in rows]):
        yield places, 0


def _batched(places: Sequence[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Of `places` those of like sizes, together no more than _SIDE_BY_SIDE."""
    batch: list[int] = []
    for place in sorted(places, key=sizes.__getitem__):
        if batch and sizes[place] * (len(batch) + 1) > _SIDE_BY_SIDE:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
