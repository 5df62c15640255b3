"""Conflicts in the ledger: two edits that answer one question differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, insert, select, type_coerce, update

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Conflict
from sealmate.store import tables
from sealmate.store.database import Database
from sealmate.store.reasons import CONFLICT, FORMERLY

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

    def into(self, passage_id: int, state: str | None = "accepted") -> list[Conflict]:
        """Those whose newer edit is of a passage, oldest first; None for every state."""
        edits = tables.edits
        query = select(_TABLE).join(edits, edits.c.id == _TABLE.c.new_edit)
        query = query.where(edits.c.passage_id == passage_id).order_by(_TABLE.c.id)
        return self._all(query if state is None else query.where(_TABLE.c.state == state))

    def wordings(self) -> dict[int, set[str]]:
        """The questions of what each settlement superseded, by the conflict's id; those that ask
        for what used to hold are none of them."""
        edits = tables.edits
        found: dict[int, set[str]] = {}
        query = select(edits.c.reason, edits.c.question).where(
            edits.c.state == "superseded",
            edits.c.reason.startswith(CONFLICT),
            edits.c.question != "",
            func.instr(_sampling(), f'"{FORMERLY}"') == 0,
        )
        with self._database.read() as connection:
            for reason, question in connection.execute(query):
                number = reason.removeprefix(CONFLICT)
                if number.isdigit():
                    found.setdefault(int(number), set()).add(question)
        return found

    def marked(self, reason: str) -> list[int]:
        """Ids of the edits that were superseded or rejected for a reason; the former first."""
        edits = tables.edits
        query = select(edits.c.id).where(
            edits.c.state.in_(("superseded", "rejected")), edits.c.reason == reason
        )
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(edits.c.state.desc(), edits.c.id)))

    def told_formerly(self) -> list[tuple[int, str, int]]:
        """The accepted edits that ask for what a settlement superseded, by id: each with its
        question and the conflict's id."""
        edits = tables.edits
        query = select(edits.c.id, edits.c.question, edits.c.sampling).where(
            edits.c.state == "accepted",
            edits.c.format == "self-qa",
            func.instr(_sampling(), f'"{FORMERLY}"') > 0,
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(edits.c.id)).all()
        known = {row.id for row in self.list()}
        told = [(row.id, row.question, row.sampling.get(FORMERLY, 0)) for row in rows]
        return [one for one in told if one[2] in known]

    def _all(self, query: Select[Any]) -> list[Conflict]:
        with self._database.read() as connection:
            return [Conflict(**row._mapping) for row in connection.execute(query)]

    def list(self, state: str | None = None) -> list[Conflict]:
        """Conflicts, oldest first; None for every state."""
        query = select(_TABLE).order_by(_TABLE.c.id)
        return self._all(query if state is None else query.where(_TABLE.c.state == state))


def _sampling() -> ColumnElement[str]:
    """The column as the text that it is kept as: what has a key there is found in one pass."""
    return type_coerce(tables.edits.c.sampling, String)


def _check(state: str) -> None:
    if state not in STATES:
        raise StoreError(f"a conflict cannot be {state!r}", f"use one of {', '.join(STATES)}")
