"""Self-edits in the ledger, each with an append-only history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Edit, EditEvent, EditFormat, EditState
from sealmate.store import tables
from sealmate.store.database import Database, chunks
from sealmate.store.reasons import AMENDED, ASIDE, OUT_OF_USE, OUTLIVES, tells_the_past

_TABLE = tables.edits
_FIELDS = [field.name for field in fields(Edit)]
_COLUMNS = [_TABLE.c[name] for name in _FIELDS]
_STATES = ("proposed", "accepted", "rejected", "superseded")


class Edits:
    """The self-edits of all passages. Every change of one adds a row to its history."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, edits: Iterable[Edit]) -> list[Edit]:
        """Store `edits` (their ids are ignored), each with a `written` event; return with ids.

        Raises StoreError if a passage does not exist.
        """
        stored = []
        with self._database.write() as connection:
            for edit in edits:
                values = {name: getattr(edit, name) for name in _FIELDS if name != "id"}
                key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
                stored.append(replace(edit, id=int(key[0])))
                _log(
                    connection,
                    stored[-1].id,
                    edit.created_at,
                    "written",
                    edit.writer,
                    reason=edit.reason,
                )
        return stored

    def get_many(self, ids: Iterable[int]) -> list[Edit]:
        """Those of these edits that are there, by id."""
        found: list[Edit] = []
        for part in chunks(sorted(ids)):
            found += self._all(select(*_COLUMNS).where(_TABLE.c.id.in_(part)))
        return sorted(found, key=lambda edit: edit.id)

    def get(self, edit_id: int) -> Edit:
        """The edit with that id. Raises NotFoundError."""
        found = self._all(select(*_COLUMNS).where(_TABLE.c.id == edit_id))
        if not found:
            raise NotFoundError(f"there is no edit {edit_id}", "list them: sealmate edits")
        return found[0]

    def set_state(
        self, ids: Iterable[int], state: EditState, actor: str, reason: str = ""
    ) -> list[Edit]:
        """Put edits into `state`, noting who and why; return them as they are now.

        An edit already in `state` is left alone. Leaving `superseded` clears what superseded it.
        Raises NotFoundError, and then changes none.
        """
        if state not in _STATES:
            raise StoreError(f"an edit cannot be {state!r}", f"use one of {', '.join(_STATES)}")
        at = self._database.clock()
        changed = []
        with self._database.write() as connection:
            for key in ids:
                edit = self.get(key)
                if edit.state == state:
                    changed.append(edit)
                    continue
                values: dict[str, Any] = {"state": state, "reason": reason}
                if edit.state == "superseded":
                    values["superseded_by"] = None
                if not tells_the_past(edit):
                    values |= {"valid_to": at} if state == "superseded" else {}
                    values |= {"valid_to": None} if edit.state == "superseded" else {}
                connection.execute(update(_TABLE).where(_TABLE.c.id == key).values(values))
                _log(connection, key, at, state, actor, reason=reason)
                changed.append(self.get(key))
        return changed

    def amend(
        self,
        edit_id: int,
        *,
        actor: str,
        question: str | None = None,
        answer: str | None = None,
        text: str | None = None,
        reason: str = "",
    ) -> Edit:
        """Change the words of an edit; its history keeps the old ones as "field: value" lines.

        None leaves a field alone. One that weights may hold, or that a night may be about to
        train, is superseded by a copy with the new words, which is returned. Raises NotFoundError.
        """
        given = {"question": question, "answer": answer, "text": text}
        with self._database.write() as connection:
            edit = self.get(edit_id)
            new: dict[str, Any] = {
                k: v for k, v in given.items() if v is not None and v != getattr(edit, k)
            }
            if not new:
                return edit
            if edit.state == "accepted" or _is_trained(connection, edit_id):
                copy = self.add_many([edit])[0]
                _hand_over(connection, edit_id, copy.id)
                self.supersede(edit_id, copy.id, AMENDED, self._database.clock())
                edit_id = copy.id
            now = replace(edit, **new)
            if edit.question and edit.text == _both(edit):
                now = replace(now, text=_both(now))
            values = {"text": now.text, "question": now.question, "answer": now.answer}
            connection.execute(update(_TABLE).where(_TABLE.c.id == edit_id).values(values))
            _log(
                connection,
                edit_id,
                self._database.clock(),
                "amended",
                actor,
                before="\n".join(f"{name}: {getattr(edit, name)}" for name in new),
                after="\n".join(f"{name}: {value}" for name, value in new.items()),
                reason=reason,
            )
            return self.get(edit_id)

    def supersede(self, old_id: int, new_id: int | None, reason: str, at: datetime) -> Edit:
        """Mark an edit as no longer true from `at` on, because of `new_id` if given. One that tells
        what used to hold keeps the day until when it held.

        Raises NotFoundError if either does not exist.
        """
        with self._database.write() as connection:
            edit = self.get(old_id)
            if new_id is not None:
                self.get(new_id)
            until = edit.valid_to if tells_the_past(edit) else None
            mark_superseded(connection, old_id, new_id, reason, until or at)
            return self.get(old_id)

    def history(self, edit_id: int) -> list[EditEvent]:
        """What happened to an edit, oldest first. Raises NotFoundError."""
        events = tables.edit_events
        with self._database.read() as connection:
            self.get(edit_id)
            rows = connection.execute(
                select(events).where(events.c.edit_id == edit_id).order_by(events.c.id)
            )
            return [EditEvent(**row._mapping) for row in rows]

    def trainable(self) -> list[Edit]:
        """What a version should be built from, by id: accepted edits of current sources, and those
        of replaced ones that tell what used to hold or that a person kept."""
        return self._all(trainable(*_COLUMNS).order_by(_TABLE.c.id))

    def aside(self, passage_id: int) -> list[Edit]:
        """The edits of a passage that were superseded because its source was replaced, and by
        nothing else, by id: the newer text may tell the same, or tell it otherwise, or not."""
        query = select(*_COLUMNS).where(_TABLE.c.passage_id == passage_id, ASIDE)
        return self._all(query.order_by(_TABLE.c.id))

    def out_of_use(self) -> list[Edit]:
        """All edits of which `is_aside` or `displaced` may hold, by id: those of replaced texts,
        and those that conflicts took out of training."""
        return self._all(select(*_COLUMNS).where(OUT_OF_USE).order_by(_TABLE.c.id))

    def ids(self, state: EditState | None = None) -> set[int]:
        """The ids of all edits that are there, or of those in one state."""
        query = select(_TABLE.c.id)
        if state is not None:
            query = query.where(_TABLE.c.state == state)
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def passages_of(self, ids: Iterable[int]) -> set[int]:
        """Ids of the passages that those of these edits which are there were written from."""
        found: set[int] = set()
        with self._database.read() as connection:
            for part in chunks(sorted(ids)):
                query = select(_TABLE.c.passage_id).where(_TABLE.c.id.in_(part)).distinct()
                found.update(connection.scalars(query))
        return found

    def count_by_state(self) -> dict[EditState, int]:
        """How many edits of any source are in each state; all four states are present."""
        counts: dict[EditState, int] = dict.fromkeys(_STATES, 0)  # type: ignore[arg-type]
        with self._database.read() as connection:
            query = select(_TABLE.c.state, func.count()).group_by(_TABLE.c.state)
            for state, count in connection.execute(query):
                counts[state] = count
        return counts

    def _all(self, query: Select[Any]) -> list[Edit]:
        with self._database.read() as connection:
            return [Edit(*row) for row in connection.execute(query)]

    def list(
        self,
        state: EditState | None = None,
        passage_id: int | None = None,
        format: EditFormat | None = None,
        source_id: int | None = None,
        limit: int | None = None,
        offset: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Edit]:
        """Edits by id; None means any. `since` and `until` are about when they were written, both
        included."""
        query = select(*_COLUMNS).order_by(_TABLE.c.id).limit(limit).offset(offset)
        for column, value in (
            (_TABLE.c.state, state),
            (_TABLE.c.passage_id, passage_id),
            (_TABLE.c.format, format),
        ):
            if value is not None:
                query = query.where(column == value)
        if since is not None:
            query = query.where(_TABLE.c.created_at >= since)
        if until is not None:
            query = query.where(_TABLE.c.created_at <= until)
        if source_id is not None:
            passages = tables.passages
            query = query.where(
                _TABLE.c.passage_id.in_(
                    select(passages.c.id).where(passages.c.source_id == source_id)
                )
            )
        return self._all(query)


