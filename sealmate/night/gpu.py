"""Waiting until nobody else needs the GPU."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from sealmate.errors import BusyError
from sealmate.events import Event, Note, Progress, Started
from sealmate.model.gpu import Gpu, gpus
from sealmate.night.budget import describe_seconds

STAGE = "wait for the GPU"
# A desktop draws with a few percent of its GPU and keeps a gigabyte or two of it.
BUSY = 0.10
LEAST_FREE = 0.5


def idle(found: Sequence[Gpu]) -> bool:
    """True if one of the GPUs computes next to nothing and has half its memory free, or if
    there is none to wait for."""
    return not found or any(
        gpu.busy <= BUSY and gpu.free_gib >= LEAST_FREE * gpu.total_gib for gpu in found
    )


def wait_until_idle(
    limit: float,
    cancel: threading.Event,
    *,
    look: Callable[[], Sequence[Gpu]] = gpus,
    every: float = 10.0,
    in_a_row: int = 3,
) -> Iterator[Event]:
    """Yield events until a GPU was idle at `in_a_row` looks, `every` seconds apart.

    Ends at once without a GPU, and quietly when `cancel` is set. Raises BusyError if all are
    still busy after `limit` seconds.
    """
    waited, quiet, told = 0.0, 0, False
    while not cancel.is_set():
        found = look()
        if not found:
            return
        quiet = quiet + 1 if idle(found) else 0
        if quiet >= in_a_row:
            if told:
                yield Note("the GPU is free")
            return
        if not quiet:
            if waited >= limit:
                raise BusyError(
                    f"the GPU was still busy after {describe_seconds(limit)}: {_state(found)}",
                    "end what uses it, wait longer (--wait 8h), or use the CPU (--device cpu)",
                )
            if not told:
                yield Started(STAGE, round(limit), _state(found))
                told = True
        if told:
            yield Progress(STAGE, round(min(waited, limit)), round(limit), _state(found))
        cancel.wait(every)
        waited += every


def _state(found: Sequence[Gpu]) -> str:
    return ", ".join(
        f"{gpu.name} {gpu.busy:.0%} busy, {gpu.free_gib:.1f} of {gpu.total_gib:.1f} GiB free"
        for gpu in found
    )
