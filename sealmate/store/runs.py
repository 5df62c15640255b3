"""Nights in the ledger: when each ran and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from sealmate.errors import NotFoundError
from sealmate.records import Run, RunOutcome
from sealmate.store import tables
from sealmate.store.database import Database

_TABLE = tables.runs


class Runs:
    """The nights of a profile."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, at: datetime) -> Run:
        """Note that a night began; its outcome is `running` until `finish`."""
        with self._database.write() as connection:
            values = {"started_at": at, "outcome": "running", "report": {}}
            key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
            return self.get(int(key[0]))

    def note(self, run_id: int, report: Mapping[str, Any]) -> None:
        """Keep what a night has to tell so far, should it be cut. Raises NotFoundError."""
        with self._database.write() as connection:
            self.get(run_id)
            values = {"report": dict(report)}
            connection.execute(update(_TABLE).where(_TABLE.c.id == run_id).values(values))

    def finish(
        self,
        run_id: int,
        outcome: RunOutcome,
        version: int | None = None,
        reason: str = "",
        report: Mapping[str, Any] | None = None,
    ) -> Run:
        """Note how a night ended, now. Without `report` an earlier one stays.

        Raises NotFoundError.
        """
        with self._database.write() as connection:
            self.get(run_id)
            values: dict[str, Any] = {
                "outcome": outcome,
                "version": version,
                "reason": reason,
                "finished_at": self._database.clock(),
            }
            if report is not None:
                values["report"] = dict(report)
            connection.execute(update(_TABLE).where(_TABLE.c.id == run_id).values(values))
            return self.get(run_id)

    def get(self, run_id: int) -> Run:
        """The night with that id. Raises NotFoundError."""
        found = self._all(select(_TABLE).where(_TABLE.c.id == run_id))
        if not found:
            raise NotFoundError(f"there is no night {run_id}", "list them: sealmate report --list")
        return found[0]

    def latest(self) -> Run | None:
        """The night that began last, if any."""
        found = self.list(limit=1)
        return found[0] if found else None

    def unfinished(self) -> list[Run]:
        """Nights that began and never ended: one that runs now, or that crashed."""
        return self._all(select(_TABLE).where(_TABLE.c.outcome == "running").order_by(_TABLE.c.id))

    def _all(self, query: Select[Any]) -> list[Run]:
        with self._database.read() as connection:
            return [Run(**row._mapping) for row in connection.execute(query)]

    def list(self, limit: int | None = None) -> list[Run]:
        """Nights, newest first."""
        return self._all(select(_TABLE).order_by(_TABLE.c.id.desc()).limit(limit))
