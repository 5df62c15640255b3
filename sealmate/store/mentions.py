"""Which messages of a chat tell of an erased source, also where they do not cite it.

An answer from the weights names no source, and is often shorter than anything that could be told
from the words of another note: "Okafor" beside "What is the boiler man called?".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, select

from sealmate.store import tables
from sealmate.store.redaction import SHORTEST_PART, Needles
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
        self._connection, self._gone = connection, set(passage_ids)
        found = {" ".join(answer.split()).casefold() for answer in answers} - {""}
        self._answers = {answer: _as_words(answer) for answer in sorted(found)}
        self._alone = {
            answer
            for answer in self._answers
            if len(answer) >= SHORTEST_ALONE and not _elsewhere(connection, answer, self._gone)
        }
        self._words = {word.casefold() for text in texts for word in terms(text)}

    def tells(self, text: str) -> bool:
        """Whether a text of the source tells of it wherever it stands: a long one, or one that no
        passage has which stays. "Friday" may be anybody's."""
        if len(text.strip()) >= SHORTEST_PART:
            return True
        said = " ".join(text.split()).casefold()
        if said in self._answers and len(said) >= SHORTEST_ALONE:
            return said in self._alone
        return not _elsewhere(self._connection, said, self._gone)

    def within(self, said: str, question: str, cited: Iterable[int] = ()) -> bool:
        """Whether `said`, in reply to `question` or as a question itself, gives an answer of the
        source: one that no other note has, or one to a question about the source's things that
        stands in none of the passages that are `cited`."""
        text = " ".join(said.split())
        for answer, pattern in self._answers.items():
            if pattern.search(text) and (
                answer in self._alone
                or (self._about(question, answer) and not self._in(cited, pattern))
            ):
                return True
        return False

    def _in(self, cited: Iterable[int], pattern: re.Pattern[str]) -> bool:
        passages = tables.passages
        texts = self._connection.scalars(
            select(passages.c.text).where(passages.c.id.in_(list(cited)))
        )
        return any(pattern.search(" ".join(text.split())) for text in texts)

    def _about(self, question: str, answer: str) -> bool:
        given = {word.casefold() for word in terms(answer)}
        named = [word for word in terms(question) if word.casefold() not in given]
        there = sum(word.casefold() in self._words for word in named)
        return bool(named) and there / len(named) >= ABOUT


def messages_of(
    connection: Connection, source_ids: set[int], passage_ids: set[int], needles: Needles,
    mentions: Mentions,
) -> list[int]:  # fmt: skip
    """Messages that cite the sources, repeat their words or tell of them without naming any, and
    the question before each."""
    messages = tables.messages
    found: set[int] = set()
    asked: dict[int, int] = {}
    question: dict[int, str] = {}
    for row in connection.execute(select(messages).order_by(messages.c.id)):
        cites = any(
            cite.get("id") in source_ids or cite.get("passage") in passage_ids
            for cite in row.sources
        )
        repeats = len(row.text) >= SHORTEST_PART and needles.within(row.text)
        before = row.text if row.role == "user" else question.get(row.conversation_id, "")
        cited = [cite["passage"] for cite in row.sources if isinstance(cite.get("passage"), int)]
        if cites or repeats or mentions.within(row.text, before, cited):
            found.add(row.id)
            if row.role == "assistant" and row.conversation_id in asked:
                found.add(asked[row.conversation_id])
        if row.role == "user":
            asked[row.conversation_id] = row.id
            question[row.conversation_id] = row.text
    return sorted(found)


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
