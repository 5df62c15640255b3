"""Notes compared: whether one is another written anew."""

from __future__ import annotations

from sealmate.edits.words import content, tokens

# A note with this share of its words in common with an older one is that one written anew, and so
# is one that has so many of the older one's (of several at least), and a few more that say so.
REVISED, REPEATED, SEVERAL, MORE = 0.6, 0.8, 6, 8


def alike(first: str, second: str) -> float:
    """The share of content words that two texts have in common, 0..1."""
    some, others = _words(first), _words(second)
    return len(some & others) / len(some | others) if some | others else 0.0


def written_anew(older: str, newer: str) -> bool:
    """Whether a text is an older one with something changed in it."""
    if alike(older, newer) >= REVISED:
        return True
    some, others = _words(older), _words(newer)
    added = len(others) - len(some)
    return len(some) >= SEVERAL and added <= MORE and len(some & others) >= REPEATED * len(some)


def _words(text: str) -> set[str]:
    return {min(token.forms) for token in content(tokens(text))}
