"""The time that a question asks about: now, formerly, at first, before a date, in a month.

Rules of English wording, without a model. A time counts only where it says when something held;
"after" and "since" ask for what holds now.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from sealmate.edits.lexicon import LINKS, MONTHS

_SHORT = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS)
_MONTH = rf"(?P<month>(?:{_SHORT})(?![a-z]))\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d)"
_PART = r"(?:(?:the )?(?P<part>early|mid|late|start of|beginning of|middle of|end of)[ -])?"
_DATES = (
    re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<number>0\d|1[0-2])(?:-(?P<day>[0-3]\d))?(?!\d)"),
    re.compile(rf"(?:the )?{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_MONTH} (?:the )?{_DAY}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_PART}{_MONTH}(?:,? {_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_PART}{_YEAR}", re.IGNORECASE),
)
_BEFORE = r"before|until|till|up to|prior to"
_NOT_SINCE = r"(?<!since )(?<!after )(?<!from )"
_LED = re.compile(
    rf"\b(?P<lead>{_BEFORE}|(?:back )?(?:in|on|at|during)|as of)\s+(?:(?P<gone>last)\s+)?(?=\S)"
    rf"|{_NOT_SINCE}(?<!the )(?<!our )(?<!my )\b(?P<last>last)\s+(?=\S)",
    re.IGNORECASE,
)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTS = {word: n for n, word in enumerate(_WORDS, 1)}
_BACK = re.compile(
    rf"{_NOT_SINCE}\b(?:(?P<lead>{_BEFORE})\s+)?"
    r"(?:(?P<last>last (?P<unit>day|week|month|year)|yesterday)"
    rf"|(?P<count>a|an|{'|'.join(_WORDS)}|\d{{1,3}}) "
    r"(?P<units>day|week|month|year)s? ago)\b,?",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:originally|initially|at first|in the beginning)\b,?", re.IGNORECASE)
_ASKED = r"(?:who|whom|whose|what|when|where|which|how|why)\b"
_FORMER = re.compile(
    r"(?i)\b(?:(?P<clause>before|until|(?<!the )(?<!'s )till|prior\s+to)\b"
    rf"(?!\s{_ASKED})(?:(?!\s{_ASKED})[^,?])*,?"
    r"|(?:former(?:ly)?|previous(?:ly)?|(?<!is )(?<!are )(?<!be )(?<!was )used\s+to)\b"
    r"|(?P<past>earlier|use\s+to)\b|(?:in\s+(?:the\s+past|former\s+times)|back\s+then)\b,?)"
)
# "How long before the flight" is a span of time, and none at which anything held.
_MEASURED = re.compile(
    r"(?i)\b(?:how (?:long|soon|far|early|much)|what time"
    r"|how (?:many|much)(?: (?!is\b|are\b|was\b|were\b|do|did\b|ha[sd])\w+){1,3})\s*$"
)
_OWNED = re.compile(
    r"(?i)\b(?:my|our|your|his|her|their"
    r"|(?!(?:who|what|where|when|how|that|it|there|here|he|she)\b)[^\W\d_]+['’]s)\s+"
    r"(?P<old>old\s+|last\s+|ex[-\s])(?P<what>\w+)"
)
# The last one of these is the one before, of others the latest: the last bill.
_LASTING = frozenset(
    ("address", "flat", "house", "home", "job", "car", "bike", "phone", "school", "employer",
     "boss", "landlord", "doctor", "vet", "dentist", "babysitter", "cleaner", "teacher")
)  # fmt: skip
_FOR_GOOD = frozenset(("wife", "husband", "partner", "boyfriend", "girlfriend"))
# "What do I do before I leave?" asks for what holds now, "Who was it before Ann?" does not
_PRESENT = re.compile(r"(?i)\b(?:am|is|are|do|does|has|have|must|can|may|should|shall|will)\b|'s\b")
_PAST = re.compile(r"(?i)\b(?:was|were|did|had|used|would|could|might)(?:n't)?\b")
_WAS = re.compile(r"(?i)\b(?:was|were|did|had)(?:n't)?\b")
_TOOL = re.compile(r"(?i).*?\b(?:what|which|whose|how (?:much|many) (?!did\b))")
_DONE = re.compile(r"(?i) (?!be\b|have\b|call\b)\w+(?: (?P<what>\w+))?")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question asks about. `plain` is the question without the words that say so, `words`
    those. "now"; "first": what held to begin with; "formerly": what held before the last change;
    "then": what held in the span from `begin` to `end`; "before": what held just before `end`."""

    plain: str
    kind: Literal["now", "formerly", "first", "then", "before"] = "now"
    words: str = ""
    begin: datetime | None = None
    end: datetime | None = None


