"""The day from which something holds, where the sentence that tells it names one.

Rules of English wording, without a model: "since April", "from 1 July on", "as of 2026". Dates are
read as those of questions are (`sealmate.edits.moments`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealmate.edits.lexicon import TITLES
from sealmate.edits.moments import moment_of
from sealmate.edits.words import Token, content, tokens, within

_LEAD = re.compile(
    r"\b(?P<lead>since|as of|as from|starting|beginning|effective|with effect from|from)"
    r"(?: (?:from|on|in))? (?=\S)",
    re.IGNORECASE,
)
# A letter from 2012 is no change that came in 2012.
_OPENING = re.compile(r"(?:^|[,;:(–—]|\b(?:and|but|that))\s*$", re.IGNORECASE)
# From 2019 to 2021 is over.
_SPAN = re.compile(r"\s*(?:to|until|till|through|[-–—])\s*(?!further notice)\w", re.IGNORECASE)
_SUBJECT = "(?:i|we|you|he|she|it|they|there|this|that|the|an?|my|our|your|his|her|its|their|one)"
# What begins another clause, of which a day beyond it is told.
_CLAUSE = re.compile(
    rf"\b(?:who|whom|whose|which|where|but|after|before|because|while|although|though|when|if|as"
    rf"|than|then|until|till|formerly)\b|[;()]|[.!?:–—] "
    rf"|(?:,|\band\b|\bso\b|\bor\b)(?: and| so| or)? (?:now|{_SUBJECT})\b",
    re.IGNORECASE,
)
# "and Tom pays half of it", but not "in Elm Road, Leeds"
_OTHERS = re.compile(
    r"(?:,|\band) (?:[A-Z][\w'’.-]* )+"
    r"(?!(?:in|on|at|and|or|of|near|with|for|since|from|as|starting|beginning|effective)\b)[a-z]"
)
_CHANGES = re.compile(
    r"\b(?:chang(?:ed?|es)|new|mov(?:ed?|es)|switch(?:ed|es)|rais(?:ed?|es)|go(?:es|ne|ing) up)\b",
    re.IGNORECASE,
)
_IT_IS = re.compile(r"\s*[,:–—-] (?:it|that|this)(?: (?:is|will be)|['’]s)\s*$", re.IGNORECASE)
_INSTEAD = re.compile(r",?(?: and)? (?:instead of|in place of|rather than|not)\b", re.IGNORECASE)
_JOINED = re.compile(r"(?:[,–—]|\b(?:and|or|so))\s*$", re.IGNORECASE)
_GOING_ON = re.compile(r"\s*on(?:wards?)?\b(?! [\dA-Z])")
_NEXT = re.compile(rf"(?:\s*on(?:wards?)?)?\s+{_SUBJECT}\b", re.IGNORECASE)
_LONGEST = 40  # letters of a date
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A day from which something holds: the whole words for it, those of the date alone, and the
    text that they stand in, without its line ends, before and after them."""

    day: datetime
    words: str
    date: str
    before: str
    after: str


def beginnings(said: str, told: datetime) -> Iterator[Beginning]:
    """The days from which something holds by a sentence that was told at that time, in order.

    A date without a year is the last one that had begun after "since", and the nearest one after
    any other word.
    """
    text = " ".join(said.split())
    for led in _LEAD.finditer(text):
        rest, lead = text[led.end() :][:_LONGEST], led["lead"].casefold()
        found = _dated(rest, told)
        if found is None:
            continue
        day, date = found
        stop = led.end() + len(date)
        if lead == "since":
            day = day if day <= told else (_dated(rest, told - _YEAR) or found)[0]
            tells = day <= told
        else:
            next_one, _ = _dated(rest, told + _YEAR) or found
            day = min(day, next_one, key=lambda one: abs(one - told))
            before, after = _OPENING.search(text[: led.start()]), _GOING_ON.match(text, stop)
            tells = lead != "from" or bool(before or after) or day > told
        if tells and not (lead == "from" and _SPAN.match(text, stop)):
            words, name = text[led.start() : stop], date.rstrip(".")
            yield Beginning(day, words, name, text[: led.start()], text[stop:])


def begun(said: str, answer: str, told: datetime, older: str = "") -> datetime | None:
    """The first of those days that is not itself what an answer tells, and stands in the clause
    that tells it, nearer to it than the `older` answer; None if there is none."""
    wanted = tokens(answer)
    for one in beginnings(said, told):
        date = tokens(one.date)
        if all(within(token, wanted) for token in content(date) or date):
            continue
        if _of_answer(one, answer, older):
            return one.day
    return None


def _of_answer(one: Beginning, answer: str, older: str) -> bool:
    """Whether it is the answer that begins to hold on that day, not something that is told with
    it: "Dr Lane, in practice since 1998"."""
    ahead, behind = _gap(one.before, answer, older, last=True), _gap(one.after, answer, older)
    if ahead is None and behind is None:
        return True  # in other words, or over several places
    if ahead is not None:
        instead = _INSTEAD.search(ahead)
        ahead = _INSTEAD.sub("", ahead)
        other = not instead and _tells(older, answer, ahead)
        # "now, from 1 April we are away"
        next_one = _JOINED.search(ahead) and _NEXT.match(one.after)
        if not (other or next_one or _leads_away(ahead)):
            return True
    if behind is None or _tells(older, answer, behind):
        return False
    if _IT_IS.fullmatch(behind) and _CHANGES.search(one.before):
        return True
    led = bool(_OPENING.search(one.before))
    if not led and _tells(older, answer, one.before):
        return False
    if led:
        behind = behind.removeprefix(",")
        # "Since April we have a new vet, Dr Lane", but not "since 2015 and Dr Lane now"
        apart = not behind.rstrip().endswith(",") and bool(_JOINED.search(behind))
    else:
        # "Mia, a nurse since 2012, works there now"
        apart = bool(re.match(r"\s*,\s*\w|.*\band\s*$", behind))
    return not apart and not _leads_away(f" {behind.strip()}")


def _leads_away(between: str) -> bool:
    """Whether what stands between an answer and a day begins another clause."""
    return bool(_CLAUSE.search(between) or _OTHERS.search(between))


def _gap(text: str, answer: str, older: str, last: bool = False) -> str | None:
    """What stands before the first word of an answer in a text, or behind its last one; None where
    it has none of it."""
    wanted = _own(answer, older)
    there = tokens(text)
    found = [n for n, token in enumerate(there) if any(token.matches(one) for one in wanted)]
    if not found:
        return None
    if last:
        return text[there[found[-1]].end :]
    first = found[0]
    while first and not there[first - 1].forms.isdisjoint(TITLES):
        first -= 1
    return text[: there[first].start]


def _tells(older: str, answer: str, text: str) -> bool:
    there = tokens(text)
    return any(within(token, there) for token in _own(older, answer))


def _own(answer: str, older: str = "") -> list[Token]:
    """The words by which an answer is told from another: those that it does not share, names and
    numbers if there are any."""
    others = tokens(older)
    named = [token for token in content(tokens(answer)) if token.forms.isdisjoint(TITLES)]
    own = [token for token in named if not within(token, others)] or named
    return [token for token in own if token.kind in ("name", "number")] or own


def _dated(rest: str, now: datetime) -> tuple[datetime, str] | None:
    """The date that a text begins with, and its words; months without a year are the last that
    have begun."""
    # "was": of "is" a date without a year may be one to come, which tells no time asked about
    moment = moment_of(f"was on {rest}", lambda: now)
    words = moment.words.removeprefix("on ")
    if moment.begin is None or moment.kind != "then" or not words or not rest.startswith(words):
        return None
    return moment.begin, words
