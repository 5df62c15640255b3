"""Whether an answer is of the kind that its question asks for. Rules of English, without a model.

They err towards yes: only what plainly is another kind of thing is told, a time for a person,
something without a number for an amount, what the question itself says.
"""

from __future__ import annotations

import re

from sealmate.edits.forms import folded
from sealmate.edits.lexicon import (
    AGES,
    AMOUNTS,
    BEFORE_TIMES,
    DAYTIME,
    MEASURES,
    MONTHS,
    OFTEN,
    TIMES,
    UNITS,
)
from sealmate.edits.names import CALENDAR
from sealmate.edits.questions import take_apart
from sealmate.edits.words import Token, content, tokens

_TIME = CALENDAR | DAYTIME | TIMES
_ALSO_NAMES = frozenset(("jan", "april", "may", "june", "august"))
# June may be somebody, 12 June, June 12th or June 12 alone is nobody.
_DAY = r"(?:[1-9]|[12]\d|3[01])"
_MONTH = rf"(?:{'|'.join(MONTHS)})"
_DATE = re.compile(
    rf"(?<![\w.,:]){_DAY}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b|\b{_MONTH} {_DAY}(?:st|nd|rd|th)\b"
    rf"|^\W*(?:(?:on|in) )?{_MONTH} (?:{_DAY}|(?:19|20)\d\d)\W*$",
    re.IGNORECASE,
)
# "straight after school" begins as "after school" does
_AT_ONCE = re.compile(r"^\W*(?:straight|right|directly|just|shortly|soon)\s+(?=\w)", re.IGNORECASE)
# "When it rains, where do we meet?" asks for a place, "Tell me the name to say when I ring" for a
# name.
_FIRST = re.compile(
    r"^\s*(?:when|where|while|if|after|before|until)\b"
    r"(?! (?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|may|must|should)\b)"
    r"[^,?]*,\s*"
    r"(?=[^?]*\b(?:who|whom|whose|what|which|where|when|how)\b)",
    re.IGNORECASE,
)
_ORDERED = re.compile(
    r"^\s*(?:please )?(?:tell|remind|give) (?:me|us)(?: of)? the\b", re.IGNORECASE
)
# a glass of milk, but not a glass bead
_SOME = re.compile(
    rf"^\W*(?:(?:about|almost|just|only|over|under) )?(?:half )?an? (?:{'|'.join(MEASURES)})"
    r"(?:\W*$|[,;.]| (?:of|or|and|an?|per|each|every|in|for|to)\b)",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"^\W*(?:with|between) (?:\w+ )?(?:meals?|food)\b|\bon an empty stomach\b", re.IGNORECASE
)
_ARTICLES = frozenset(("a", "an", "the", "An", "The"))  # but not shelf A
# "Is it red or white?", "Which of the two, Ann and Bo, ...?", "Who of Ann and Bo ...?"
_CHOICE = re.compile(
    r"\b(?:or|either|whether)\b|\bof\b[^?]*\band\b|^\s*(?:is|are|was|were|do|does|did|has|have|had"
    r"|can|could|will|would|may|must|should|am)\b",
    re.IGNORECASE,
)
# The number of a house is no time: 8 Orchard Street.
_HOUSE = re.compile(
    r"(?<![\w.,:])[1-9]\d{0,2}[a-c]?(?: [A-Z][\w'’-]*){1,3}? "
    r"(?:Street|Road|Lane|Avenue|Walk|Way|Close|Terrace|Square|Drive|Row|Court|Crescent)\b"
)


def fits(question: str, answer: str) -> bool:
    """False where `answer` plainly is not what `question` asks for. Shapes: two plain texts."""
    if _repeats(question, answer):
        return False
    if _ORDERED.match(question):
        return True
    asked = take_apart(_FIRST.sub("", question))
    said = content(tokens(answer))
    if not said:
        return True
    if asked.kind == "who":
        if _DATE.search(answer):
            return False
        if any(folded(token.text) in _ALSO_NAMES for token in said):
            return True
        return not all(_is_time(token) or _is_number(token) or _is_unit(token) for token in said)
    if asked.kind == "where":
        return not all(_is_time(token) or _is_year(token) for token in said)
    if asked.kind == "when" or asked.measure == "often":
        begins = folded(_AT_ONCE.sub("", answer).split()[0].strip(".,;:"))
        told = tokens(_HOUSE.sub(" ", answer))
        if asked.measure == "often" and any(folded(t.text) in AMOUNTS | OFTEN for t in told):
            return True
        if begins in BEFORE_TIMES or _TAKEN.search(answer):
            return True
        return any(_is_time(t) or _is_number(t) for t in told)
    if asked.measure in ("many", "much", "old"):
        counted = any(_is_number(t) or folded(t.text) in AMOUNTS for t in tokens(answer))
        if asked.measure == "old":
            return counted or folded(said[0].text) in AGES or any(_is_time(t) for t in said)
        return counted or bool(_SOME.match(answer))
    return True


def _repeats(question: str, answer: str) -> bool:
    """Whether an answer says nothing but words of its question, which names nothing to choose
    from: "Which company owns the boat?", "the company"."""
    named, said = (
        {
            token.text.casefold().removesuffix("'s").removesuffix("’s")
            for token in tokens(text)
            if token.text[:1].isalnum() and token.text not in _ARTICLES
        }
        for text in (question, answer)
    )
    return bool(said) and said <= named and not _CHOICE.search(question)


def _is_time(token: Token) -> bool:
    return bool(token.forms & _TIME)


def _is_year(token: Token) -> bool:
    return _is_number(token) and token.text.isdecimal() and 1000 <= int(token.text) < 2100


def _is_number(token: Token) -> bool:
    return token.kind == "number"


def _is_unit(token: Token) -> bool:
    return bool(token.forms & UNITS)
