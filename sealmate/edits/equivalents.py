"""What can be told in two ways: a date in figures, how often, a phone number from abroad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sealmate.edits.lexicon import MONTHS
from sealmate.edits.words import Token

_DATE = re.compile(
    r"(?<![\w./-])(?:(?P<y>\d{4})(?P<to>[./-])(?P<m>\d{1,2})(?P=to)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<by>[./-])(?P<b>\d{1,2})(?P=by)(?P<year>\d{4}|\d\d))(?!\w|[./-]\d)"
)
_UNITS = "hour|day|night|week|fortnight|month|quarter|year"
_ADVERBS = {"day": "daily"} | {unit: f"{unit}ly" for unit in _UNITS.split("|") if unit != "day"}
_SECOND = re.compile(r"(?i)\bevery (?:other|two|2)\b|\balternat(?:e|ing)\b")
_FORTNIGHT = re.compile(r"(?i)\bevery second weeks?\b|\bevery 14 days\b")
_OFTEN = re.compile(rf"(?i)\b(?:once (?:a|an|every|each|per)|every|each|per) ({_UNITS})\b(?!['’-])")
_HALF = re.compile(r"(?i)\b(\d+)(?: and a half\b| 1/2(?![/\d])|½)")
_SHORT = re.compile(rf"\b(?:{'|'.join(_ADVERBS.values())}|every second)\b|\d+\.5\b|\band a half\b")
_ABROAD = re.compile(r"(\+\d{1,3}) ?\(0\) ?")
_LEAST = 7  # figures of a phone number without what is dialled before it


def readings(a: str, b: str) -> Iterator[tuple[str, str]]:
    """Two texts as they are, and in what other words both can be read alike, each once. The order
    of day and month is the same for both."""
    a, b = (_ABROAD.sub(r"\1 ", text) for text in (a, b))
    seen = set()
    short = _in_short(a), _in_short(b)
    alike = _marks(short[0]) & _marks(short[1])
    for first, second in ((a, b), short if alike else (a, b)):
        dated = _DATE.search(first) or _DATE.search(second)
        for order in ("", "dm", "md") if dated else ("",):
            pair = (_dated(first, order), _dated(second, order)) if order else (first, second)
            if pair not in seen:
                seen.add(pair)
                yield pair


def dialled_alike(found: Sequence[Token], others: Sequence[Token]) -> Sequence[Token]:
    """The tokens, in which a phone number counts as the one of the others that differs from it by
    what is dialled before it, from abroad or from within the country."""
    phones = [token for token in others if token.kind == "number" and len(_figures(token)) > _LEAST]
    if not phones:
        return found
    return [
        replace(token, forms=token.forms.union(*(o.forms for o in phones if _one_phone(token, o))))
        if token.kind == "number"
        else token
        for token in found
    ]


def _figures(token: Token) -> str:
    return re.sub(r"\D", "", token.text)


def _one_phone(token: Token, other: Token) -> bool:
    one, two = (re.sub(r"^00", "", _figures(said)) for said in (token, other))
    home, abroad = (one, two) if one.startswith("0") else (two, one)
    rest = home.removeprefix("0")
    return (
        home.startswith("0")
        and len(rest) >= _LEAST
        and abroad.endswith(rest)
        and 1 <= len(abroad) - len(rest) <= 3
    )


def _marks(text: str) -> set[str]:
    """What of a text is told in short; the same for one and a half as for 1.5."""
    found = _SHORT.findall(text.casefold())
    return {"half" if mark.endswith((".5", "half")) else mark for mark in found}


def _in_short(text: str) -> str:
    text = _HALF.sub(r"\1.5", text)
    text = _SECOND.sub("every second", text)
    text = _FORTNIGHT.sub("fortnightly", text)
    text = re.sub(r"(?i)\bannually\b", "yearly", text)
    return _OFTEN.sub(lambda found: _ADVERBS[found[1].casefold()], text)


def _dated(text: str, order: str) -> str:
    """The text with its dates in words, in the only order in which they can be read if any."""

    def worded(found: re.Match[str]) -> str:
        if found["y"]:
            year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
        else:
            year = int(found["year"]) + 2000 * (len(found["year"]) == 2)
            day, month = int(found["a"]), int(found["b"])
            if (order == "md" and day <= 12) or month > 12:
                day, month = month, day
        if not 0 < month <= 12 or not 0 < day <= 31:
            return found[0]
        return f"{day} {MONTHS[month - 1].title()} {year}"

    return _DATE.sub(worded, text)
