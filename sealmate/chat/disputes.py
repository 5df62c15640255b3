"""What another note says to an answer, as long as nobody has settled which of the two holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sealmate.chat.answer import Answer, telling
from sealmate.edits.answers import correct, same_answer
from sealmate.errors import NotFoundError
from sealmate.records import Conflict, Edit
from sealmate.store import Store

_YES_OR_NO = re.compile(r"(?:yes|no)\b", re.IGNORECASE)
_ALIKE = 0.5  # share of the words that two wordings of one question have in common, at least


@dataclass(frozen=True, slots=True)
class Dispute:
    """An open conflict that an answer stands in: what the other side says, and its source."""

    conflict: int
    question: str
    answer: str
    source: int
    title: str


def disputes(store: Store, question: str, answer: Answer) -> tuple[Dispute, ...]:
    """The open conflicts in which `answer` is one side, each other side once, oldest first.

    It is where it says what that side says, and a passage of the conflict is its source, unless
    that was asked this for another fact, or the question is a wording of what the conflict is
    about.
    """
    if answer.abstained:
        return ()
    cited = {source.get("passage") for source in answer.sources}
    found: dict[tuple[int, str], Dispute] = {}
    for conflict in store.conflicts.list("open"):
        mine = _side(answer.text, conflict)
        if mine is None and (word := _YES_OR_NO.match(answer.text)):
            named = _side(question, conflict)
            mine = named if named is None or word[0].casefold() == "yes" else 1 - named
        if mine is None:
            continue
        with suppress(NotFoundError):  # forgotten meanwhile
            if (other := _other(store, question, cited, conflict, mine)) is not None:
                found.setdefault((other.source, other.answer.casefold()), other)
    return tuple(found.values())


def told_otherwise(dispute: Dispute) -> str:
    """A dispute in one line, with where to settle it."""
    answer = " ".join(dispute.answer.split())
    return f"told otherwise by source {dispute.source} ({answer}): sealmate conflicts"


def as_facts(dispute: Dispute) -> Mapping[str, Any]:
    """A dispute as JSON."""
    return {
        "id": dispute.conflict,
        "question": dispute.question,
        "answer": dispute.answer,
        "source": {"id": dispute.source, "title": dispute.title},
    }


def alike(one: str, other: str) -> bool:
    """Whether two questions share at least half of their telling words."""
    first, second = telling(one), telling(other)
    both = first | second
    return bool(both) and len(first & second) / len(both) >= _ALIKE


def _side(text: str, conflict: Conflict) -> int | None:
    """Which of the two answers of a conflict a text gives, 0 or 1; None for neither or both."""
    sides = conflict.old_answer, conflict.new_answer
    for gives in (correct, same_answer):
        told = [gives(text, side) for side in sides]
        if told[0] != told[1]:
            return told.index(True)
    if told[0] and correct(*reversed(sides)) != correct(*sides):
        return int(correct(*reversed(sides)))  # "Tuesday and Friday" has all of "Tuesday"
    return None


def _wordings(store: Store, conflict: Conflict, mine: Edit) -> tuple[list[str], list[str]]:
    """What the passage of one side was asked for its answer: on the conflict's matter, the
    conflict's own question among it, and on others."""
    about = [conflict.question]
    others: list[str] = []
    for edit in store.edits.list(state="accepted", passage_id=mine.passage_id):
        if edit.question and same_answer(edit.answer, mine.answer):
            apart = telling(edit.question).isdisjoint(telling(conflict.question))
            (others if apart else about).append(edit.question)
    return about, others


def _other(
    store: Store, question: str, cited: Collection[object], conflict: Conflict, mine: int
) -> Dispute | None:
    """What the other side of a conflict says, where an answer on the side `mine` belongs to it."""
    edits = [store.edits.get(key) for key in (conflict.old_edit, conflict.new_edit)]
    sources = [store.sources.of_passage(edit.passage_id) for edit in edits]
    if any(source.state == "forgotten" for source in sources):  # it waits to be erased
        return None
    read = any(edit.passage_id in cited for edit in edits)
    about, others = _wordings(store, conflict, edits[mine])
    words = telling(question)
    if not read and not any(
        alike(question, one) or (words and words <= telling(one))  # "Who is our vet?" is short
        for one in about
    ):
        return None
    if words.isdisjoint(telling(conflict.question)) and any(alike(question, o) for o in others):
        return None  # the bins are told otherwise; the gardener comes on Tuesdays all the same
    source = store.sources.latest(sources[1 - mine].id)
    answer = (conflict.new_answer, conflict.old_answer)[mine]
    return Dispute(conflict.id, conflict.question, answer, source.id, source.title)
