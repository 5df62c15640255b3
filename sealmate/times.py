"""Lengths of time, times of day, and days as people write them.

A day is one of the time zone that this computer is in: what is told at ten in the evening was told
that day, wherever it is tomorrow already.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from sealmate.errors import UsageError

_LONGEST = 31 * 24 * 3600.0
_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s*"
_BUDGET = re.compile(rf"(?:{_PART}h)?\s*(?:{_PART}m(?:in)?)?\s*(?:{_PART}s)?", re.IGNORECASE)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def parse_budget(text: str) -> float:
    """Seconds of a budget like "2h", "90m", "1h30m" or "5400s".

    Raises UsageError for anything else, for nothing, and for more than a month.
    """
    found = _BUDGET.fullmatch(text.strip())
    parts = found.groups() if found else ()
    if not any(parts):
        hint = "write it like 2h, 90m, 1h30m or 5400s"
        raise UsageError(f"{text!r} is not a length of time", hint)
    total = sum(float(part or 0) * unit for part, unit in zip(parts, (3600, 60, 1), strict=True))
    if not 0 < total <= _LONGEST:
        raise UsageError(
            f"{text!r} is not a usable length of time", "give more than nothing and at most 744h"
        )
    return total


def parse_time(text: str) -> time:
    """The time of day in "HH:MM". Raises UsageError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is not a time of day", "write it like 02:30")
    return time(int(found[1]), int(found[2]))


def begin_of(year: int, month: int, day: int) -> datetime:
    """The first moment of a day, aware. Raises ValueError if there is no such day."""
    naive = datetime(year, month, day)
    try:
        aware = naive.astimezone()
        # where the clocks go forward at midnight the day has none
        return aware if aware.day == day else naive.replace(fold=1).astimezone()
    except (OverflowError, OSError):  # a year that the system's clock does not know
        return naive.replace(tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The last moment of a day, aware."""
    after = day + timedelta(days=1)
    return begin_of(after.year, after.month, after.day) - timedelta(microseconds=1)


def local(at: datetime) -> datetime:
    """The same moment, aware, in the time zone in which it has its day."""
    try:
        return at.astimezone()
    except (OverflowError, OSError):
        return at


def day(at: datetime) -> str:
    """The date of a moment as people write it: 3 March 2026."""
    there = local(at)
    return f"{there.day} {there:%B %Y}"
