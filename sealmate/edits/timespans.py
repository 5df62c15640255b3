"""Spans of time as English words tell them: dates, seasons, "last year", "half a year ago"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sealmate.edits.lexicon import MONTHS
from sealmate.times import begin_of, end_of, local

Span = tuple[datetime, datetime]

_SHORT = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS)
_MONTH = rf"(?P<month>(?:{_SHORT})(?![a-z]))\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d)"
_PART = r"(?:(?:the )?(?P<part>early|mid|late|start of|beginning of|middle of|end of)[ -])?"
# The first and the last day of each, by month and day.
_TIMES = {
    "spring": (3, 1, 5, 31),
    "summer": (6, 1, 8, 31),
    "autumn": (9, 1, 11, 30),
    "fall": (9, 1, 11, 30),
    "winter": (12, 1, 2, 28),
    "christmas": (12, 24, 12, 26),
    "xmas": (12, 24, 12, 26),
    "easter": (3, 22, 4, 27),
}
_DATES = (
    re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<number>0\d|1[0-2])(?:-(?P<day>[0-3]\d))?(?!\d)"),
    re.compile(rf"(?P<one>\d{{1,2}})(?P<by>[./-])(?P<two>\d{{1,2}})(?P=by){_YEAR}"),
    re.compile(rf"(?P<number>0?[1-9]|1[0-2])[./]{_YEAR}"),
    re.compile(rf"Q(?P<quarter>[1-4])[ /]{_YEAR}", re.IGNORECASE),
    re.compile(rf"(?:the )?(?P<time>{'|'.join(_TIMES)})\b(?:,? (?:of )?{_YEAR})?", re.IGNORECASE),
    re.compile(rf"(?:the )?{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_MONTH} (?:the )?{_DAY}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_PART}{_MONTH}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_PART}{_YEAR}", re.IGNORECASE),
)
_RANGE = re.compile(r"\b(?:between|from)\s+(?=\S)", re.IGNORECASE)
_UP_TO = re.compile(r"\s*(?:\b(?:and|to|until|till)\b|[-–])\s*", re.IGNORECASE)
BEFORE = r"before|until|till|up to|prior to"
NOT_SINCE = r"(?<!since )(?<!after )(?<!from )"
_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_COUNTS = {word: n for n, word in enumerate(_WORDS, 1)} | {"couple": 2, "few": 3, "several": 4}
_ABOUT = "more than|less than|over|almost|nearly|about|around|roughly|at least|exactly"
# In the middle of an amount none begins: two weeks in twenty-two weeks, a year in half a year.
_WHOLE = "".join(f"(?<!{word} )" for word in (*_ABOUT.split("|"), "half", "and")) + "(?<!-)"
BACK = re.compile(
    rf"{NOT_SINCE}{_WHOLE}\b(?:(?P<lead>{BEFORE})\s+)?(?:(?:{_ABOUT}) )?"
    r"(?:(?P<last>last (?P<unit>day|week|month|year)|yesterday)"
    r"|(?:in )?the (?P<twice>week|month|year) before last"
    rf"|(?P<count>half an?|a couple(?: of)?|a few|several|an?|\d{{1,3}}|{'|'.join(_WORDS)})"
    r"(?P<more> and a half)? (?P<units>day|week|month|year)s?(?P<half> and a half)?"
    r" (?:ago|back)(?! to\b))\b,?",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_INSTANT = timedelta(microseconds=1)


def date_at(
    text: str, place: int, clock: Callable[[], datetime], gone: bool = False
) -> tuple[Span, int, bool] | None:
    """The span of the date that stands in a text at a place, where it ends, and whether it has a
    year; None if there is none. Without a year it is the last that has begun by `clock`, or the
    last that is over if it is `gone`: "last March", but not "last 2019"."""
    for form in _DATES:
        found = form.match(text, place)
        if found is None:
            continue
        said = {key: value for key, value in found.groupdict().items() if value}
        named = "time" in said
        # "last March", but not last March's rent; "summer" alone is any
        if gone and (not (named or "month" in said) or text[found.end() :].startswith(("'", "’"))):
            continue
        if named and not gone and "year" not in said:
            continue
        # "When did Tom last fall?"
        if gone and said.get("time", "").casefold() == "fall" and text[:4].casefold() == "when":
            continue
        if (span := _span(said, clock, gone)) is not None:
            return span, found.end(), "year" in said
    return None


def range_in(text: str) -> tuple[Span, int, int] | None:
    """From the first to the last of two dates in a text, one of which has a year, and where that
    stands: "between 2023 and 2024"; None if there is none."""
    for led in _RANGE.finditer(text):
        # what a first date is without a year the second one tells
        first = date_at(text, led.end(), lambda: datetime.now(UTC))
        between = _UP_TO.match(text, first[1]) if first else None
        second = date_at(text, between.end(), lambda: datetime.now(UTC)) if between else None
        if first is None or second is None or not second[2]:
            continue
        end = second[0][1]
        first = date_at(text, led.end(), lambda end=end: end) or first  # type: ignore[misc]
        if first[0][0] <= end:
            return (first[0][0], end), led.start(), second[1]
    return None


def _span(said: dict[str, str], clock: Callable[[], datetime], gone: bool) -> Span | None:
    """First and last moment of a date, a month, a year, a season or a part of one; `gone`: it is
    over. None if there is no such date."""
    if "one" in said:
        return _in_figures(int(said["one"]), int(said["two"]), int(said["year"]), said["by"])
    year = int(said["year"]) if "year" in said else 0
    if "time" in said:
        return _named(said["time"].casefold(), year, clock)
    if "quarter" in said:
        month = 3 * int(said["quarter"]) - 2
        return _month_of(year, month)[0], _month_of(year, month + 2)[1]
    month = int(said.get("number", 0)) or _number(said.get("month", ""))
    if "number" in said and not 0 < month <= 12:
        return None
    if not year:  # the last such month that has begun
        now = local(clock())
        year = now.year - (month > now.month - gone)
    if "day" in said:
        day = min(int(said["day"]), monthrange(year, month)[1])
        return _day_of(date(year, month, max(1, day)))
    begin, end = _month_of(year, month or 1)[0], _month_of(year, month or 12)[1]
    part = said.get("part", "").casefold().split(" ")[0]
    third = (end + _INSTANT - begin) / 3
    begin += third * {"mid": 1, "middle": 1, "late": 2, "end": 2}.get(part, 0)
    return begin, (begin + third - _INSTANT if part else end)


def _in_figures(one: int, two: int, year: int, by: str) -> Span | None:
    """A date in figures, the day before the month; with slashes it may be the other way round, and
    then the time from one to the other."""
    able = [(one, two)] if by == "." or one > 12 or one == two else [(one, two), (two, one)]
    days = [
        date(year, month, day)
        for day, month in (able if two <= 12 else [(two, one)])
        if 0 < month <= 12 and 0 < day <= monthrange(year, month)[1]
    ]
    return (_day_of(min(days))[0], _day_of(max(days))[1]) if days else None


def _named(name: str, year: int, clock: Callable[[], datetime]) -> Span:
    """A season or feast of a year; without one the last that is over."""
    month, day, last_month, last_day = _TIMES[name]

    def of(year: int) -> Span:
        last = date(year + (last_month < month), last_month, last_day)
        return begin_of(year, month, day), end_of(last)

    if year:
        return of(year)
    now = local(clock())
    return next(span for back in range(3) if (span := of(now.year - back))[1] < now)


def _month_of(year: int, month: int) -> Span:
    return begin_of(year, month, 1), end_of(date(year, month, monthrange(year, month)[1]))


def _day_of(day: date) -> Span:
    return begin_of(day.year, day.month, day.day), end_of(day)


def _number(name: str) -> int:
    short = name.casefold()[:3]
    return next((n for n, whole in enumerate(MONTHS, 1) if whole[:3] == short), 0)


def back(found: re.Match[str], now: datetime) -> Span:
    """The day, week, month or year that is so long past."""
    unit = (found["unit"] or found["twice"] or found["units"] or "day").casefold()
    today = local(now).date()
    last, again = bool(found["last"]), bool(found["twice"])
    if (last or again) and unit == "year":
        year = today.year - 1 - again
        return _month_of(year, 1)[0], _month_of(year, 12)[1]
    if (last or again) and unit == "month":
        begin, end = _month_of(today.year, today.month)
        for _ in range(1 + again):
            before = local(begin - _INSTANT)
            begin, end = _month_of(before.year, before.month)
        return begin, end
    if (last or again) and unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * (1 + again))
        return _day_of(monday)[0], end_of(monday + timedelta(days=6))
    halves = 0.5 * bool(found["more"] or found["half"])
    many = _count(found["count"] or "one") + halves
    return _day_of(today - timedelta(days=round(many * _DAYS[unit])))


def _count(said: str) -> float:
    """How many "a couple of" or "half a" are."""
    words = said.casefold().split()
    if words[0] == "half":
        return 0.5
    return int(words[0]) if words[0].isdigit() else max(_COUNTS.get(word, 1) for word in words)
