"""Amounts of the same thing that differ by a word: half a tablet, every second Monday; and what
else a single word or sign makes another answer: behind the garage, A-."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import WEEKDAYS
from sealmate.edits.words import Token, content, tokens

_PARTS = frozenset(("half", "halves", "quarter", "quarters", "½", "¼", "¾"))
_BETWEEN = frozenset(("a", "an", "the", "of", "my", "our", "your", "his", "her", "their", "each"))
_EVERY = frozenset(("every", "each"))
_ALTERNATE = frozenset(("other", "alternate", "alternating"))
_TIMES = frozenset(("x", "times"))
# 2x20 is two numbers, and no sign of what stands between them
_BY = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)|(?<!\s)\s*×\s*")
# "At", "near" and "by" say of a place no more than that it is there.
_SPOTS = {
    word: spot
    for spot, words in {
        "in": "in inside within on",
        "under": "under underneath below beneath",
        "above": "above over",
        "beside": "beside next",
        "behind": "behind",
        "before": "front",
        "opposite": "opposite",
        "outside": "outside",
    }.items()
    for word in words.split()
}
_BESIDE_SPOTS = frozenset(
    ("of", "to", "a", "an", "the", "my", "our", "your", "his", "her", "their")
)
_SIGN = re.compile(
    r"\b(?P<what>\w+)(?:(?P<sign>[+−–-])| (?P<said>positive|negative))(?=$|[\s.,;:)])"
)
_SIGNS = {"+": "+", "positive": "+"}  # anything else is a minus


def otherwise(first: str, second: str) -> bool:
    """Whether two answers with the same words are two for all that: one has a multiplier more, or
    another preposition of place, or ends in the other sign."""
    some, others = (tokens(_BY.sub(" x ", text)) for text in (first, second))
    if _multiplied(some, others) or _multiplied(others, some):
        return True
    here, there = _spots(some), _spots(others)
    if any(here[thing] != there[thing] for thing in here.keys() & there.keys()):
        return True
    signs, against = _signs(first), _signs(second)
    return any(signs[what] != against[what] for what in signs.keys() & against.keys())


def _multiplied(told: Sequence[Token], expected: Sequence[Token]) -> bool:
    """Whether what is expected is told several times over: 2 x 20 mg, twice daily, two 20 mg
    tablets. Of 20 mg three times a day the amount is the same."""
    wanted, known = content(expected), {place for place, _ in _multipliers(expected)}
    return not known and any(
        after is not None and _among(after, wanted) for _, after in _multipliers(told)
    )


def _multipliers(said: Sequence[Token]) -> list[tuple[int, Token | None]]:
    """The places of numbers that multiply, each with the thing that they do it to."""
    found: list[tuple[int, Token | None]] = []
    for place, token in enumerate(said):
        word, after = folded(token.text), list(said[place + 1 : place + 4])
        if word in ("twice", "thrice", "double"):
            pass
        elif not _many(token):
            continue
        elif after and folded(after[0].text) in _TIMES:
            after = after[1:]
        elif not (token.text.isalpha() and after and after[0].kind == "number"):
            continue
        rest = [one for one in after if folded(one.text) not in (*_BETWEEN, "per")]
        found.append((place, rest[0] if rest else None))
    return found


def _spots(said: Sequence[Token]) -> dict[str, str]:
    """Where things are that something is put to: behind the garage."""
    found: dict[str, str] = {}
    spot = ""
    for token in said:
        word = folded(token.text)
        if word in _SPOTS:
            spot = _SPOTS[word]
        elif word not in _BESIDE_SPOTS:
            if spot and token.kind != "number":
                found.setdefault(min(token.forms), spot)
            spot = ""
    return found


def _signs(said: str) -> dict[str, str]:
    return {
        found["what"].casefold(): _SIGNS.get(found["sign"] or found["said"], "-")
        for found in _SIGN.finditer(said)
    }


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
