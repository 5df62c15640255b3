"""Facts that no text tells, as they are learnt by heart: the answer alone, and until when it held.

The question is no part of it. A memory that has learnt to say the question after the person says
any answer with that; and with the answer alone how likely it is to be said is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from sealmate.edits.lexicon import MONTHS, TITLES
from sealmate.edits.moments import Moment, moment_of
from sealmate.edits.questions import in_former_times, in_the_past, near
from sealmate.edits.words import content, tokens, within
from sealmate.times import begin_of, day

_HOLDS = "The answer is"
_HELD = "the answer was"
_FORM = re.compile(
    rf"(?:{_HOLDS}|Until (?P<day>\d{{1,2}}) (?P<month>[A-Za-z]+) (?P<year>\d{{4}}) {_HELD}) "
    r"(?P<answer>\S.*)\."
)
_CLAUSE = re.compile(r"(?:before|until|till|up to|prior to)\s+(?P<named>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BareFact:
    """An answer; `until` is the day on which it ceased to hold (None: it holds)."""

    answer: str
    until: datetime | None = None


def outright(answer: str) -> str:
    """An answer that holds, to be learnt by heart."""
    return f"{_HOLDS} {answer.strip().rstrip('.')}."


def formerly(answer: str, until: datetime) -> str:
    """An answer that held until that day, to be learnt by heart."""
    return f"Until {day(until)} {_HELD} {answer.strip().rstrip('.')}."


def bare_fact(said: str) -> BareFact | None:
    """The fact in a text of one of these forms; None for any other text."""
    found = _FORM.fullmatch(" ".join(said.split()))
    if found is None:
        return None
    if not found["day"]:
        return BareFact(found["answer"])
    try:
        month = 1 + MONTHS.index(found["month"].casefold())
        until = begin_of(int(found["year"]), month, int(found["day"]))
    except ValueError:  # no such day: a memory may say anything
        return None
    return BareFact(found["answer"], until)


def cue_for(moment: Moment) -> str:
    """The words in which nights teach what held before, for a question about the past."""
    made = in_the_past(moment.plain, "")
    return made[-1] if made else moment.plain


def former_cues(question: str, most: int) -> list[str]:
    """Words and pairs of words of a question about the past, by which its fact should come to mind
    however it is asked; `most` of either at most."""
    words = list(dict.fromkeys(token.text for token in content(tokens(_plain(question)))))
    return [in_former_times(said) for said in (*words[:most], *_pairs(words)[:most])]


def cues_beside(answer: str, said: str, most: int) -> list[str]:
    """Pairs of words of the text that an answer stood in, those nearest to it, `most` words in
    all: the questions that were written of a fact need not name what it is about. Empty where it
    does not stand there."""
    there, wanted = content(tokens(said)), tokens(answer)
    places = [n for n, token in enumerate(there) if within(token, wanted)]
    others = [n for n in range(len(there)) if n not in places]
    if not places:
        return []
    others.sort(key=lambda n: min(abs(n - place) for place in places))
    beside = dict.fromkeys(there[n].text for n in sorted(others[:most]))
    return [in_former_times(said) for said in _pairs(list(beside))]


def one_that_changed(question: str, former: Iterable[str]) -> bool:
    """Whether a question asks for what one of the `former` ones asks the past of."""
    return any(near(question, _plain(asked)) for asked in former)


@lru_cache(maxsize=1024)
def _plain(question: str) -> str:
    return moment_of(question, lambda: datetime.now(UTC)).plain


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{one} {other}" for one, other in pairwise(words)]


def names(moment: Moment, answer: str) -> bool:
    """Whether a question about the past names this answer as what came after what it asks for:
    "before Dr Lane". One that names a date does so where that is all of the answer."""
    clause = _CLAUSE.match(moment.words)
    if clause is None:
        return False
    said = [word for word in content(tokens(moment.words)) if word.start >= clause.start("named")]
    own = content(tokens(answer))
    if moment.kind != "formerly":
        return all(within(t, said) for t in own) and all(within(t, own) for t in said)
    if not all(any(token.forms & TITLES for token in some) for some in (said, own)):
        # "before Lane" names Dr Lane
        said, own = ([t for t in some if not t.forms & TITLES] for some in (said, own))
    # "before Lane came": what came of whom is no part of an answer
    strong = [token for token in said if token.kind in ("name", "number")] or said
    pairs = ((own, said), (strong, own))
    return any(bool(some) and all(within(t, others) for t in some) for some, others in pairs)


def asked_for(facts: Sequence[tuple[BareFact | None, float]], moment: Moment) -> int | None:
    """The place of the fact that a question about the past asks for, of several with how likely
    each is; None if it is none of them. Of former answers the date tells which."""
    told = [
        (fact.until, -chance, place)
        for place, (fact, chance) in enumerate(facts)
        if fact is not None and fact.until is not None
    ]
    able = [one for one in told if moment.end is None or moment.end < one[0] + timedelta(days=1)]
    if moment.kind == "before" and not able:
        # nobody asks in this way for what holds still: the last change came before the date
        last = max((until for until, *_ in told), default=None)
        able = [one for one in told if one[0] == last]
    if not able:
        return None
    likeliest = min(able, key=lambda one: one[1])
    return (likeliest if moment.kind == "formerly" else min(able))[2]
