"""Probes in the ledger: questions that test recall, their schedule and their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from sealmate.errors import NotFoundError
from sealmate.records import Probe, ProbeResult
from sealmate.store import tables
from sealmate.store.database import Database, chunks

_TABLE = tables.probes
_RESULTS = tables.probe_results
_FIELDS = [field.name for field in fields(Probe)]


class Probes:
    """The questions and answers that test recall."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, probes: Iterable[Probe]) -> list[Probe]:
        """Store `probes` (their ids are ignored) and return them with ids.

        Raises StoreError if a passage does not exist.
        """
        stored = []
        with self._database.write() as connection:
            for probe in probes:
                values = {name: getattr(probe, name) for name in _FIELDS if name != "id"}
                key: Any = connection.execute(insert(_TABLE).values(values)).inserted_primary_key
                stored.append(replace(probe, id=int(key[0])))
        return stored

    def get(self, probe_id: int) -> Probe:
        """The probe with that id. Raises NotFoundError."""
        found = self._all(select(_TABLE).where(_TABLE.c.id == probe_id))
        if not found:
            raise NotFoundError(f"there is no probe {probe_id}")
        return found[0]

    def set_schedule(
        self, probe_id: int, schedule: Mapping[str, Any], due_at: datetime | None
    ) -> Probe:
        """Keep a probe's FSRS card and when it is due next. Raises NotFoundError."""
        with self._database.write() as connection:
            self.get(probe_id)
            connection.execute(
                update(_TABLE)
                .where(_TABLE.c.id == probe_id)
                .values(schedule=dict(schedule), due_at=due_at)
            )
            return self.get(probe_id)

    def retire(self, ids: Iterable[int], reason: str, instead_of: str = "") -> int:
        """Never ask these probes again; returns how many were live until now, or retired for the
        reason `instead_of`."""
        which: ColumnElement[bool] = _TABLE.c.retired.is_(False)
        if instead_of:
            which = or_(which, _TABLE.c.retired_reason == instead_of)
        count = 0
        with self._database.write() as connection:
            for part in chunks(list(ids)):
                changed = connection.execute(
                    update(_TABLE)
                    .where(_TABLE.c.id.in_(part), which)
                    .values(retired=True, retired_reason=reason)
                )
                count += changed.rowcount
        return count

    def revive(self, reason: str, *, replaced: bool = False) -> int:
        """Ask again the probes that were retired for exactly this reason; returns how many.

        Those of sources that are not current stay retired, but for `replaced` ones if asked for.
        """
        passages, sources = tables.passages, tables.sources
        states = ("current", "replaced") if replaced else ("current",)
        askable = (
            select(passages.c.id)
            .join(sources, sources.c.id == passages.c.source_id)
            .where(sources.c.state.in_(states))
        )
        with self._database.write() as connection:
            changed = connection.execute(
                update(_TABLE)
                .where(
                    _TABLE.c.retired.is_(True),
                    _TABLE.c.retired_reason == reason,
                    _TABLE.c.passage_id.in_(askable),
                )
                .values(retired=False, retired_reason="")
            )
            return int(changed.rowcount)

    def add_results(self, results: Iterable[ProbeResult]) -> None:
        """Store answers; the same probe, version and run again overwrites (a resumed night).

        `run_id` 0 means outside a night. Raises StoreError if a probe does not exist.
        """
        with self._database.write() as connection:
            for result in results:
                values = asdict(result)
                connection.execute(
                    upsert(_RESULTS)
                    .values(values)
                    .on_conflict_do_update(
                        index_elements=["run_id", "version", "probe_id"], set_=values
                    )
                )

    def results(self, version: int, run_id: int | None = None) -> list[ProbeResult]:
        """The answers of a version (0 = the base alone), oldest first; of one run if given."""
        query = select(_RESULTS).where(_RESULTS.c.version == version)
        return self._results(query if run_id is None else query.where(_RESULTS.c.run_id == run_id))

    def results_of_probe(self, probe_id: int) -> list[ProbeResult]:
        """All answers to a probe, oldest first."""
        return self._results(select(_RESULTS).where(_RESULTS.c.probe_id == probe_id))

    def latest_result(
        self, probe_id: int, before: datetime | None = None, version: int | None = None
    ) -> ProbeResult | None:
        """The newest answer to a probe, strictly before a time and by one version if given."""
        found = [
            result
            for result in self.results_of_probe(probe_id)
            if (before is None or result.at < before)
            and (version is None or result.version == version)
        ]
        return found[-1] if found else None

    def _results(self, query: Select[Any]) -> list[ProbeResult]:
        ordered = query.order_by(_RESULTS.c.at, _RESULTS.c.run_id, _RESULTS.c.probe_id)
        with self._database.read() as connection:
            return [ProbeResult(**row._mapping) for row in connection.execute(ordered)]

    def _all(self, query: Select[Any]) -> list[Probe]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(query)]

    def list(
        self,
        held_out: bool | None = None,
        retired: bool | None = False,
        passage_id: int | None = None,
    ) -> list[Probe]:
        """Probes by id; None means either kind, or any passage."""
        query = select(_TABLE).order_by(_TABLE.c.id)
        for column, value in (
            (_TABLE.c.held_out, held_out),
            (_TABLE.c.retired, retired),
            (_TABLE.c.passage_id, passage_id),
        ):
            if value is not None:
                query = query.where(column == value)
        return self._all(query)


def _record(row: Row[Any]) -> Probe:
    return Probe(**{name: getattr(row, name) for name in _FIELDS})
