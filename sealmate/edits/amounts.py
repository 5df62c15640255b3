"""Amounts of the same thing that differ by a word: half a tablet, every second Monday."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import WEEKDAYS
from sealmate.edits.words import Token, content

_PARTS = frozenset(("half", "halves", "quarter", "quarters", "½", "¼", "¾"))
_BETWEEN = frozenset(("a", "an", "the", "of", "my", "our", "your", "his", "her", "their", "each"))
_EVERY = frozenset(("every", "each"))
_ALTERNATE = frozenset(("other", "alternate", "alternating"))


def other_amount(told: Sequence[Token], expected: Sequence[Token]) -> bool:
    """Whether what is told is another amount of what is expected: half of it, only every second
    one, or several where there is one."""
    wanted = content(expected)
    every = any(
        folded(token.text) in _EVERY or (token.forms & set(WEEKDAYS) and token.text.endswith("s"))
        for token in expected
    )
    cut: set[int] = set()  # places of things of which not all is meant
    for place, token in enumerate(told):
        if _among(token, wanted):
            continue
        if _is_part(told, place):
            cut.update(_of(told, place))
        if every and place + 1 < len(told) and _skips(told, place):
            cut.add(place + 1)
    spoilt = (
        [n in cut for n, there in enumerate(told) if there.matches(thing)] for thing in wanted
    )
    return any(places and all(places) for places in spoilt) or _several_for_one(told, expected)


def _among(token: Token, others: Sequence[Token]) -> bool:
    return any(token.matches(other) for other in others)


def _is_part(told: Sequence[Token], place: int) -> bool:
    """Whether a word cuts a thing into parts; the second half of May is a time in May."""
    before = told[place - 1] if place else None
    if told[place].text.casefold() in _PARTS:
        return before is None or before.kind != "number" or not _ordinal(before)
    after = told[place + 1] if place + 1 < len(told) else None
    counted = before is not None and folded(before.text) in ("a", "one", "two")
    return counted and _ordinal(told[place]) and after is not None and after.text == "of"


def _ordinal(token: Token) -> bool:
    return any(form.startswith("#") for form in token.forms)


def _of(told: Sequence[Token], place: int) -> list[int]:
    """Places of what a part is of: half a tablet, a tablet and a half, one and a half."""
    places = []
    for after in range(place + 1, len(told)):
        if told[after].start - told[after - 1].end > 1:
            break
        if folded(told[after].text) not in _BETWEEN:
            places += [after] * (not told[after].text.endswith("'s"))
            break
    before = [folded(token.text) for token in told[max(0, place - 2) : place]]
    if place > 2 and before == ["and", "a"]:
        places.append(place - 3)
    return places


def _skips(told: Sequence[Token], place: int) -> bool:
    """Whether a word after "every" leaves some out: every second, every two, every other."""
    token, word = told[place], folded(told[place].text)
    if word in _ALTERNATE:
        return True
    after_every = place > 0 and folded(told[place - 1].text) in _EVERY
    return after_every and token.kind == "number" and word not in ("one", "1", "first")


def _several_for_one(told: Sequence[Token], expected: Sequence[Token]) -> bool:
    """Whether three of a thing are told where there is a single one: three weeks for a week."""
    for article, thing in pairwise(expected):
        if folded(article.text) not in ("a", "an") or thing.kind in ("light", "number"):
            continue
        places = [n for n, token in enumerate(told) if token.matches(thing)]
        if places and all(n and _many(told[n - 1]) for n in places):
            return True
    return False


def _many(token: Token) -> bool:
    return token.kind == "number" and "1" not in token.forms and not _ordinal(token)
