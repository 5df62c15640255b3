"""Full-text queries out of anything a person may type."""

from __future__ import annotations

import unicodedata

MOST_TERMS = 64
SHORTEST_STEM = 4  # letters with which words must begin alike
DERIVATION = 3  # letters at a word's end in which they may differ
_STOP_WORDS = """
a about am an and any are as at be been but by can could did do does for from had has have how i
if in is it its me my no not of on or our please she should so tell that the their them then there
they this to us was we were what when where which who whom whose why will with would you your
"""
_STOP = frozenset(_STOP_WORDS.split())


def terms(text: str) -> list[str]:
    """The words of `text` in order, each once, without stop words unless nothing else is left.

    A word is a run of letters, digits and marks, as in SQLite's unicode61 tokenizer.
    """
    spaced = "".join(letter if _inside(letter) else " " for letter in text)
    words = [word for word in spaced.split() if any(letter.isalnum() for letter in word)]
    # The words stay as they are: SQLite folds case in its own way (it keeps the German sharp s).
    unique: dict[str, str] = {}
    for word in words:
        unique.setdefault(word.casefold(), word)
    telling = [word for folded, word in unique.items() if folded not in _STOP]
    return (telling or list(unique.values()))[:MOST_TERMS]


def match_expression(text: str) -> str:
    """An FTS5 expression that matches any of the terms of `text`; "" if it has none."""
    return " OR ".join(f'"{term}"' for term in terms(text))


def loose_expression(text: str) -> str:
    """An FTS5 expression for words that begin like those of `text`; "" if none is long enough.

    The stemmer takes endings off, not derivations: it does not see drums in a drummer.
    """
    stems = [
        term[: max(SHORTEST_STEM, len(term) - DERIVATION)]
        for term in terms(text)
        if len(term) > SHORTEST_STEM and term.isalpha()
    ]
    return " OR ".join(f'"{stem}" *' for stem in dict.fromkeys(stems))


def _inside(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")
