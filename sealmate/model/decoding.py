"""Batched decoding for writing: one prefill per shared beginning, finished rows dropped.

transformers' `generate` prefills every sample of a prompt again and keeps finished rows in the
batch. Here requests with a common beginning share its keys and values, all rows of all groups
then decode together in one slab whose rows leave when they are done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event as Flag

import torch
from transformers.cache_utils import DynamicCache

from sealmate.errors import Cancelled
from sealmate.model.base import Base
from sealmate.model.protocol import Completion, Sampling
from sealmate.model.slab import slab_cache
from sealmate.model.template import common_prefix, stop_ids


def prefill(
    base: Base, prefix: Sequence[int], rows: Sequence[Sequence[int]]
) -> tuple[torch.Tensor, list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
    """Run `prefix` once and each row after it, rows right-aligned.

    Returns the logits after each row (rows, vocabulary), per layer the keys and values
    (rows, heads, len(prefix) + longest row, head size), and the mask of real columns (rows,
    columns).
    """
    device = base.device
    count, shared = len(rows), len(prefix)
    longest = max(len(row) for row in rows)
    layers: list[tuple[torch.Tensor, torch.Tensor]] = []
    cache = DynamicCache()
    if shared:
        base.decoder(
            torch.tensor([list(prefix)], device=device), past_key_values=cache, use_cache=True
        )
        for layer in cache.layers:
            layer.keys = layer.keys.expand(count, -1, -1, -1)
            layer.values = layer.values.expand(count, -1, -1, -1)
    ids = torch.zeros(count, longest, dtype=torch.long, device=device)
    real = torch.zeros(count, longest, dtype=torch.bool, device=device)
    for index, row in enumerate(rows):
        ids[index, longest - len(row) :] = torch.tensor(list(row), device=device)
        real[index, longest - len(row) :] = True
    position = (real.cumsum(1) - 1).clamp(min=0) + shared
    causal = torch.ones(longest, longest, dtype=torch.bool, device=device).tril()
    own = causal[None] & real[:, None, :]
    # a padded column must attend to something or its softmax is NaN; nobody reads it
    own |= torch.eye(longest, dtype=torch.bool, device=device)[None]
    mask = torch.cat([torch.ones(count, longest, shared, dtype=torch.bool, device=device), own], 2)
    hidden = base.decoder(
        ids,
        attention_mask=mask[:, None],
        position_ids=position,
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state[:, -1]
    layers = [(layer.keys, layer.values) for layer in cache.layers]
    columns = torch.cat([torch.ones(count, shared, dtype=torch.bool, device=device), real], 1)
    return base.head(hidden).float(), layers, columns


@dataclass(slots=True)
class DecodingRow:
    """One answer in the making. `owner` is (request, sample); `generator` is None if greedy."""

    owner: tuple[int, int]
    sampling: Sampling
    generator: torch.Generator | None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finished: bool = False
    stuck: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing follows: ended, gone round in circles, or at its limit."""
        return self.finished or self.stuck or len(self.tokens) >= self.sampling.max_tokens


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


def decode_batch(
    base: Base,
    prompts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    samples: Sequence[int],
    *,
    cancel: Flag | None = None,
    batch: int = 160,
    room: int = 60_000,
) -> list[list[Completion]]:
    """Decode each prompt `samples[i]` times. `room` bounds rows x columns held at once.

    Raises Cancelled when `cancel` is set between two steps.
    """
    done: list[list[Completion]] = [[Completion("")] * count for count in samples]
    groups = _groups(prompts, samples, batch, room, samplings)
    stops = stop_ids(base.tokenizer, base.model)
    with torch.inference_mode():
        for group in groups:
            _decode_group(base, prompts, samplings, samples, group, stops, done, cancel)
    return done


