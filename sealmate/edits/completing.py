"""Answers to one question that complete each other: Mondays, and at seven; a road, and its town.

Rules of English wording, without a model. That two answers are other words does not tell that one
took the place of the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import DAYTIME, LINKS, MONTHS, TITLES, WEEKDAYS
from sealmate.edits.questions import Asked
from sealmate.edits.words import Token, tokens

_UNITS = {
    kind: frozenset(units.split())
    for kind, units in {
        "money": "euro pound dollar crown franc cent penny pence",
        "weight": "kilogram gram mg milligram tonne ton ounce pound lb",
        "length": "kilometre metre centimetre millimetre mile inch foot feet ft yard",
        "volume": "litre millilitre pint gallon cup glass spoonful teaspoon tablespoon",
        "time": "second minute hour day week fortnight month year",
        "share": "percent",
        "heat": "degree",
    }.items()
}
_HOUR = re.compile(r"(?:[01]?\d|2[0-4])(?:\.[0-5]\d)?")  # as tokens have it: 19:30 is 19.30
_DATE = re.compile(r"\d{1,4}\.\d{1,2}\.\d{1,4}")
_HALVES = frozenset(("o'clock", "noon", "midnight", "midday")) | DAYTIME
_AT = frozenset(("at", "from", "by", "before", "after", "until", "till", "around", "about"))
_ONE = frozenset(("a", "an", "half"))
_ROADS = frozenset(
    ("road", "street", "lane", "avenue", "drive", "close", "square", "terrace", "crescent", "row")
)


def complete(first: str, second: str) -> bool:
    """Whether one of two answers tells only days where the other tells only the time of day, or
    they measure different things."""
    some, others = tokens(first), tokens(second)
    days, hours = (bool(_days(some)), bool(_days(others))), (_hours(some), _hours(others))
    if days[0] != days[1] and hours == days[::-1]:
        return True
    measured, against = _measures(some), _measures(others)
    return bool(measured and against) and measured.isdisjoint(against)


def may_complete(asked: Asked, first: str, second: str) -> bool:
    """Whether two answers may tell one day or place, each in its own way: a weekday and a date, a
    town and an address or a firm in it."""
    some, others = tokens(first), tokens(second)
    if asked.kind == "where":
        return _is_town(some) != _is_town(others)
    return asked.kind == "when" and _days(some) | _days(others) == {"weekday", "date"} and (
        _days(some).isdisjoint(_days(others))
    )  # fmt: skip


def _days(said: Sequence[Token]) -> set[str]:
    """How a day is told."""
    found = set()
    for token in said:
        if not token.forms.isdisjoint(WEEKDAYS):
            found.add("weekday")
        month = not token.forms.isdisjoint(MONTHS) and token.text[:1].isupper()
        if month or any(map(_DATE.fullmatch, token.forms)):
            found.add("date")
    return found


def _hours(said: Sequence[Token]) -> bool:
    """Whether a time of day is told."""
    words = ["", *(folded(token.text) for token in said), ""]
    for place, token in enumerate(said):
        before, word, after = words[place : place + 3]
        if word in _HALVES:
            return True
        if token.kind != "number" or not any(map(_HOUR.fullmatch, token.forms)):
            continue
        alone = len(said) == 1 or before in _AT or any("." in form for form in token.forms)
        if alone and not _units(said[place + 1 : place + 2]) and after not in MONTHS:
            return True
    return False


def _measures(said: Sequence[Token]) -> set[str]:
    """The kinds of what is measured, by the units that stand beside numbers."""
    found: set[str] = set()
    for place, token in enumerate(said):
        # a sign may stand before its number
        near = said[max(0, place - 1) : place + (1 if token.text.isalpha() else 2)]
        counted = any(one.kind == "number" or folded(one.text) in _ONE for one in near)
        found |= _units([token]) if counted else set()
    return found


def _units(said: Sequence[Token]) -> set[str]:
    return {
        kind
        for token in said
        for kind, units in _UNITS.items()
        if not token.forms.isdisjoint(units)
    }


def _is_town(said: Sequence[Token]) -> bool:
    """Whether a place is told by a name alone: "Leeds", "in Leeds"."""
    words = [folded(token.text) for token in said]
    named = said[1:] if words[:1] == ["in"] else said
    return bool(named) and all(
        token.text[:1].isupper()
        and token.kind != "number"
        and not token.text.endswith(("'s", "’s"))
        and folded(token.text) not in TITLES | LINKS | _ROADS
        for token in named
    )
