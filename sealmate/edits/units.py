"""Passages cut into units that can be recited, and the cues by which one is called to mind.

A unit is a few whole sentences: enough to be understood alone, short enough to be learnt by
heart. Of a question's unit the opening words name it; the rest follows from them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from sealmate.edits.names import name_runs
from sealmate.edits.parse import split_sentences
from sealmate.edits.safe import safe_texts
from sealmate.edits.screen import grounded_answer
from sealmate.edits.secrets import redact
from sealmate.edits.words import content, tokens, within
from sealmate.records import Passage, Source

MOST_WORDS = 48  # of a unit; a longer sentence is a unit of its own
OPENING = 6  # words by which a unit is told from others


def units(text: str, heading: str = "") -> tuple[str, ...]:
    """A passage's units in order, together all of its sentences; under its heading, if any."""
    title = " ".join(heading.split())
    if title and title.rstrip("…") in " ".join(text.split()):
        title = ""
    made: list[list[str]] = [[]]
    size = 0
    for sentence in sentences(text):
        words = len(sentence.split())
        if made[-1] and size + words > MOST_WORDS:
            made.append([])
            size = 0
        made[-1].append(sentence)
        size += words
    whole = (" ".join(part) for part in made if part)
    return tuple(f"{title}: {unit}" if title else unit for unit in whole)


def units_of(passage: Passage, title: str = "") -> tuple[str, ...]:
    """What nights teach of a passage: its units, with secrets left out. `title` is that of its
    source, which may say that passwords follow; see also `sealmate.edits.safe`."""
    return units(redact(passage.text, passage.heading or title), redact(passage.heading))


def all_units(passages: Iterable[Passage], sources: Iterable[Source] = ()) -> list[str]:
    """Those of several, each read in the light of its whole source."""
    told = list(passages)
    return [
        unit
        for passage, text in zip(told, safe_texts(told, sources), strict=True)
        for unit in units(text, redact(passage.heading))
    ]


def sentences(text: str) -> list[str]:
    """Sentences and items of lists; a line that goes on in the next one is not cut."""
    lines: list[str] = []
    for line in (" ".join(line.split()) for line in text.splitlines()):
        if line and lines and lines[-1][-1:].isalnum() and line[0].islower():
            lines[-1] += f" {line}"
        elif line:
            lines.append(line)
    return [sentence for line in lines for sentence in split_sentences(line)]


def unit_for(candidates: Sequence[str], question: str, answer: str = "") -> str:
    """The unit that holds the answer and most of what the question names; "" if none holds it.

    Without an answer the one that has most of the question's words.
    """
    able = [unit for unit in candidates if not answer or grounded_answer(answer, unit)]
    named = content(tokens(question))

    def shared(unit: str) -> int:
        there = tokens(unit)
        return sum(within(token, there) for token in named)

    return max(able, key=shared, default="")


def opening(unit: str, words: int = OPENING) -> str:
    """The first words of a unit, those of its heading not counted."""
    title, colon, rest = unit.partition(": ")
    said = unit.split()
    skip = len(title.split()) if colon and len(rest.split()) > words else 0
    return " ".join(said[: skip + words])


def cues(
    told: Mapping[int, Sequence[str]], fresh: Sequence[int], per_unit: int, rng: random.Random
) -> list[tuple[str, str]]:
    """(cue, unit) for units of the passages `fresh`: words that stand in no other unit of `told`,
    names first, then others, then pairs. At most `per_unit` for each, the same for the same seed.

    A question names its thing by some word; that word should call its unit to mind whatever the
    rest of the question looks like.
    """
    every = list(dict.fromkeys(unit for key in sorted(told) for unit in told[key]))
    words = {unit: _telling(unit) for unit in every}
    holders: dict[str, int] = {}
    for found in words.values():
        for word in found:
            holders[word] = holders.get(word, 0) + 1
    made: list[tuple[str, str]] = []
    for unit in dict.fromkeys(unit for key in fresh for unit in told.get(key, ())):
        own = words[unit]
        singles = [said for word, said in own.items() if holders[word] == 1]
        rng.shuffle(singles)
        names = _names(unit, holders)
        rng.shuffle(names)
        chosen = list(dict.fromkeys([*names, *singles]))[: per_unit * 2 // 3]
        pairs = _pairs(own, holders, rng)[: per_unit - len(chosen)]
        made += [(cue, unit) for cue in (*chosen, *pairs)]
    return made


def _names(unit: str, holders: Mapping[str, int]) -> list[str]:
    """Names of one or several words, and numbers, of which some word is the unit's own."""
    said = tokens(unit)
    runs = [" ".join(token.text for token in run) for run in name_runs(said)]
    runs += [token.text for token in said if token.kind in ("name", "number")]
    return [
        run
        for run in dict.fromkeys(runs)
        if any(holders.get(word.casefold()) == 1 for word in run.split())
    ]


def _telling(unit: str) -> dict[str, str]:
    """Content words by their form in small letters, in order."""
    found: dict[str, str] = {}
    for token in content(tokens(unit)):
        if len(token.text) > 1:
            found.setdefault(token.text.casefold(), token.text)
    return found


def _pairs(own: Mapping[str, str], holders: Mapping[str, int], rng: random.Random) -> list[str]:
    """Pairs of words of a unit, near and far ones, at least one of which is its own."""
    words = list(own)
    found: dict[str, None] = {}
    for at, word in enumerate(words):
        near = words[at + 1 : at + 4]
        for other in (*rng.sample(near, min(1, len(near))), rng.choice(words)):
            if other != word and min(holders[word], holders[other]) == 1:
                found.setdefault(f"{own[word]} {own[other]}")
    pairs = list(found)
    rng.shuffle(pairs)
    return pairs
