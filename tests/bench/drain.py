"""A generator of events to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from sealmate.events import Event

T = TypeVar("T")


def drain(steps: Generator[Event, None, T]) -> tuple[list[Event], T]:
    """All events, and the generator's value."""
    seen: list[Event] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value
