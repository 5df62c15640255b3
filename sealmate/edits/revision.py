"""Notes compared: whether one is another written anew, and says so.

Two entries of a diary may be as much alike as a note and its correction: what was so one day is no
less true for what was so another. In that alone words tell that something has changed.
"""

from __future__ import annotations

import re
from datetime import datetime

from sealmate.edits.beginnings import beginnings
from sealmate.edits.lexicon import PAST
from sealmate.edits.questions import Asked, take_apart
from sealmate.edits.steps import tellings
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens, within

# A note with this share of its words in common with an older one is that one written anew, and so
# is one that has so many of the older one's (of several at least), and a few more that say so.
REVISED, REPEATED, SEVERAL, MORE = 0.6, 0.8, 6, 8
# What speaks of an earlier note as such.
_PUTS_RIGHT = re.compile(
    r"^(?:correction|corrected|updated?)\s*[:.,;–—-]|^(?:this|that|it) (?:has|is) changed\b"
    r"|\bcorrection (?:to|of) (?:an?|the|my)\b|\bwhat I (?:wrote|noted)\b"
    r"|\b(?:earlier|previous|older) (?:note|entry)\b",
    re.IGNORECASE,
)
# What may be said of a change, and of much else.
_CHANGES = re.compile(
    r"\b(?:now|from (?:today|tomorrow)|as of (?:today|tomorrow)|instead|in place of|chang(?:ed?|es)"
    r"|correct(?:ed|ion)|wrong|updated?|actually|moved to|no longer)\b"
    r"|(?:\bnot|n't)\b[^.!?]{0,60}\bany ?more\b",
    re.IGNORECASE,
)
_NEW = re.compile(r"\bnew (?P<what>(?:[\w'’-]+ ?){1,3})", re.IGNORECASE)
_PRESENT = frozenset(("am", "is", "are", "do", "does", "can", "must", "may", "will", "shall"))


def alike(first: str, second: str) -> float:
    """The share of content words that two texts have in common, 0..1."""
    some, others = _words(first), _words(second)
    return len(some & others) / len(some | others) if some | others else 0.0


def written_anew(older: str, newer: str) -> bool:
    """Whether a text is an older one with something changed in it. The words at its beginning that
    say so need not count."""
    return _anew(older, newer) or _anew(_bare(older), _bare(newer))


def _anew(older: str, newer: str) -> bool:
    if alike(older, newer) >= REVISED:
        return True
    some, others = _words(older), _words(newer)
    added = len(others) - len(some)
    return len(some) >= SEVERAL and added <= MORE and len(some & others) >= REPEATED * len(some)


def puts_right(text: str) -> bool:
    """Whether a text begins with saying of an earlier one that it holds no more."""
    return any(map(_PUTS_RIGHT.search, sentences(text)[:1]))


def _bare(text: str) -> str:
    """A text without the words at its beginning by which it puts another right."""
    if not puts_right(text):
        return text
    first, *rest = sentences(text)
    lead, _, told = first.partition(": ")
    if not _PUTS_RIGHT.search(f"{lead}:"):  # it says so further on
        return text
    return " ".join([told, *rest]).strip() or text


def says_so(older: str, newer: str, question: str, answer: str, told: datetime) -> bool:
    """Whether a text that is an older one written anew says that its answer took the place of
    another, at its beginning or where it tells that. `told` is when it was told.

    Of what happened once the next time is no change, whatever is new or otherwise then.
    """
    if puts_right(newer):
        return True
    asked = take_apart(question)
    if _happened(asked):
        return False
    before, own = f" {_plain(older)}", set(_plain(answer).split())
    there = dict.fromkeys([*sentences(newer)[:1], *tellings(answer, [newer], question)])
    return any(
        f" {words}" not in before and not own.issuperset(words.split())
        for said in there
        for words in _news(said, asked, told)
    )


def _news(said: str, asked: Asked, told: datetime) -> list[str]:
    """The words of a sentence that may tell of a change in what is asked for."""
    found = [match[0] for match in _CHANGES.finditer(said)]
    # a new car is no new key, if that is what was asked for
    for match in _NEW.finditer(said):
        if any(within(token, asked.content) for token in content(tokens(match["what"]))):
            found.append("new")
    found += [one.date for one in beginnings(said, told)]
    return [_plain(words) for words in found]


def _happened(asked: Asked) -> bool:
    """Whether a question is about something that happened."""
    done = any(len(word) > 4 and word.endswith("ed") and word != "indeed" for word in asked.words)
    return not PAST.isdisjoint(asked.words) or (done and _PRESENT.isdisjoint(asked.words))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> set[str]:
    return {min(token.forms) for token in content(tokens(text))}
