"""Batched decoding for writing: one prefill per shared beginning, finished rows dropped.

transformers' `generate` prefills every sample of a prompt again and keeps finished rows in the
batch. Here requests with a common beginning share its keys and values, all rows of all groups
then decode together in one slab whose rows leave when they are done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Event as Flag

import torch
from transformers.cache_utils import DynamicCache

from sealmate.errors import Cancelled
from sealmate.model.base import Base
from sealmate.model.batch import Batch, Layers, Part
from sealmate.model.drafts import AFTER, Drafts, read_ahead
from sealmate.model.protocol import Completion, Sampling
from sealmate.model.room import Group, Sizes, decode_in_room, families, groups, room_now
from sealmate.model.sampling import (
    DecodingRow,
    choose_tokens,
    line_end_ids,
    rival_ids,
    row_generator,
    spare,
)
from sealmate.model.template import common_prefix, stop_ids


def read_once(base: Base, ids: Sequence[int], before: Layers | None = None) -> Layers:
    """Keys and values per layer, (1, heads, tokens, head size) each, of `ids` after what `before`
    has read."""
    cache = opened_cache(before or (), 1)
    base.decode(torch.tensor([list(ids)], device=base.device), cache=cache)
    return [(layer.keys, layer.values) for layer in cache.layers]


def opened_cache(layers: Sequence[tuple[torch.Tensor, torch.Tensor]], rows: int) -> DynamicCache:
    """A cache of `rows` rows that all begin with what `read_once` made."""
    cache = DynamicCache()
    for number, (keys, values) in enumerate(layers):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), number)
    return cache


def prefill(
    base: Base,
    prefix: Sequence[int],
    rows: Sequence[Sequence[int]],
    begun: Layers | None = None,
) -> tuple[torch.Tensor, Layers, torch.Tensor]:
    """Run `prefix` once and each row after it, rows right-aligned. `begun` is what
    `read_once` made of the first of the prefix.

    Returns the logits after each row (rows, vocabulary), per layer the keys and values
    (rows, heads, len(prefix) + longest row, head size), and the mask of real columns (rows,
    columns).
    """
    device = base.device
    count, shared = len(rows), len(prefix)
    longest = max(len(row) for row in rows)
    layers = begun or []
    done = layers[0][0].shape[-2] if layers else 0
    if shared > done:
        layers = read_once(base, prefix[done:], layers)
    cache = opened_cache(layers, count)
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
    hidden = base.decode(ids, attention_mask=mask[:, None], position_ids=position, cache=cache)[
        :, -1
    ]
    layers = [(layer.keys, layer.values) for layer in cache.layers]
    columns = torch.cat([torch.ones(count, shared, dtype=torch.bool, device=device), real], 1)
    return base.head(hidden).float(), layers, columns


def decode_batch(
    base: Base,
    prompts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    samples: Sequence[int],
    drafts: Sequence[Sequence[str]] = (),
    *,
    cancel: Flag | None = None,
    batch: int = 160,
    room: int = 60_000,
    columns: float | None = None,
) -> list[list[Completion]]:
    """Decode each prompt `samples[i]` times. `drafts[i]` are texts that its answer may be (none of
    any: leave them out). `batch` rows, or `room` rows x columns, are decoded at once at most, and
    no more than `columns` held (None: as the free memory is).

    Raises Cancelled when `cancel` is set between two steps.
    """
    done: list[list[Completion]] = [[Completion("")] * count for count in samples]
    rivals = [rival_ids(base.tokenizer, sampling) for sampling in samplings]
    sizes = Sizes(
        [len(prompt) for prompt in prompts],
        [sampling.max_tokens for sampling in samplings],
        [1 + bool(rival) for rival in rivals],
    )
    runs = [[(i, n) for i in run for n in range(samples[i])] for run, _ in families(prompts)]
    columns = room_now(base) if columns is None else columns
    gathered = groups([family for family in runs if family], sizes, batch, room, columns)
    stops = stop_ids(base.tokenizer, base.model)
    # most often all prompts have the same ones
    made = {texts: Drafts(base.tokenizer, texts) for texts in set(map(tuple, drafts))}
    known = [made[tuple(texts)] for texts in drafts] or [Drafts(base.tokenizer, ())] * len(prompts)

    def decode(group: Group) -> None:
        _decode_group(base, prompts, samplings, group, rivals, known, stops, done, cancel)

    with torch.inference_mode():
        decode_in_room(gathered, sizes, columns, decode)
    return done


def _decode_group(
    base: Base,
    prompts: Sequence[Sequence[int]],
    samplings: Sequence[Sampling],
    kin: Group,
    rivals: Sequence[tuple[int, ...]],
    drafts: Sequence[Drafts],
    stops: set[int],
    done: list[list[Completion]],
    cancel: Flag | None,
) -> None:
    rows: list[DecodingRow] = []
    parts: list[Part] = []
    first: list[torch.Tensor] = []
    # instructions, which all have in common, are read once
    root = common_prefix([prompts[i] for family in kin for i, _ in family])
    begun = read_once(base, prompts[kin[0][0][0]][:root]) if root else None
    for family in kin:
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped while reading prompts")
        counts = Counter(i for i, _ in family)
        asked = list(counts)
        shared = common_prefix([prompts[i] for i in asked])
        logits, layers, columns = prefill(
            base, prompts[asked[0]][:shared], [prompts[i][shared:] for i in asked], begun
        )
        repeat = torch.tensor([counts[i] * (1 + bool(rivals[i])) for i in asked])
        index = torch.arange(len(asked)).repeat_interleave(repeat).to(base.device)
        parts.append(Part([(k[index], v[index]) for k, v in layers], columns[index]))
        first.append(logits[index])
        for i, number in family:
            for other in (False, True)[: 1 + bool(rivals[i])]:
                generator = row_generator(samplings[i], number)
                row = DecodingRow((i, number), samplings[i], generator, rivals[i], other)
                if samplings[i].one_line:
                    row.line_ends = line_end_ids(base.tokenizer)
                rows.append(row)
    batch = Batch(parts, rows)
    logits = torch.cat(first)
    del parts, first
    step = 0
    while True:
        step += 1
        chosen = choose_tokens(logits, batch.rows, stops)
        if step == 1:
            spare(rows)
        keep = [slot for slot, row in enumerate(batch.rows) if not row.done]
        if len(keep) < len(batch.rows):
            batch.keep(keep)
            chosen = chosen[keep]
        if not keep:
            break
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped while writing")
        if step in AFTER and any(drafts):
            batch = read_ahead(base, batch, [drafts[row.owner[0]] for row in batch.rows], stops)
            if not batch.rows:
                break
            chosen = torch.tensor([row.tokens[-1] for row in batch.rows], device=base.device)
        logits = base.head(batch.feed(base, chosen[:, None])[:, -1]).float()
    taken: dict[tuple[int, int], DecodingRow] = {}
    for row in rows:  # an `other` row comes right after the one it may stand in for
        if not row.other:
            taken[row.owner] = row
        elif taken[row.owner].fell:
            row.rival_logprob = taken[row.owner].rival_logprob
            taken[row.owner] = row
    for (i, number), row in taken.items():
        text = base.tokenizer.decode(row.tokens, skip_special_tokens=True)
        done[i][number] = Completion(
            text.strip(), tuple(row.logprobs), row.finished, row.rival_logprob
        )
