"""What of a passage is still true, where a newer note told one of its facts otherwise.

The rest of it can still be learnt by heart: the answer that holds no more is blotted out of it, and
a sentence that tells it in other words is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sealmate.edits.screen import grounded_answer
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens
from sealmate.night.supersession import displaced, names
from sealmate.records import Passage
from sealmate.store import Store
from sealmate.store.edits import is_aside

GONE = "…"
LEAST = 4  # content words of a sentence that is kept without one of its answers


def still_true(store: Store, passages: Iterable[Passage]) -> dict[int, Passage]:
    """What of these passages holds, by id. Those of which nothing is left, or whose text was
    replaced, are not among them."""
    lost: dict[int, dict[tuple[str, str], set[str]]] = {}
    replaced: set[int] = set()
    for state in ("superseded", "rejected"):
        for edit in store.edits.list(state=state):
            if is_aside(edit):
                replaced.add(edit.passage_id)
            elif displaced(edit):
                # by answer and conflict, as one answer may have been that to two questions
                told = lost.setdefault(edit.passage_id, {})
                told.setdefault((edit.answer, edit.reason), set()).add(edit.question)
    found = {}
    for passage in passages:
        gone = {key: asked for key, asked in lost.get(passage.id, {}).items() if key[0]}
        order = sorted(gone, key=lambda key: (-len(key[0]), key))
        answers = [answer for answer, _ in order]
        # what was superseded without an answer is not known well enough to be left out
        unclear = passage.id in lost and not answers
        if passage.id in replaced or unclear:
            continue
        text = passage.text
        if answers:
            text = without(text, answers, [gone[key] for key in order])
        if text:
            found[passage.id] = replace(passage, text=text)
    return found


def without(
    text: str, answers: Sequence[str], questions: Sequence[Collection[str]] | None = None
) -> str:
    """A text, a sentence a line, in which none of the answers stands, nor a sentence that says
    little else. "" if nothing is left.

    `questions` has for each answer those that it answered: where a sentence with the answer tells
    what one of them asks for, the answer stays in other sentences, which tell it of other things.
    """
    said = sentences(text)
    asked = questions if questions is not None else [()] * len(answers)
    places = [_meant(said, *one) for one in zip(answers, asked, strict=True)]
    kept = []
    for n, sentence in enumerate(said):
        here = [answer for answer, meant in zip(answers, places, strict=True) if n in meant]
        left = sentence
        for answer in here:
            left = _blotted(left, answer)
        told = any(grounded_answer(answer, left) for answer in here)
        if not told and (left == sentence or len(content(tokens(left))) >= LEAST):
            kept.append(left)
    return "\n".join(kept)


def _meant(said: Sequence[str], answer: str, questions: Collection[str]) -> Collection[int]:
    """The places of the sentences from which an answer has to go: all, if none that has it tells
    what is asked for."""
    every = range(len(said))
    return [
        n
        for n in every
        if (grounded_answer(answer, said[n]) or _blotted(said[n], answer) != said[n])
        and any(names(question, said[n]) for question in questions)
    ] or every


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
