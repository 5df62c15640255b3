"""What of a passage is still true, where a newer note told one of its facts otherwise.

The rest of it can still be learnt by heart: the answer that holds no more is blotted out of it, and
a sentence that tells it in other words is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sealmate.edits.screen import grounded_answer
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens
from sealmate.night.supersession import displaced
from sealmate.records import Passage
from sealmate.store import Store
from sealmate.store.edits import is_aside

GONE = "…"
LEAST = 4  # content words of a sentence that is kept without one of its answers


def still_true(store: Store, passages: Iterable[Passage]) -> dict[int, Passage]:
    """What of these passages holds, by id. Those of which nothing is left, or whose text was
    replaced, are not among them."""
    lost: dict[int, set[str]] = {}
    replaced: set[int] = set()
    for state in ("superseded", "rejected"):
        for edit in store.edits.list(state=state):
            if is_aside(edit):
                replaced.add(edit.passage_id)
            elif displaced(edit):
                lost.setdefault(edit.passage_id, set()).add(edit.answer)
    found = {}
    for passage in passages:
        answers = sorted(lost.get(passage.id, set()) - {""}, key=len, reverse=True)
        # what was superseded without an answer is not known well enough to be left out
        unclear = passage.id in lost and not answers
        if passage.id in replaced or unclear:
            continue
        text = without(passage.text, answers) if answers else passage.text
        if text:
            found[passage.id] = replace(passage, text=text)
    return found


def without(text: str, answers: Sequence[str]) -> str:
    """A text, a sentence a line, in which none of the answers stands, nor a sentence that says
    little else. "" if nothing is left."""
    kept = []
    for sentence in sentences(text):
        left = sentence
        for answer in answers:
            left = _blotted(left, answer)
        told = any(grounded_answer(answer, left) for answer in answers)
        if not told and (left == sentence or len(content(tokens(left))) >= LEAST):
            kept.append(left)
    return "\n".join(kept)


def _blotted(sentence: str, answer: str) -> str:
    """The sentence with GONE wherever the words of the answer stand in a row."""
    wanted = tokens(answer)
    at = 0
    while wanted and at + len(wanted) <= len(there := tokens(sentence)):
        row = there[at : at + len(wanted)]
        if all(one.matches(other) for one, other in zip(wanted, row, strict=True)):
            sentence = sentence[: row[0].start] + GONE + sentence[row[-1].end :]
        at += 1
    return sentence
