"""Typed events of long work, each one JSON line on the wire.

The command line draws them, the TUI draws them, the night's subprocess writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Started:
    """A stage begins; `total` steps are expected (0 = unknown)."""

    stage: str
    total: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps of a stage are finished."""

    stage: str
    done: int
    total: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Mean training loss (nats per token that carries loss) after `step` of `steps`."""

    step: int
    steps: int
    loss: float
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """A line worth telling the user that changes nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Gated:
    """The gate's verdict with its figures and, if refused, the reasons."""

    passed: bool
    scores: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """A version became active."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over. `result` is the line that `--json` ends with."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended on an expected error, carried over the process border."""

    kind: str
    message: str
    hint: str = ""


Event = Started | Progress | Loss | Note | Gated | Published | Finished | Failed
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Started, Progress, Loss, Note, Gated, Published, Finished, Failed)
}


def to_line(event: Event) -> str:
    """One JSON line (no newline) with the event's class under "event"."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False)


def from_line(line: str) -> Event:
    """The event of a line from `to_line`. Raises ValueError on anything else."""
    data = json.loads(line)
    kind = _KINDS.get(data.pop("event", "")) if isinstance(data, dict) else None
    if kind is None:
        raise ValueError(f"not an event: {line[:80]}")
    if "reasons" in data:
        data["reasons"] = tuple(data["reasons"])
    try:
        event: Event = kind(**data)
    except TypeError as error:
        raise ValueError(f"not an event: {line[:80]}") from error
    return event
