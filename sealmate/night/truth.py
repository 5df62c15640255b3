"""What of a passage is still true, where a newer note told one of its facts otherwise.

The rest of it can still be learnt by heart: the answer that holds no more is blotted out of it, and
a sentence that tells it in other words is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sealmate.edits.screen import grounded_answer, same_answer
from sealmate.edits.secrets import redact
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens, within
from sealmate.night.supersession import names
from sealmate.records import Passage
from sealmate.store import Store
from sealmate.store.reasons import displaced, is_aside, tells_the_past

GONE = "…"
LEAST = 4  # content words of a sentence that is kept without one of its answers
_ARTICLES = frozenset(("the", "a", "an"))
_IS = frozenset(("is", "are", "costs", "cost"))


def still_true(store: Store, passages: Iterable[Passage]) -> dict[int, Passage]:
    """What of these passages holds, by id. Those of which nothing is left, or whose text was
    replaced, are not among them."""
    lost: dict[int, dict[tuple[str, str], set[str]]] = {}
    replaced: set[int] = set()
    for edit in store.edits.out_of_use():
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
            # while the lines and tabs that tell a list of passwords are as they were
            text = redact(text, passage.heading)
            others = _others(store, passage, answers)
            text = without(text, answers, [gone[key] for key in order], others)
        if text:
            found[passage.id] = replace(passage, text=text)
    return found


def _others(store: Store, passage: Passage, answers: Sequence[str]) -> list[set[str]]:
    """For each answer the questions of a passage that it still answers."""
    known = [
        edit
        for edit in store.edits.list(state="accepted", passage_id=passage.id)
        if edit.question and edit.answer and not tells_the_past(edit)
    ]
    return [{e.question for e in known if same_answer(e.answer, answer)} for answer in answers]


def without(
    text: str,
    answers: Sequence[str],
    questions: Sequence[Collection[str]] | None = None,
    others: Sequence[Collection[str]] | None = None,
) -> str:
    """A text, a sentence a line, in which none of the answers stands, nor a sentence that says
    little else. "" if nothing is left.

    `questions` has for each answer those that it answered, `others` those that it still answers:
    where a sentence with the answer tells what one of the former asks for, the answer stays in
    those that tell it of another thing. Without `others` every sentence that tells nothing of what
    was asked does.
    """
    said = sentences(text)
    asked = questions if questions is not None else [()] * len(answers)
    still = others if others is not None else [None] * len(answers)
    places = [_meant(said, *one) for one in zip(answers, asked, still, strict=True)]
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


def _meant(
    said: Sequence[str], answer: str, questions: Collection[str], others: Collection[str] | None
) -> Collection[int]:
    """The places of the sentences from which an answer has to go: all, if none that has it tells
    what is asked for."""
    having = [
        n
        for n, one in enumerate(said)
        if grounded_answer(answer, one) or _blotted(one, answer) != one
    ]
    telling = [n for n in having if any(names(question, said[n]) for question in questions)]
    if not telling:
        return range(len(said))
    if others is None:
        return telling
    # "Give Ben 20 mg with breakfast" names nothing of the dose, and goes on from it
    return [
        n
        for n in having
        if n in telling
        or not (any(names(one, said[n]) for one in others) or _apart(said[n], answer, questions))
    ]


def _apart(sentence: str, answer: str, questions: Collection[str]) -> bool:
    """Whether a sentence says of a thing of its own that it is the answer: "the car insurance is
    ...". A bare "the dose is ..." goes on from what was said before."""
    before, found, _ = _blotted(sentence, answer).partition(GONE)
    there = tokens(before)
    if not found or len(there) < 4:
        return False
    first, *named, verb = there
    framed = first.text.casefold() in _ARTICLES and verb.text.casefold() in _IS
    asked = [token for question in questions for token in tokens(question)]
    return framed and not any(token.kind == "light" or within(token, asked) for token in named)


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
