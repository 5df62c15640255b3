"""Steps back: from an answer that holds, in the sentence that tells it, to the one before it.

However a question about the past is put, what holds now is found as for any other question. The
sentence in which that stands is the same each time, so what it took the place of is learnt by it:
a key that a memory can know word for word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sealmate.edits.screen import grounded_answer
from sealmate.edits.spans import find_spans
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens, within

AROUND = 12  # words of a sentence on either side of an answer; the rest of a long one is left out
_STEP = re.compile(r"What was it before “(?P<answer>[^”]+)” in “(?P<said>.+)”\?", re.DOTALL)


def step_back(answer: str, said: str) -> str:
    """The question for what an answer took the place of, in the words that tell it."""
    return f"What was it before “{_quoted(answer)}” in “{_quoted(said)}”?"


def step_of(question: str) -> tuple[str, str] | None:
    """The answer and the words of a `step_back`; None for any other question."""
    found = _STEP.fullmatch(question)
    return (found["answer"], found["said"]) if found else None


def tellings(answer: str, texts: Sequence[str], question: str = "") -> list[str]:
    """The sentences of `texts` that hold an answer, each cut to what stands around it; of several
    those that have most of the question's words: a weekday stands in many."""
    found = [said for text in texts for said in sentences(text) if grounded_answer(answer, said)]
    named = content(tokens(question))
    shared = {said: sum(within(token, tokens(said)) for token in named) for said in found}
    most = max(shared.values(), default=0)
    best = [said for said in found if shared[said] == most]
    return list(dict.fromkeys(_around(answer, said) for said in best))


def other_steps(question: str, most: int) -> list[str]:
    """Steps back from what else the same sentence may be asked for, names and numbers first;
    `most` of them at most. Empty for what is no step."""
    parts = step_of(question)
    if parts is None:
        return []
    answer, said = parts
    wanted = content(tokens(answer))
    others = [
        span
        for span in find_spans(said)
        if not any(within(token, wanted) for token in content(tokens(span.text)))
    ]
    others.sort(key=lambda span: not span.strong)
    words = dict.fromkeys(span.text for span in others)
    return [step_back(word, said) for word in list(words)[:most]]


def _around(answer: str, said: str) -> str:
    words = said.split()
    wanted = content(tokens(answer)) or tokens(answer)
    places = [n for n, word in enumerate(words) if any(within(t, wanted) for t in tokens(word))]
    if len(words) <= 2 * AROUND or not places:
        return said
    start, stop = max(0, places[0] - AROUND), places[-1] + 1 + AROUND
    return " ".join(words[start:stop])


def _quoted(text: str) -> str:
    return " ".join(text.replace("“", "").replace("”", "").split())
