"""An answer, and what its reference numbers say about where it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sealmate.edits.abstention import REFERENCES as _NUMBERS
from sealmate.edits.words import tokens
from sealmate.prompts import DONT_KNOW, NOT_SAID
from sealmate.records import Hit

# References stand after a space or a full stop ("Rex. [1]"); `row[1]` in an answer is none.
_INSIDE = re.compile(rf"(?:\s+|(?<=[.!?:;,\]])){_NUMBERS}")
_AT_END = re.compile(
    rf"(?:(?<!\s)\s+)?{_NUMBERS}(?:(?:\s|[,;&]|\band\b)*{_NUMBERS})*\s*(?P<stop>[.!?]?)\s*$"
)
# The longest end of a text that may still become a reference, or space before one.
_UNSURE = re.compile(rf"(?:\s|{_NUMBERS}|[,;&.!?]|\ba(?:nd?)?\b)*(?:\[[\d\s,;]*)?$")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, by which version (0 = no memory), and from which passages.

    `closed_book` is True where the weights alone answered. `sources` are
    {"id": source id, "title": str, "passage": passage id}. `confidence`, 0..1, is the geometric
    mean of the token probabilities, or what `sealmate.recall` makes of it. `abstained` answers say
    that it is not known. `recital` is what the weights recited for the answer, if anything.
    """

    text: str
    version: int
    closed_book: bool
    sources: tuple[Mapping[str, Any], ...] = ()
    confidence: float = 0.0
    abstained: bool = False
    recital: str = ""


def read_references(text: str, shown: int) -> tuple[str, tuple[int, ...]]:
    """`text` without its reference numbers, and those of 1..`shown` it gave, in order.

    At the end any bracketed number goes; elsewhere only such as name a passage that was shown.
    """
    numbers: list[int] = []

    def valid(found: str) -> list[int]:
        return [int(digits) for digits in _NUMBER.findall(found) if 1 <= int(digits) <= shown]

    def inside(match: re.Match[str]) -> str:
        named = valid(match[0])
        numbers.extend(named)
        return "" if named else match[0]

    end = _AT_END.search(text)
    body, tail = (text[: end.start()], end[0]) if end else (text, "")
    body = _INSIDE.sub(inside, body).strip()
    numbers.extend(valid(tail))
    if end and end["stop"] and body and body[-1] not in ".!?":
        body += end["stop"]
    return body, tuple(dict.fromkeys(numbers))


def cited(text: str, numbers: Sequence[int], hits: Sequence[Hit], question: str) -> list[Hit]:
    """The passages an answer rests on: those it named, else those that share its words.

    What the question said already proves nothing, so the answer's own words decide where it has
    any. A passage that shares none is never named.
    """
    if numbers:
        return [hits[number - 1] for number in numbers]
    words = telling(text)
    words = (words - telling(question)) or words
    return [hit for hit in hits if not words.isdisjoint(telling(_words_of(hit)))]


def telling(text: str) -> set[str]:
    """The words, names and numbers of `text` that carry meaning, in all forms that match."""
    return {form for token in tokens(text) if token.kind != "light" for form in token.forms}


def as_sources(hits: Sequence[Hit]) -> tuple[dict[str, Any], ...]:
    """`hits` as an answer names them, each passage once."""
    passages = {hit.passage.id: hit for hit in hits}
    return tuple(
        {"id": hit.passage.source_id, "title": hit.source_title, "passage": key}
        for key, hit in passages.items()
    )


def _words_of(hit: Hit) -> str:
    return f"{hit.source_title}\n{hit.passage.heading}\n{hit.passage.text}"


class Speaker:
    """Hands on an answer as it comes, without what may turn out to be no part of it.

    Held back: a reference number until more text follows it, and an answer that begins like
    "The notes do not say." as something better may be found elsewhere, and one of at most `held`
    words, which will be looked up again.
    """

    def __init__(self, on_piece: Callable[[str], None], shown: int, held: int = 0) -> None:
        self._on_piece = on_piece
        self._shown = shown
        self._held = held
        self.heard = ""
        self.said = ""

    def hear(self, piece: str) -> None:
        """Take the next piece of the model's answer."""
        self.heard += piece
        if _may_abstain(self.heard) or len(self.heard.split()) <= self._held:
            return
        unsure = _UNSURE.search(self.heard)
        sure = self.heard[: unsure.start()] if unsure else self.heard
        self._say(read_references(sure, self._shown)[0])

    def finish(self, text: str) -> None:
        """Say what is left of the final `text`. Where other words were said already, nothing."""
        self._say(text)

    def _say(self, text: str) -> None:
        if len(text) > len(self.said) and text.startswith(self.said):
            self._on_piece(text[len(self.said) :])
            self.said = text


def _may_abstain(text: str) -> bool:
    begun = text.strip().casefold()
    endings = (phrase.casefold().rstrip(".") for phrase in (DONT_KNOW, NOT_SAID))
    return any(phrase.startswith(begun) or begun.startswith(phrase) for phrase in endings)


def how_sure(confidence: float) -> str:
    """A confidence, 0..1, in words; a model is never wholly sure."""
    return "over 99% sure" if confidence > 0.99 else f"{confidence:.0%} sure"


def first_line(text: str) -> str:
    """What an abstention says before a small model goes on to guess all the same."""
    return text.partition("\n")[0].strip()


def better_of(read: Answer, known: Answer) -> Answer:
    """What the weights know, or that neither they nor the notes say it."""
    return replace(known, closed_book=False) if known.abstained else known
