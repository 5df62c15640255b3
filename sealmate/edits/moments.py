"""The time that a question asks about: now, formerly, at first, before a date, in a month.

Rules of English wording, without a model. A time counts only where it says when something held;
"after" and "since" ask for what holds now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sealmate.edits.forms import folded, stem
from sealmate.edits.lexicon import DOING, LIGHT, LINKS
from sealmate.edits.timespans import BACK, BEFORE, NOT_SINCE, back, date_at, range_in

# "By", "around" and a comma lead to a date only where that has a year.
_LED = re.compile(
    rf"(?:\b(?P<lead>{BEFORE}|(?:back )?(?:in|on|at|during)|as of)|(?P<weak>\b(?:by|around)|,))\s+"
    r"(?:(?P<gone>last)\s+)?(?=\S)"
    rf"|{NOT_SINCE}(?<!the )(?<!our )(?<!my )\b(?P<last>last)\s+(?=\S)",
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
_NO_NOUNS = LIGHT | LINKS | frozenset(("called", "like", "and", "or", "again"))
_FOR_GOOD = frozenset(("wife", "husband", "partner", "boyfriend", "girlfriend"))
# "What do I do before I leave?" asks for what holds now, "Who was it before Ann?" does not
_PRESENT = re.compile(r"(?i)\b(?:am|is|are|do|does|has|have|must|can|may|should|shall|will)\b|'s\b")
_PAST = re.compile(r"(?i)\b(?:was|were|did|had|used|would|could|might)(?:n't)?\b")
_WAS = re.compile(r"(?i)\b(?:was|were|did|had)(?:n't)?\b")
_TOOL = re.compile(r"(?i).*?\b(?:what|which|whose|how (?:much|many) (?!did\b))")
_DONE = re.compile(r"(?i) (?!be\b|have\b|call\b)\w+(?: (?P<what>\w+))?")


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
    for "last year"; times are aware, a date is one of the time zone that this computer is
    in."""
    text = " ".join(question.split())
    text = re.sub(r"(?i)\bdid\b([^?]*?)\bused? to be\b", r"was formerly\1", text)
    text = re.sub(r"\bused to be\b", "formerly was", text, flags=re.IGNORECASE)
    text = " ".join(text.split()).replace(" ?", "?")
    if told := range_in(text):
        (begin, end), start, stop = told
        return _then(text, start, stop, begin, end)
    for led in _LED.finditer(text):
        early = re.fullmatch(BEFORE, led["lead"] or "", re.IGNORECASE)
        if early and _MEASURED.search(text, 0, led.start()):
            continue
        gone = bool(led["gone"] or led["last"])
        found = date_at(text, led.end(), clock, gone)
        if found is None:
            continue
        (begin, end), stop, dated = found
        rest = text[: led.start()] + text[stop:]
        # "Who will mind the dog in August?" asks for the August to come
        if not dated and not gone and (led["weak"] or _of_now(rest)):
            continue
        if early:
            return _just_before(text, led.start(), stop, begin)
        return _then(text, led.start(), stop, begin, end)
    if ago := BACK.search(text):
        begin, end = back(ago, clock())
        if ago["lead"]:
            return _just_before(text, ago.start(), ago.end(), begin)
        return _then(text, ago.start(), ago.end(), begin, end)
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
        lasting = what in _LASTING and _is_head(match)
        return lasting or (asked is not None and what != "name")
    return not (old == "ex" and what in _FOR_GOOD)


def _is_head(match: re.Match[str]) -> bool:
    """Whether the word is what is meant: our last phone, but not our last phone bill."""
    rest, text = match.string[match.end() :], match.string
    if not rest.startswith(" ") or rest[1:2].isupper():
        return True
    after: list[str] = []
    for word in re.findall(r"[\w'’-]+", rest):
        if folded(word) in _NO_NOUNS:
            break
        after.append(word)
    if not after:
        return True
    if not re.search(r"(?i)\b(?:did|had|has|have)\b", text[: match.start()]):
        return False
    # "did our last cleaner cost?", "did our last phone bill cost?"
    verbs = [not {folded(word), stem(folded(word))}.isdisjoint(DOING) for word in after]
    return len(after) == 1 or (verbs[0] and not verbs[1])


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