def _both(edit: Edit) -> str:
    return f"{edit.question} {edit.answer}".strip()


def trainable(*columns: Any) -> Select[Any]:
    """A query for `columns` of the edits that `Edits.trainable` lists."""
    passages, sources = tables.passages, tables.sources
    # Not all that is accepted: a night may write about a passage while its source is replaced.
    outlives = and_(sources.c.state == "replaced", OUTLIVES)
    return (
        select(*columns)
        .join(passages, passages.c.id == _TABLE.c.passage_id)
        .join(sources, sources.c.id == passages.c.source_id)
        .where(_TABLE.c.state == "accepted", or_(sources.c.state == "current", outlives))
    )


def mark_superseded(
    connection: Connection, edit_id: int, new_id: int | None, reason: str, at: datetime
) -> None:
    """Supersede one edit and log it, inside the caller's transaction."""
    connection.execute(
        update(_TABLE)
        .where(_TABLE.c.id == edit_id)
        .values(state="superseded", superseded_by=new_id, valid_to=at, reason=reason)
    )
    _log(connection, edit_id, at, "superseded", "sealmate", reason=reason)


def _is_trained(connection: Connection, edit_id: int) -> bool:
    taught = tables.shard_edits.c
    found = connection.scalar(select(taught.shard).where(taught.edit_id == edit_id).limit(1))
    return found is not None


def _hand_over(connection: Connection, old_id: int, new_id: int) -> None:
    """Let the conflicts of an edit, and what it superseded, be those of another."""
    clashes = tables.conflicts
    for column in (clashes.c.old_edit, clashes.c.new_edit):
        connection.execute(update(clashes).where(column == old_id).values({column: new_id}))
    successor = _TABLE.c.superseded_by
    connection.execute(update(_TABLE).where(successor == old_id).values({successor: new_id}))


def _log(
    connection: Connection,
    edit_id: int,
    at: datetime,
    action: str,
    actor: str,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> None:
    connection.execute(
        insert(tables.edit_events).values(
            edit_id=edit_id,
            at=at,
            action=action,
            actor=actor,
            before=before,
            after=after,
            reason=reason,
        )
    )
