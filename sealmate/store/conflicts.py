"""Conflicts in the ledger: two edits that answer one question differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, insert, select, update

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Conflict
from sealmate.store import tables
from sealmate.store.database import Database

_TABLE = tables.conflicts
STATES = ("open", "accepted", "kept-both", "kept-old")


class Conflicts:
    """Contradictions found between an older and a newer edit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, conflict: Conflict) -> Conflict:
        """Store a conflict (its id is ignored) and return it with its id.

        Raises StoreError if an edit does not exist or the state is unknown.
        """
        _check(conflict.state)
        values = {
            column.name: getattr(conflict, column.name)
            for column in _TABLE.columns
            if column.name != "id"
        }
        with self._database.write() as connection:
            key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
            return self.get(int(key[0]))

    def get(self, conflict_id: int) -> Conflict:
        """The conflict with that id. Raises NotFoundError."""
        found = self._all(select(_TABLE).where(_TABLE.c.id == conflict_id))
        if not found:
            raise NotFoundError(
                f"there is no conflict {conflict_id}", "list them: sealmate conflicts"
            )
        return found[0]

    def set_state(self, conflict_id: int, state: str) -> Conflict:
        """Note how a conflict was settled; the edits are the caller's to change.

        Raises NotFoundError, and StoreError for an unknown state.
        """
        _check(state)
        with self._database.write() as connection:
            self.get(conflict_id)
            connection.execute(update(_TABLE).where(_TABLE.c.id == conflict_id).values(state=state))
            return self.get(conflict_id)

    def into(self, passage_id: int) -> list[Conflict]:
        """The accepted ones whose newer edit is of a passage, oldest first."""
        edits = tables.edits
        query = (
            select(_TABLE)
            .join(edits, edits.c.id == _TABLE.c.new_edit)
            .where(edits.c.passage_id == passage_id, _TABLE.c.state == "accepted")
        )
        return self._all(query.order_by(_TABLE.c.id))

    def _all(self, query: Select[Any]) -> list[Conflict]:
        with self._database.read() as connection:
            return [Conflict(**row._mapping) for row in connection.execute(query)]

    def list(self, state: str | None = None) -> list[Conflict]:
        """Conflicts, oldest first; None for every state."""
        query = select(_TABLE).order_by(_TABLE.c.id)
        return self._all(query if state is None else query.where(_TABLE.c.state == state))


def _check(state: str) -> None:
    if state not in STATES:
        raise StoreError(f"a conflict cannot be {state!r}", f"use one of {', '.join(STATES)}")
