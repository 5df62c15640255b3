"""Sources in the ledger: added, replaced by a newer self, or forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Source, SourceKind, SourceState
from sealmate.store import edits, passages, reasons, tables
from sealmate.store.database import Database

_TABLE = tables.sources


@dataclass(frozen=True, slots=True)
class Entry:
    """A source as a list shows it: all but its text (see `sealmate.records.Source`)."""

    id: int
    kind: SourceKind
    title: str
    content_hash: str
    created_at: datetime
    uri: str | None
    media_type: str
    state: SourceState
    replaced_by: int | None


_ENTRY = [_TABLE.c[field.name] for field in fields(Entry)]


class Sources:
    """The sources of a profile, as given, each with its content hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: Source) -> Source:
        """Store `source` (its id is ignored) and return it with its id."""
        with self._database.write() as connection:
            values = {
                column.name: getattr(source, column.name)
                for column in _TABLE.columns
                if column.name != "id"
            }
            key = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
        return self.get(_first(key))

    def replace(self, old_id: int, new: Source, kept: Mapping[int, int] | None = None) -> Source:
        """Store `new` in the place of `old_id`.

        `kept` are passages of the old one that stand in the new one as well, by id, with their
        ordinals there: they move, with all that was made of them. The old one is marked replaced,
        the live edits of its other passages superseded, those excepted that tell what used to
        hold anyway, and their probes retired. Raises NotFoundError, and StoreError if the old one
        is not current or has no such passage.
        """
        with self._database.write() as connection:
            old = self.get(old_id)
            if old.state != "current":
                raise StoreError(f"source {old_id} is {old.state} and cannot be replaced")
            stored = self.add(new)
            mine = select(tables.passages.c.id).where(tables.passages.c.source_id == old_id)
            if strange := set(kept or ()) - set(connection.scalars(mine)):
                raise StoreError(f"source {old_id} has no passage {min(strange)}")
            passages.move(connection, kept or {}, stored.id)
            connection.execute(
                update(_TABLE)
                .where(_TABLE.c.id == old_id)
                .values(state="replaced", replaced_by=stored.id)
            )
            self._set_aside(old_id, reasons.replaced_by(stored.id), but=reasons.FORMERLY)
        return stored

    def mark_forgotten(self, source_id: int) -> Source:
        """Hide a source and its replaced earlier selves at once from search, training and tests;
        `erasure.erase` removes them. Raises NotFoundError.
        """
        with self._database.write() as connection:
            for key in lineage(connection, source_id):
                connection.execute(
                    update(_TABLE).where(_TABLE.c.id == key).values(state="forgotten")
                )
                self._set_aside(key, "the source was forgotten")
            return self.get(source_id)

    def earlier(self, source_id: int) -> list[Source]:
        """The earlier selves that a source replaced, the last one first. Raises NotFoundError."""
        with self._database.read() as connection:
            return [self.get(key) for key in lineage(connection, source_id)[1:]]

    def latest(self, source_id: int) -> Source:
        """What a source has become: itself, or the newest that took its place. Raises
        NotFoundError."""
        with self._database.read():
            found = self.get(source_id)
            while found.replaced_by:
                found = self.get(found.replaced_by)
            return found

    def get(self, source_id: int) -> Source:
        """The source with that id. Raises NotFoundError."""
        found = self._all(select(_TABLE).where(_TABLE.c.id == source_id))
        if not found:
            raise NotFoundError(f"there is no source {source_id}", "list them: sealmate sources")
        return found[0]

    def of_passage(self, passage_id: int) -> Source:
        """The source that a passage is of. Raises NotFoundError."""
        passages = tables.passages
        query = select(_TABLE).join(passages, passages.c.source_id == _TABLE.c.id)
        found = self._all(query.where(passages.c.id == passage_id))
        if not found:
            raise NotFoundError(f"there is no passage {passage_id}")
        return found[0]

    def by_hash(self, content_hash: str) -> Source | None:
        """The current source with that content, if any."""
        return self._current(_TABLE.c.content_hash == content_hash)

    def move(self, source_id: int, uri: str) -> Source:
        """Note that a file lies elsewhere now. Raises NotFoundError."""
        with self._database.write() as connection:
            self.get(source_id)
            connection.execute(update(_TABLE).where(_TABLE.c.id == source_id).values(uri=uri))
            return self.get(source_id)

    def copies(self, source_id: int) -> list[Source]:
        """The other sources with the same text, in any state, by id. Raises NotFoundError."""
        of = self.get(source_id)
        query = select(_TABLE).where(
            _TABLE.c.content_hash == of.content_hash, _TABLE.c.id != source_id
        )
        return self._all(query.order_by(_TABLE.c.id))

    def current_by_uri(self, uri: str) -> Source | None:
        """The current source of that file, if any."""
        return self._current(_TABLE.c.uri == uri)

    def find(self, text: str) -> list[Source]:
        """Sources that are not forgotten and have `text` as id, or in title or uri (any case).

        A number is an id and nothing else: "120" must not mean "Budget 1200" where 120 is gone.
        """
        wanted = text.strip().casefold()
        if not wanted:
            return []
        names = select(_TABLE.c.id, _TABLE.c.title, _TABLE.c.uri).where(
            _TABLE.c.state != "forgotten"
        )
        with self._database.read() as connection:
            rows = connection.execute(names.order_by(_TABLE.c.id)).all()
            by_id = [row.id for row in rows if str(row.id) == wanted]
            ids = by_id or [
                row.id
                for row in rows
                if not wanted.isdecimal()
                and (wanted in row.title.casefold() or wanted in (row.uri or "").casefold())
            ]
            return [self.get(key) for key in ids]

    def _current(self, condition: Any) -> Source | None:
        query = select(_TABLE).where(condition, _TABLE.c.state == "current")
        found = self._all(query.order_by(_TABLE.c.id.desc()).limit(1))
        return found[0] if found else None

    def _set_aside(self, source_id: int, reason: str, but: str | None = None) -> None:
        """Supersede the live edits of a source, those with the reason `but` excepted, and retire
        its probes."""
        with self._database.write() as connection:
            mine = select(tables.passages.c.id).where(tables.passages.c.source_id == source_id)
            live = connection.scalars(
                select(tables.edits.c.id).where(
                    tables.edits.c.passage_id.in_(mine),
                    tables.edits.c.state.in_(("proposed", "accepted")),
                    tables.edits.c.reason.is_distinct_from(but),
                )
            ).all()
            at = self._database.clock()
            for key in live:
                edits.mark_superseded(connection, key, None, reason, at)
            connection.execute(
                update(tables.probes)
                .where(tables.probes.c.passage_id.in_(mine), tables.probes.c.retired.is_(False))
                .values(retired=True, retired_reason=reason)
            )

    def _all(self, query: Select[Any]) -> list[Source]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(query)]

    def count(self, state: SourceState | None = "current") -> int:
        """How many sources are in a state; None for every state, the forgotten among them."""
        with self._database.read() as connection:
            return int(connection.scalar(_of(state, func.count(_TABLE.c.id))) or 0)

    def titles(self, state: SourceState | None = "current") -> dict[int, str]:
        """The titles of the sources in a state by id, in the order they came; None for every
        state, the forgotten among them."""
        query = _of(state, _TABLE.c.id, _TABLE.c.title).order_by(_TABLE.c.id)
        with self._database.read() as connection:
            return {row.id: row.title for row in connection.execute(query)}

    def entries(self, state: SourceState | None = "current") -> list[Entry]:
        """Sources without their texts in the order they came; None for every state."""
        with self._database.read() as connection:
            rows = connection.execute(_of(state, *_ENTRY).order_by(_TABLE.c.id))
            return [Entry(*row) for row in rows]

    def list(self, state: SourceState | None = "current") -> list[Source]:
        """Sources in the order they came; None for every state."""
        return self._all(_of(state, _TABLE).order_by(_TABLE.c.id))


def _of(state: SourceState | None, *columns: Any) -> Select[Any]:
    query = select(*columns)
    return query if state is None else query.where(_TABLE.c.state == state)


def lineage(connection: Connection, source_id: int) -> list[int]:
    """A source's id and those of the earlier selves it replaced. Raises NotFoundError."""
    if connection.scalar(select(_TABLE.c.id).where(_TABLE.c.id == source_id)) is None:
        raise NotFoundError(f"there is no source {source_id}", "list them: sealmate sources")
    ids = [source_id]
    for key in ids:  # grows while it is walked
        earlier = select(_TABLE.c.id).where(_TABLE.c.replaced_by == key)
        ids += [found for found in connection.scalars(earlier) if found not in ids]
    return ids


def _first(key: Any) -> int:
    return int(key[0])


def _record(row: Row[Any]) -> Source:
    return Source(**row._mapping)
