"""Whether an answer is of the kind that its question asks for. Rules of English, without a model.

They err towards yes: only what plainly is another kind of thing is told, a time for a person,
something without a number for an amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import AMOUNTS, BEFORE_TIMES, DAYTIME, TIMES, UNITS
from sealmate.edits.names import CALENDAR
from sealmate.edits.questions import take_apart
from sealmate.edits.words import Token, content, tokens

_TIME = CALENDAR | DAYTIME | TIMES
_ALSO_NAMES = frozenset(("jan", "april", "may", "june", "august"))
_STREETS = frozenset(
    ("street", "road", "lane", "avenue", "walk", "way", "close", "terrace", "square", "drive",
     "row", "court", "crescent")
)  # fmt: skip
_OF = len(" of ")  # what may stand between a day and its month


def fits(question: str, answer: str) -> bool:
    """False where `answer` plainly is not what `question` asks for. Shapes: two plain texts."""
    asked = take_apart(question)
    said = content(tokens(answer))
    if not said:
        return True
    if asked.kind == "who":
        if _has_date(said):
            return False
        if any(folded(token.text) in _ALSO_NAMES for token in said):
            return True
        return not all(_is_time(token) or _is_number(token) or _is_unit(token) for token in said)
    if asked.kind == "where":
        return not all(_is_time(token) for token in said)
    if asked.kind == "when" or asked.measure == "often":
        begins = folded(answer.split()[0].strip(".,;:"))
        told = [t for place, t in enumerate(said) if not _is_house(said, place)]
        return begins in BEFORE_TIMES or any(_is_time(t) or _is_number(t) for t in told)
    if asked.measure in ("many", "much", "old"):
        counted = any(_is_number(t) or folded(t.text) in AMOUNTS for t in tokens(answer))
        return counted or (asked.measure == "old" and any(_is_time(t) for t in said))
    return True


def _has_date(said: Sequence[Token]) -> bool:
    """Whether a month stands beside a number: June may be somebody, 12 June is nobody."""
    pairs = [(a, b) for a, b in pairwise(said) if b.start - a.end <= _OF]
    return any(
        (_is_number(a) and bool(b.forms & CALENDAR)) or (_is_number(b) and bool(a.forms & CALENDAR))
        for a, b in pairs
    )


def _is_house(said: Sequence[Token], place: int) -> bool:
    """Whether a number is that of a house, as in 8 Orchard Street."""
    ahead = said[place + 1 : place + 4]
    return _is_number(said[place]) and any(bool(token.forms & _STREETS) for token in ahead)


def _is_time(token: Token) -> bool:
    return bool(token.forms & _TIME)


def _is_number(token: Token) -> bool:
    return token.kind == "number"


def _is_unit(token: Token) -> bool:
    return bool(token.forms & UNITS)
