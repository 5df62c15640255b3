"""Answers to one question that complete each other: Mondays, and at seven; a road, and its town.

Rules of English wording, without a model. That two answers are other words does not tell that one
took the place of the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sealmate.edits.forms import folded, stem
from sealmate.edits.lexicon import DAYTIME, LINKS, MONTHS, TITLES, WEEKDAYS
from sealmate.edits.questions import Asked
from sealmate.edits.screen import grounded_answer
from sealmate.edits.units import sentences
from sealmate.edits.words import Token, content, tokens

_UNITS = {
    kind: frozenset(form for unit in units.split() for form in (unit, stem(unit)))
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
_DOSES = frozenset(("dose", "dosage", "amount", "quantity"))
_CHANGED = re.compile(
    r"\b(?:now|no longer|mov(?:ed?|es|ing)|chang(?:ed?|es)|quit|switch(?:ed|es)|instead"
    r"|from (?:today|tomorrow)|as of (?:today|tomorrow))\b"
    r"|(?:\bnot|n't)\b[^.!?]{0,60}\bany ?more\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:he|she|it|they|we|i)\b", re.IGNORECASE)
_DENIED = r"\b(?:no longer|not|never|n't|instead of|rather than)\b[^.,;:!?]{0,40}$"


def changes(answer: str, text: str) -> bool:
    """Whether the sentence of a text that tells an answer says that something has changed, or the
    one before it that it goes on from."""
    last = ""
    for said in sentences(text):
        if grounded_answer(answer, said):
            told = f"{last} {said}" if _GOES_ON.match(said) else said
            if _CHANGED.search(told):
                return True
        last = said
    return False


def drops(answer: str, text: str) -> bool:
    """Whether a text has an answer no more, or only says that it is that no more."""
    wanted = [token.text.casefold() for token in content(tokens(answer))]
    for said in sentences(text):
        if not grounded_answer(answer, said):
            continue
        places = [token.start for token in tokens(said) if token.text.casefold() in wanted]
        if not places or not re.search(_DENIED, said[: places[0]], re.IGNORECASE):
            return False
    return True


def complete(first: str, second: str, asked: Asked | None = None) -> bool:
    """Whether one of two answers tells only days where the other tells only the time of day, or
    they measure different things. How much of something one takes is one amount, in whatever unit
    it is told."""
    some, others = tokens(first), tokens(second)
    days, hours = (bool(_days(some)), bool(_days(others))), (_hours(some), _hours(others))
    if days[0] != days[1] and hours == days[::-1]:
        return True
    measured, against = _measures(some), _measures(others)
    if asked is not None and _asks_amount(asked):
        measured, against = (
            {"stuff" if kind in ("weight", "volume") else kind for kind in kinds}
            for kinds in (measured, against)
        )
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


def _asks_amount(asked: Asked) -> bool:
    return asked.measure in ("much", "many") or not _DOSES.isdisjoint(asked.forms)


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