def moment_of(question: str, clock: Callable[[], datetime]) -> Moment:
    """The time a question asks about. `clock` gives the present, for months without a year and
    for "last year"; times are aware, a date without a time zone is one of UTC."""
    text = " ".join(question.split())
    text = re.sub(r"(?i)\bdid\b([^?]*?)\bused? to be\b", r"was formerly\1", text)
    text = re.sub(r"\bused to be\b", "formerly was", text, flags=re.IGNORECASE)
    text = " ".join(text.split()).replace(" ?", "?")
    for led in _LED.finditer(text):
        early = re.fullmatch(_BEFORE, led["lead"] or "", re.IGNORECASE)
        if early and _MEASURED.search(text, 0, led.start()):
            continue
        gone = bool(led["gone"] or led["last"])
        for form in _DATES:
            found = form.match(text, led.end())
            # "last March", but not last March's rent, nor "last 2019"
            whole = not gone or (found and found.groupdict().get("month"))
            if found and whole and not (gone and text[found.end() :].startswith(("'", "’"))):
                said = found.groupdict()
                rest = text[: led.start()] + text[found.end() :]
                # "Who will mind the dog in August?" asks for the August to come
                coming = not said.get("year") and not gone and _of_now(rest)
                if coming or not 0 < int(said.get("number") or 1) <= 12:
                    continue
                begin, end = _span(found, clock, gone)
                if early:
                    return _just_before(text, led.start(), found.end(), begin)
                return _then(text, led.start(), found.end(), begin, end)
    if back := _BACK.search(text):
        begin, end = _back(back, clock())
        if back["lead"]:
            return _just_before(text, back.start(), back.end(), begin)
        return _then(text, back.start(), back.end(), begin, end)
    if first := _FIRST.search(text):
        return Moment(_without(text, _FIRST), "first", first[0])
    return _formerly(text) or Moment(text)


def _formerly(text: str) -> Moment | None:
    """What a question asks for without a date of what used to hold; None if it does not."""
    for match in _FORMER.finditer(text):
        rest = text[: match.start()] + text[match.end() :]
        if match["clause"] and (
            _MEASURED.search(text, 0, match.start()) or _of_now(rest if rest.strip(" ?") else text)
        ):
            continue
        if match["past"] and (not _WAS.search(text) or _is_tool(match)):
            continue
        return Moment(_without(text, _FORMER), "formerly", match[0])
    for match in _OWNED.finditer(text):
        if _is_former(match):
            start, stop = match.span("old")
            plain = text[:start] + text[stop:]
            return Moment(plain, "formerly", text[match.start() : stop].strip(" -"))
    return None


def _is_tool(match: re.Match[str]) -> bool:
    """Whether "What did Tom use to open it?" asks with what, and not for what used to be: it is
    done to something."""
    done = _DONE.match(match.string, match.end())
    what = _TOOL.match(match.string)
    if match[0].casefold() == "earlier" or not done or not what:
        return False
    return done["what"] is not None and done["what"].casefold() not in LINKS


def _is_former(match: re.Match[str]) -> bool:
    """Whether "our old vet" is who was it before: beside "was", not beside "is"."""
    old, what = match["old"].casefold().strip(" -"), match["what"].casefold()
    if not _WAS.search(match.string, 0, match.start()):
        return False
    if old == "last":
        asked = re.search(r"(?i)\bwho (?:was|were) $", match.string[: match.start()])
        return what in _LASTING or (asked is not None and what != "name")
    return not (old == "ex" and what in _FOR_GOOD)


def _without(text: str, form: re.Pattern[str]) -> str:
    plain = " ".join(form.sub(" ", text).split()).lstrip(", ")
    return plain.replace(" ?", "?")


def _just_before(text: str, start: int, stop: int, begin: datetime) -> Moment:
    just = begin - timedelta(microseconds=1)
    return replace(_then(text, start, stop, just, just), kind="before")


def _of_now(said: str) -> bool:
    return bool(_PRESENT.search(said) and not _PAST.search(said))


def _then(text: str, start: int, stop: int, begin: datetime, end: datetime) -> Moment:
    words, rest = text[start:stop], text[stop:].lstrip(",")
    plain = " ".join(f"{text[:start]} {rest}".split()).lstrip(", ").replace(" ?", "?")
    return Moment(plain, "then", words, begin, end)


def _span(
    found: re.Match[str], clock: Callable[[], datetime], gone: bool
) -> tuple[datetime, datetime]:
    """First and last moment of a date, a month, a year or a part of one; `gone`: it is over."""
    said = {key: value for key, value in found.groupdict().items() if value}
    month = int(said.get("number", 0)) or _month(said.get("month", ""))
    year = int(said["year"]) if "year" in said else 0
    if not year:  # the last such month that has begun
        now = clock()
        year = now.year - (month > now.month - gone)
    first = datetime(year, month or 1, 1, tzinfo=UTC)
    if "day" in said:
        day = min(int(said["day"]), monthrange(year, month)[1])
        begin = first.replace(day=max(1, day))
        return begin, begin + timedelta(days=1, microseconds=-1)
    after = datetime(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1, tzinfo=UTC)
    part = said.get("part", "").casefold().split(" ")[0]
    third = (after - first) / 3
    begin = first + third * {"mid": 1, "middle": 1, "late": 2, "end": 2}.get(part, 0)
    end = begin + third if part else after
    return begin, end - timedelta(microseconds=1)


def _month(name: str) -> int:
    short = name.casefold()[:3]
    return next((n for n, whole in enumerate(MONTHS, 1) if whole[:3] == short), 0)


def _back(found: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    """The day, week, month or year that is so long past."""
    unit = (found["unit"] or found["units"] or "day").casefold()
    count = (found["count"] or "one").casefold()
    many = int(count) if count.isdigit() else _COUNTS.get(count, 1)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    one = timedelta(microseconds=1)
    if found["last"] and unit == "year":
        return midnight.replace(year=now.year - 1, month=1, day=1), midnight.replace(
            month=1, day=1
        ) - one
    if found["last"] and unit == "month":
        end = midnight.replace(day=1) - one
        return end.replace(day=1, hour=0, minute=0, second=0, microsecond=0), end
    if found["last"] and unit == "week":
        end = midnight - timedelta(days=midnight.weekday()) - one
        return end + one - timedelta(days=7), end
    then = midnight - timedelta(days=many * _DAYS[unit])
    return then, then + timedelta(days=1) - one
