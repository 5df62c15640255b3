"""Which requests are decoded together: those with a common beginning, as many as memory takes.

Each row of a batch holds keys and values for as many columns as the widest of them may come to
have, from its first step on. How requests are grouped decides how fast they are answered and not
what is said: each row draws from its own generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import torch

from sealmate.model.base import Base
from sealmate.model.memory import available_bytes
from sealmate.model.template import common_prefix

# Of the free memory: what was read is held a second time while a batch is put together, and the
# layers' own results need room as well.
SHARE = 0.5

Sample = tuple[int, int]  # a request's place, and which of its samples
Family = list[Sample]  # in order, of requests with a common beginning
Group = list[Family]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of each request the tokens of its prompt, the most tokens of an answer, and the rows that a
    sample takes."""

    prompts: Sequence[int]
    limits: Sequence[int]
    rows: Sequence[int]

    def columns(self, group: Group) -> int:
        """Columns of keys and values that a group holds, of all its rows together."""
        samples = [request for family in group for request, _ in family]
        asked = {*samples}
        width = max(self.prompts[n] for n in asked) + max(self.limits[n] for n in asked)
        return width * sum(self.rows[n] for n in samples)


def column_bytes(base: Base) -> int:
    """Bytes of the keys and values of one token in one row, all layers together."""
    config: Any = base.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return 2 * int(config.num_hidden_layers) * int(heads) * int(size) * base.dtype.itemsize


def free_bytes(device: torch.device) -> int | None:
    """Memory that tensors on `device` can have; None where nobody says."""
    if device.type != "cuda":
        return available_bytes()
    free, _ = torch.cuda.mem_get_info(device)
    # what torch keeps for itself of what was freed, the driver counts as taken
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def room_now(base: Base) -> float:
    """Columns that a batch may hold by the memory that is free now; infinite where that cannot be
    told, and what does not fit is found out then."""
    free = free_bytes(base.device)
    try:
        return inf if free is None else SHARE * free / column_bytes(base)
    except (AttributeError, TypeError):
        return inf  # layers that are not all alike have no one size


def families(prompts: Sequence[Sequence[int]]) -> list[tuple[list[int], int]]:
    """Runs of prompts that share most of their beginning, by their places, and how much of it all
    of a run share (less than its shortest has)."""
    runs: list[list[int]] = []
    for index, prompt in enumerate(prompts):
        if runs:
            head = prompts[runs[-1][0]]
            shared = common_prefix([head, prompt])
            if shared >= 16 and shared * 2 >= min(len(head), len(prompt)) and len(runs[-1]) < 48:
                runs[-1].append(index)
                continue
        runs.append([index])
    return [(run, common_prefix([prompts[i] for i in run])) for run in runs]


def groups(
    kin: Sequence[Family], sizes: Sizes, batch: int, room: int, columns: float
) -> list[Group]:
    """Families gathered to batches: more than `batch` rows, or `room` rows x columns with half of
    the answers' limits counted, are no quicker; more than `columns` do not fit."""
    made: list[Group] = []
    rows = widest = 0
    for family in sorted(kin, key=lambda family: max(sizes.prompts[n] for n, _ in family)):
        count = sum(sizes.rows[n] for n, _ in family)
        width = max(sizes.prompts[n] + sizes.limits[n] // 2 for n, _ in family)
        full = rows + count > batch or (rows + count) * max(widest, width) > room
        if not made or full or sizes.columns([*made[-1], family]) > columns:
            made.append([])
            rows = widest = 0
        made[-1].append(family)
        rows, widest = rows + count, max(widest, width)
    return made


def halves(group: Group) -> list[Group]:
    """The first half of a group's samples and the others, each with its own of the families."""
    left = sum(map(len, group)) // 2
    first: Group = []
    others: Group = []
    for family in group:
        head, tail = family[:left], family[left:]
        left -= len(head)
        first += [head] if head else []
        others += [tail] if tail else []
    return [first, others]


def decode_in_room(
    gathered: Sequence[Group], sizes: Sizes, columns: float, decode: Callable[[Group], None]
) -> None:
    """Decode each group, in parts that hold no more than `columns`.

    Where memory runs out all the same, that group and those after it have half of the room it
    took, down to one sample at a time. Raises torch.OutOfMemoryError where not even that fits.
    """
    waiting = [*reversed(gathered)]
    while waiting:
        group = waiting.pop()
        if _alone(group) or sizes.columns(group) <= columns:
            if _fits(decode, group):
                continue
            columns = sizes.columns(group) / 2
        waiting += reversed(halves(group))


def _alone(group: Group) -> bool:
    return sum(map(len, group)) == 1


def _fits(decode: Callable[[Group], None], group: Group) -> bool:
    try:
        decode(group)
    except torch.OutOfMemoryError:
        if _alone(group):
            raise
    else:
        return True
    # by now the error is gone, and with it what its frames held on to
    torch.cuda.empty_cache()
    return False
