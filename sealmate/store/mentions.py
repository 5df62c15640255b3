"""Which messages of a chat tell of an erased source although they do not cite it.

An answer from the weights names no source, and is often shorter than anything that could be told
from the words of another note: "Okafor" beside "What is the boiler man called?".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, select

from sealmate.store import tables
from sealmate.store.search import terms

# An answer of fewer characters tells of its source only beside a question that names its things.
SHORTEST_ALONE = 4
# Share of a question's words from which on it may be about the source.
ABOUT = 0.5


class Mentions:
    """The answers of a source that is to be erased, and the words it is told in."""

    def __init__(
        self,
        connection: Connection,
        passage_ids: Iterable[int],
        answers: Iterable[str],
        texts: Iterable[str],
    ) -> None:
        gone = set(passage_ids)
        found = {" ".join(answer.split()).casefold() for answer in answers} - {""}
        self._answers = {answer: _as_words(answer) for answer in sorted(found)}
        self._alone = {
            answer
            for answer in self._answers
            if len(answer) >= SHORTEST_ALONE and not _elsewhere(connection, answer, gone)
        }
        self._words = {word.casefold() for text in texts for word in terms(text)}

    def within(self, said: str, question: str) -> bool:
        """Whether `said`, in reply to `question` or as a question itself, gives an answer of the
        source: one that no other note has, or one to a question about the source's things."""
        text = " ".join(said.split())
        for answer, pattern in self._answers.items():
            if pattern.search(text) and (answer in self._alone or self._about(question, answer)):
                return True
        return False

    def _about(self, question: str, answer: str) -> bool:
        given = {word.casefold() for word in terms(answer)}
        named = [word for word in terms(question) if word.casefold() not in given]
        there = sum(word.casefold() in self._words for word in named)
        return bool(named) and there / len(named) >= ABOUT


def _as_words(answer: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)


def _elsewhere(connection: Connection, answer: str, gone: set[int]) -> bool:
    """Whether a passage that stays has the answer as words of its own."""
    passages, pattern = tables.passages, _as_words(answer)
    query = select(passages.c.id, passages.c.text).where(
        passages.c.text.icontains(answer, autoescape=True)
    )
    return any(
        row.id not in gone and pattern.search(" ".join(row.text.split()))
        for row in connection.execute(query)
    )
