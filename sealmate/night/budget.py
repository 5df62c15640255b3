"""How long a night may take, as people write it: 2h, 90m, 1h30m, 5400s."""

from __future__ import annotations

from sealmate.settings import parse_budget

__all__ = ["describe_seconds", "parse_budget"]


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
