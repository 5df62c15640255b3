"""The plain, the folded and the stemmed form of words."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_PLAIN = str.maketrans("’‘‛`´–—‑−\u00a0\u202f", "'''''----  ")


def plain(text: str) -> str:
    """The same text, offset by offset, with simple quotes, hyphens and spaces."""
    return text.translate(_PLAIN)


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """Casefolded and without accents: for comparing only."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def bare_words(text: str) -> list[str]:
    """Its words, folded and without punctuation: what a letter or digit does not touch parts."""
    return "".join(letter if letter.isalnum() else " " for letter in folded(text)).split()


def stem(word: str) -> str:
    """A casefolded word without its plural, -ed or -ing ending and final e."""
    if len(word) > 4 and word.endswith(("ies", "ied")):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, least in (("ing", 6), ("ed", 5)):
        if len(word) >= least and word.endswith(ending):
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


@lru_cache(maxsize=16384)
def flat(text: str) -> str:
    """Its letters and digits alone, folded."""
    return "".join(filter(str.isalnum, folded(text)))