def _groups(
    prompts: Sequence[Sequence[int]],
    samples: Sequence[int],
    batch: int,
    room: int,
    samplings: Sequence[Sampling],
) -> list[list[list[int]]]:
    """Batches of families; a family is a run of prompts that share most of their beginning."""
    families: list[list[int]] = []
    for index, prompt in enumerate(prompts):
        if families:
            head = prompts[families[-1][0]]
            shared = common_prefix([head, prompt])
            if (
                shared >= 16
                and shared * 2 >= min(len(head), len(prompt))
                and len(families[-1]) < 48
            ):
                families[-1].append(index)
                continue
        families.append([index])
    families.sort(key=lambda family: max(len(prompts[i]) for i in family))
    batches: list[list[list[int]]] = []
    rows = widest = 0
    for family in families:
        count = sum(samples[i] for i in family)
        width = max(len(prompts[i]) + samplings[i].max_tokens // 2 for i in family)
        full = rows + count > batch or (rows + count) * max(widest, width) > room
        if not batches or (full and rows):
            batches.append([])
            rows = widest = 0
        batches[-1].append(family)
        rows, widest = rows + count, max(widest, width)
    return batches


def _decode_group(
    base: Base,
    prompts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    samples: Sequence[int],
    families: list[list[int]],
    stops: set[int],
    done: list[list[Completion]],
    cancel: Flag | None,
) -> None:
    rows: list[DecodingRow] = []
    parts = []
    for family in families:
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped while reading prompts")
        shared = common_prefix([prompts[i] for i in family])
        logits, layers, columns = prefill(
            base, prompts[family[0]][:shared], [prompts[i][shared:] for i in family]
        )
        repeat = torch.tensor([samples[i] for i in family])
        index = torch.arange(len(family)).repeat_interleave(repeat).to(base.device)
        parts.append((logits[index], [(k[index], v[index]) for k, v in layers], columns[index]))
        for i in family:
            for number in range(samples[i]):
                generator = row_generator(samplings[i], number)
                rows.append(DecodingRow((i, number), samplings[i], generator))
    width = max(part[2].shape[1] for part in parts)
    reserve = max(row.sampling.max_tokens for row in rows)
    columns = torch.cat(
        [torch.nn.functional.pad(part[2], (width - part[2].shape[1], reserve)) for part in parts]
    )
    cache = slab_cache(
        [
            (_stack([part[1][n][0] for part in parts], width, reserve),
             _stack([part[1][n][1] for part in parts], width, reserve))
            for n in range(len(parts[0][1]))
        ],
        width,
    )  # fmt: skip
    logits = torch.cat([part[0] for part in parts])
    del parts
    live = list(range(len(rows)))
    position = columns[:, :width].sum(1)
    while True:
        chosen = choose_tokens(logits, [rows[n] for n in live], stops)
        keep = [slot for slot, n in enumerate(live) if not rows[n].done]
        if not keep:
            break
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped while writing")
        if len(keep) < len(live):
            select = torch.tensor(keep, device=base.device)
            for layer in cache.layers:
                layer.keep(select)
            columns, position, chosen = columns[select], position[select], chosen[select]
            live = [live[slot] for slot in keep]
        columns[:, width] = True
        width += 1
        hidden = base.decoder(
            chosen[:, None],
            attention_mask=columns[:, None, None, :width],
            position_ids=position[:, None],
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        logits = base.head(hidden).float()
        position = position + 1
    for row in rows:
        text = base.tokenizer.decode(row.tokens, skip_special_tokens=True)
        i, number = row.owner
        done[i][number] = Completion(text.strip(), tuple(row.logprobs), row.finished)


def choose_tokens(logits: torch.Tensor, rows: list[DecodingRow], stops: set[int]) -> torch.Tensor:
    """The next token of each row: greedy, or from the 64 likeliest at the row's temperature.

    Each row draws from its own generator, so a row's text does not depend on its neighbours.
    """
    normal = torch.logsumexp(logits, -1)
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
        if token in stops:
            row.finished = True
        else:
            row.tokens.append(token)
            row.stuck = loops(row.tokens)
    return tokens


def _stack(tensors: list[torch.Tensor], width: int, reserve: int) -> torch.Tensor:
    """Right-align on `width` columns and leave `reserve` empty ones."""
    return torch.cat(
        [torch.nn.functional.pad(t, (0, 0, width - t.shape[-2], reserve)) for t in tensors]
    )


def row_generator(sampling: Sampling, number: int) -> torch.Generator | None:
    """Sample `number`'s own source of randomness; None for greedy decoding."""
    if sampling.temperature <= 0:
        return None
    return torch.Generator().manual_seed(sampling.seed * 1_000_003 + number)
