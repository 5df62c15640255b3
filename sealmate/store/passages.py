"""Passages in the ledger, and the search over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from math import log
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, select, text, update

from sealmate.errors import NotFoundError
from sealmate.records import Hit, Passage
from sealmate.store import tables
from sealmate.store.database import Database, chunks
from sealmate.store.search import loose_expression, match_expression

_TABLE = tables.passages
_FIELDS = [field.name for field in fields(Passage)]
_COLUMNS = [_TABLE.c[name] for name in _FIELDS]
_ORDER = (_TABLE.c.source_id, _TABLE.c.ordinal, _TABLE.c.id)
LEAST = 1e-6  # score of a word that every other passage has, as in SQLite's bm25()

# A smaller bm25() is better; forgotten sources are never shown.
_SEARCH = text(
    """
    SELECT p.id, p.source_id, p.ordinal, p.text, p.tokens, p.heading,
           s.title AS source_title, -bm25(passages_fts) AS score
    FROM passages_fts
    JOIN passages p ON p.id = passages_fts.rowid
    JOIN sources s ON s.id = p.source_id
    WHERE passages_fts MATCH :query
      AND (s.state = 'current' OR (:all AND s.state <> 'forgotten'))
    ORDER BY bm25(passages_fts), p.id
    LIMIT :limit
    """
)

_NEWEST = text(
    """
    SELECT p.id, p.source_id, p.ordinal, p.text, p.tokens, p.heading, s.title AS source_title
    FROM passages p JOIN sources s ON s.id = p.source_id
    WHERE s.state = 'current'
    ORDER BY p.source_id DESC, p.ordinal
    LIMIT :limit
    """
)

_KINDRED = text(
    """
    SELECT p.id, p.source_id, p.ordinal, p.text, p.tokens, p.heading, s.title AS source_title
    FROM passages_words
    JOIN passages p ON p.id = passages_words.rowid
    JOIN sources s ON s.id = p.source_id
    WHERE passages_words MATCH :other AND s.state = 'current'
      AND p.id NOT IN (SELECT rowid FROM passages_fts WHERE passages_fts MATCH :word)
    ORDER BY p.id DESC
    LIMIT :limit
    """
)

_COUNTS = text(
    """
    SELECT (SELECT count(*) FROM passages) AS "all", max(
      (SELECT count(*) FROM passages_words WHERE passages_words MATCH :other),
      (SELECT count(*) FROM passages_fts WHERE passages_fts MATCH :word)) AS most
    """
)

# The indexes hold the title of a passage's source, and must be told what they held to let go of it.
_INDEXES = ("passages_fts", "passages_words")
_OUT = [
    text(
        f"INSERT INTO {index}({index}, rowid, text, heading, title) "
        "SELECT 'delete', id, text, heading, title FROM passage_search WHERE id = :id"
    )
    for index in _INDEXES
]
_IN = [
    text(
        f"INSERT INTO {index}(rowid, text, heading, title) "
        "SELECT id, text, heading, title FROM passage_search WHERE id = :id"
    )
    for index in _INDEXES
]


class Passages:
    """The spans of all sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, source_id: int, passages: Iterable[Passage]) -> list[Passage]:
        """Store the passages of a source (their ids and source ids are ignored), with ids.

        Search finds them at once. Raises StoreError if there is no such source.
        """
        ids = []
        with self._database.write() as connection:
            for passage in passages:
                values = {name: getattr(passage, name) for name in _FIELDS if name != "id"}
                values["source_id"] = source_id
                key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
                ids.append(int(key[0]))
            return self.get_many(ids)

    def of_source(self, source_id: int) -> list[Passage]:
        """The passages of a source in reading order; empty if there is no such source."""
        return self._all(select(*_COLUMNS).where(_TABLE.c.source_id == source_id).order_by(*_ORDER))

    def ids_by_source(self) -> dict[int, list[int]]:
        """The passages of each source that has any, whatever its state, in reading order."""
        found: dict[int, list[int]] = {}
        query = select(_TABLE.c.source_id, _TABLE.c.id).order_by(*_ORDER)
        with self._database.read() as connection:
            for source_id, key in connection.execute(query):
                found.setdefault(source_id, []).append(key)
        return found

    def get(self, passage_id: int) -> Passage:
        """The passage with that id. Raises NotFoundError."""
        return self.get_many([passage_id])[0]

    def get_many(self, ids: Iterable[int]) -> list[Passage]:
        """The passages with those ids, in the order of `ids`. Raises NotFoundError."""
        wanted = list(ids)
        found: dict[int, Passage] = {}
        with self._database.read():
            for part in chunks(wanted):
                for passage in self._all(select(*_COLUMNS).where(_TABLE.c.id.in_(part))):
                    found[passage.id] = passage
        missing = [key for key in wanted if key not in found]
        if missing:
            raise NotFoundError(f"there is no passage {missing[0]}")
        return [found[key] for key in wanted]

    def current(self) -> list[Passage]:
        """The passages of all current sources."""
        return self._all(_current().order_by(*_ORDER))

    def stamp(self) -> tuple[int, int, int]:
        """What is another one whenever a passage of a current source came or went: how many there
        are, and the greatest and the sum of their ids, which are never given twice."""
        ids = _current().with_only_columns(_TABLE.c.id).subquery().c.id
        with self._database.read() as connection:
            query = select(func.count(ids), func.max(ids), func.sum(ids))
            count, last, total = connection.execute(query).one()
        return int(count), int(last or 0), int(total or 0)

    def without_edits(self) -> list[Passage]:
        """Passages of current sources that no self-edits were written from yet."""
        return self._all(_current().where(unwritten()).order_by(*_ORDER))

    def ids_without_edits(self) -> set[int]:
        """Their ids, without reading texts."""
        query = _current().with_only_columns(_TABLE.c.id).where(unwritten())
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def mark_written(self, passage_id: int, written_by: str) -> None:
        """Note that `written_by` (model and adapter) wrote from a passage, even if nothing was
        kept. Raises NotFoundError."""
        with self._database.write() as connection:
            changed = connection.execute(
                update(_TABLE)
                .where(_TABLE.c.id == passage_id)
                .values(written_at=self._database.clock(), written_by=written_by)
            )
            if not changed.rowcount:
                raise NotFoundError(f"there is no passage {passage_id}")

    def search(
        self, query: str, limit: int, only_current: bool = True, *, loosely: bool = False
    ) -> list[Hit]:
        """The best `limit` passages for any text a person typed, best first (BM25).

        A passage matches if it, its heading or its source's title holds one of the words.
        `only_current=False` adds replaced sources; `loosely` looks for words that begin alike.
        Never raises for the query's sake.
        """
        expression = loose_expression(query) if loosely else match_expression(query)
        if not expression or limit < 1:
            return []
        values = {"query": expression, "all": not only_current, "limit": limit}
        with self._database.read() as connection:
            return [
                Hit(_record(row), row.source_title, float(row.score))
                for row in connection.execute(_SEARCH, values)
            ]

    def newest(self, limit: int) -> list[Hit]:
        """The newest `limit` current passages, as found by nothing: their scores are 0."""
        with self._database.read() as connection:
            return [
                Hit(_record(row), row.source_title, 0.0)
                for row in connection.execute(_NEWEST, {"limit": max(0, limit)})
            ]

    def vocabulary(self, limit: int) -> list[str]:
        """The `limit` words that most passages have, in small letters, the most frequent first."""
        query = text("SELECT term FROM passages_vocabulary ORDER BY doc DESC, term LIMIT :limit")
        with self._database.read() as connection:
            words = connection.execute(query, {"limit": max(0, limit)}).scalars()
            return [word for word in words if word.isalpha()]

    def kindred(self, word: str, other: str, limit: int) -> list[Hit]:
        """The newest `limit` current passages that do not have `word` but have `other`, a word of
        the vocabulary; by their score, which is how rare the more frequent of the two is (BM25's
        inverse document frequency, in nats)."""
        values = {"word": match_expression(word), "other": f'"{other}"', "limit": limit}
        if not values["word"] or limit < 1:
            return []
        with self._database.read() as connection:
            rows = connection.execute(_KINDRED, values).all()
            if not rows:
                return []
            counts = connection.execute(_COUNTS, values).one()
        rare = max(LEAST, log((counts.all - counts.most + 0.5) / (counts.most + 0.5)))
        return [Hit(_record(row), row.source_title, rare) for row in rows]

    def _all(self, query: Select[Any]) -> list[Passage]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(query)]


def move(connection: Connection, ordinals: Mapping[int, int], source_id: int) -> None:
    """Put passages, by id with their new ordinals, into another source, inside the caller's
    transaction. What was made of them stays; search finds them under the new source's title."""
    for key, ordinal in ordinals.items():
        for statement in _OUT:
            connection.execute(statement, {"id": key})
        connection.execute(
            update(_TABLE).where(_TABLE.c.id == key).values(source_id=source_id, ordinal=ordinal)
        )
        for statement in _IN:
            connection.execute(statement, {"id": key})


def unwritten() -> Any:
    """The condition that a passage has no edit row and no mark of having been written from."""
    has_edit = exists().where(tables.edits.c.passage_id == _TABLE.c.id)
    return _TABLE.c.written_at.is_(None) & ~has_edit


def _current() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(tables.sources, tables.sources.c.id == _TABLE.c.source_id)
        .where(tables.sources.c.state == "current")
    )


def _record(row: Row[Any]) -> Passage:
    return Passage(**{name: getattr(row, name) for name in _FIELDS})
