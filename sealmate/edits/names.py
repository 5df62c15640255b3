"""Where names stand among tokens."""

from __future__ import annotations

from collections.abc import Sequence

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import COMMON, MONTHS, PARTICLES, TITLES, VERBS, WEEKDAYS
from sealmate.edits.words import Token

CALENDAR = frozenset(MONTHS) | frozenset(WEEKDAYS)
_NO_NAME_ENDINGS = ("ing", "ment", "tion", "sion", "ness", "ity", "ance", "ence", "ed", "ly", "s")


def starts_a_name(said: Sequence[Token], index: int) -> bool:
    """Whether a sentence's first word is a name, which its capital alone does not tell."""
    token = said[index]
    low = folded(token.text)
    if token.kind != "word" or not token.text[:1].isupper() or low in COMMON:
        return False
    if low in TITLES or low.endswith("'s"):
        return True
    if index + 1 == len(said) or low.endswith(_NO_NAME_ENDINGS):
        return False
    after = said[index + 1]
    following = folded(after.text)
    # "Jerome wishes", "Jerome doesn't"
    verbal = following.endswith(("s", "ed", "n't")) and not following.endswith("ss")
    return after.kind == "name" or following in VERBS | PARTICLES or verbal


def name_runs(said: Sequence[Token]) -> list[list[Token]]:
    """Names of two or more words, without titles; "Maria, Tom" and "Maria's Tom" are two each."""
    runs: list[list[Token]] = [[]]
    for index, token in enumerate(said):
        low = folded(token.text)
        named = token.kind == "name" and not token.forms & CALENDAR and low not in TITLES
        begun = not named and starts_a_name(said, index) and low not in TITLES
        last = runs[-1][-1] if runs[-1] else None
        joined = last is not None and token.start - last.end == 1
        if joined and last is not None and last.text.endswith(("'s", "s'")):
            joined = False
        if not named and not begun and not (joined and low in PARTICLES):
            runs.append([])
        elif joined and not begun:
            runs[-1].append(token)
        else:
            runs.append([token])
    # A particle at the end belongs to what follows: "Anna of ...".
    for run in runs:
        while run and folded(run[-1].text) in PARTICLES:
            run.pop()
    return [run for run in runs if len(run) > 1]
