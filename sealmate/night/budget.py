"""How long a night may take, as people write it: 2h, 90m, 1h30m, 5400s."""

from __future__ import annotations

import re

from sealmate.errors import UsageError

_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s*"
_BUDGET = re.compile(rf"(?:{_PART}h)?\s*(?:{_PART}m(?:in)?)?\s*(?:{_PART}s)?", re.IGNORECASE)
LONGEST = 31 * 24 * 3600.0


def parse_budget(text: str) -> float:
    """Seconds of a budget like "2h", "90m", "1h30m" or "5400s".

    Raises UsageError for anything else, for nothing, and for more than a month.
    """
    found = _BUDGET.fullmatch(text.strip())
    parts = found.groups() if found else ()
    if not any(parts):
        raise UsageError(
            f"{text!r} is not a length of time", "write it like 2h, 90m, 1h30m or 5400s"
        )
    hours, minutes, seconds = (float(part or 0) for part in parts)
    total = hours * 3600 + minutes * 60 + seconds
    if not 0 < total <= LONGEST:
        raise UsageError(
            f"{text!r} is not a usable length of time", "give more than nothing and at most 744h"
        )
    return total


def describe_seconds(seconds: float) -> str:
    """Seconds in words of two units at most: 42 s, 3 min 5 s, 1 h 12 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
