"""The day from which something holds, where the sentence that tells it names one.

Rules of English wording, without a model: "since April", "from 1 July on", "as of 2026". Dates are
read as those of questions are (`sealmate.edits.moments`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealmate.edits.moments import moment_of
from sealmate.edits.words import content, tokens, within

_LEAD = re.compile(
    r"\b(?P<lead>since|as of|as from|starting|beginning|effective|with effect from|from)"
    r"(?: (?:from|on|in))? (?=\S)",
    re.IGNORECASE,
)
# A letter from 2012 is no change that came in 2012.
_OPENING = re.compile(r"(?:^|[,;:(–—]|\b(?:and|but|that))\s*$", re.IGNORECASE)
_GOING_ON = re.compile(r"\s*on(?:wards?)?\b(?! [\dA-Z])")
_LONGEST = 40  # letters of a date
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A day from which something holds: the whole words for it, and those of the date alone."""

    day: datetime
    words: str
    date: str


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
        if tells:
            yield Beginning(day, text[led.start() : stop], date.rstrip("."))


def begun(said: str, answer: str, told: datetime) -> datetime | None:
    """The first of those days that is not itself what an answer tells; None if there is none."""
    wanted = tokens(answer)
    for one in beginnings(said, told):
        date = tokens(one.date)
        if not all(within(token, wanted) for token in content(date) or date):
            return one.day
    return None


def _dated(rest: str, now: datetime) -> tuple[datetime, str] | None:
    """The date that a text begins with, and its words; months without a year are the last that
    have begun."""
    # "was": of "is" a date without a year may be one to come, which tells no time asked about
    moment = moment_of(f"was on {rest}", lambda: now)
    words = moment.words.removeprefix("on ")
    if moment.begin is None or moment.kind != "then" or not words or not rest.startswith(words):
        return None
    return moment.begin, words
