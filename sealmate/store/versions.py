"""Versions in the ledger: what each was built from, and which one is active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, select, update

from sealmate.errors import NotFoundError, VersionError
from sealmate.records import Activation, Version
from sealmate.store import tables
from sealmate.store.database import Database, chunks

_TABLE = tables.versions
_SHARDS = tables.version_shards
_EDITS = tables.shard_edits
_ACTIVATIONS = tables.activations


class Versions:
    """Adapter versions, immutable but for the mark that their files were purged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_number(self) -> int:
        """The number of the next version; the first is 1."""
        with self._database.read() as connection:
            return int(connection.scalar(select(func.max(_TABLE.c.number))) or 0) + 1

    def add(
        self,
        version: Version,
        edit_ids: Iterable[int],
        carried: Mapping[int, Iterable[int]] | None = None,
    ) -> Version:
        """Store a version with the ids of the edits it was trained on, of which those of the
        shards that it has `carried` along, by number, are not its own.

        Raises VersionError if the number is taken or below 1.
        """
        shards = {key: set(ids) for key, ids in (carried or {}).items()}
        own = int(version.manifest.get("shard") or version.number)
        shards[own] = set(edit_ids) - {key for ids in shards.values() for key in ids}
        with self._database.write() as connection:
            if version.number < 1 or self._find(version.number) is not None:
                raise VersionError(f"the version number {version.number} cannot be given (again)")
            values = {column.name: getattr(version, column.name) for column in _TABLE.columns}
            connection.execute(insert(_TABLE).values(values))
            known = set(
                connection.scalars(select(_EDITS.c.shard).where(_EDITS.c.shard.in_(shards)))
            )
            rows = [
                {"shard": shard, "edit_id": key}
                for shard, ids in shards.items()
                if shard not in known
                for key in sorted(ids)
            ]
            if rows:
                connection.execute(insert(_EDITS), rows)
            connection.execute(
                insert(_SHARDS), [{"version": version.number, "shard": key} for key in shards]
            )
            return self.get(version.number)

    def get(self, number: int) -> Version:
        """The version with that number. Raises NotFoundError."""
        found = self._find(number)
        if found is None:
            raise NotFoundError(f"there is no version {number}", "list them: sealmate versions")
        return found

    def edit_ids(self, number: int) -> list[int]:
        """The ids of the edits a version was trained on, erased ones included, ascending.

        Version 0 has none. Raises NotFoundError.
        """
        if number:
            self.get(number)
        with self._database.read() as connection:
            query = _trained(_EDITS.c.edit_id).where(_SHARDS.c.version == number)
            return [int(key) for key in connection.scalars(query.order_by(_EDITS.c.edit_id))]

    def edits_by_shard(self, number: int) -> dict[int, list[int]]:
        """The same by the numbers of the version's shards."""
        found: dict[int, list[int]] = {}
        with self._database.read() as connection:
            shards = select(_SHARDS.c.shard).where(_SHARDS.c.version == number)
            found |= {int(key): [] for key in connection.scalars(shards)}
            query = _trained(_SHARDS.c.shard, _EDITS.c.edit_id).where(_SHARDS.c.version == number)
            for row in connection.execute(query.order_by(_EDITS.c.edit_id)):
                found[row.shard].append(row.edit_id)
        return found

    def mark_purged(self, number: int, at: datetime) -> Version:
        """Note that a version's files were erased; a second call keeps the first time.

        Raises NotFoundError, and VersionError for the active version.
        """
        with self._database.write() as connection:
            self.get(number)
            if self.active() == number:
                raise VersionError(
                    f"version {number} is active and cannot be deleted",
                    "activate another version first, or 0 for none",
                )
            connection.execute(
                update(_TABLE)
                .where(_TABLE.c.number == number, _TABLE.c.purged_at.is_(None))
                .values(purged_at=at)
            )
            return self.get(number)

    def active(self) -> int:
        """The number of the active version, 0 for none."""
        found = self._activations(_newest().limit(1))
        return found[0].version if found else 0

    def activate(self, number: int, reason: str) -> Activation:
        """Make a version the one chat uses (0 = none); no new row if it is already.

        Raises NotFoundError, and VersionError if its files were purged.
        """
        with self._database.write() as connection:
            if number and self.get(number).purged_at is not None:
                raise VersionError(
                    f"version {number} was deleted and cannot be active",
                    "choose another: sealmate versions",
                )
            latest = self._activations(_newest().limit(1))
            if latest and latest[0].version == number:
                return latest[0]
            connection.execute(
                insert(_ACTIVATIONS).values(
                    version=number,
                    previous=latest[0].version if latest else 0,
                    at=self._database.clock(),
                    reason=reason,
                )
            )
            return self._activations(_newest().limit(1))[0]

    def activations(self) -> list[Activation]:
        """Every change of the active version, oldest first."""
        return self._activations(select(_ACTIVATIONS).order_by(_ACTIVATIONS.c.id))

    def versions_with_edits(self, edit_ids: Iterable[int], *, purged: bool = False) -> list[int]:
        """Numbers of the versions that were trained on any of these edits, ascending; with
        `purged` those as well whose files are gone."""
        numbers: set[int] = set()
        there = select(_TABLE.c.number) if purged else _kept()
        with self._database.read() as connection:
            for part in chunks(list(edit_ids)):
                query = _trained(_SHARDS.c.version).where(_EDITS.c.edit_id.in_(part))
                numbers.update(connection.scalars(query.where(_SHARDS.c.version.in_(there))))
        return sorted(numbers)

    def with_erased_edits(self) -> list[int]:
        """Numbers of the versions not purged that were trained on edits erased since, or of sources
        that are forgotten and yet to be erased."""
        edits, passages, sources = tables.edits, tables.passages, tables.sources
        there = (
            exists()
            .where(edits.c.id == _EDITS.c.edit_id, passages.c.id == edits.c.passage_id)
            .where(sources.c.id == passages.c.source_id, sources.c.state != "forgotten")
        )
        shards = select(_EDITS.c.shard).where(~there).distinct()
        query = select(_SHARDS.c.version).where(
            _SHARDS.c.shard.in_(shards), _SHARDS.c.version.in_(_kept())
        )
        with self._database.read() as connection:
            return sorted(set(connection.scalars(query)))

    def _find(self, number: int) -> Version | None:
        found = self._all(_select().where(_TABLE.c.number == number))
        return found[0] if found else None

    def _all(self, query: Select[Any]) -> list[Version]:
        with self._database.read() as connection:
            return [Version(**row._mapping) for row in connection.execute(query)]

    def _activations(self, query: Select[Any]) -> list[Activation]:
        with self._database.read() as connection:
            return [Activation(**row._mapping) for row in connection.execute(query)]

    def list(self) -> list[Version]:
        """All versions, oldest first, purged ones included."""
        # each shard counted once: most are part of many versions
        of_shard = (
            select(_EDITS.c.shard, func.count().label("edits")).group_by(_EDITS.c.shard).subquery()
        )
        of_version = (
            select(_SHARDS.c.version, func.sum(of_shard.c.edits).label("edits"))
            .join(of_shard, of_shard.c.shard == _SHARDS.c.shard)
            .group_by(_SHARDS.c.version)
            .subquery()
        )
        query = select(_TABLE, func.coalesce(of_version.c.edits, 0).label("edits"))
        query = query.outerjoin(of_version, of_version.c.version == _TABLE.c.number)
        return self._all(query.order_by(_TABLE.c.number))


def _kept() -> Select[Any]:
    """Numbers of the versions not purged."""
    return select(_TABLE.c.number).where(_TABLE.c.purged_at.is_(None))


def _newest() -> Select[Any]:
    return select(_ACTIVATIONS).order_by(_ACTIVATIONS.c.id.desc())


def _select() -> Select[Any]:
    """Versions with the number of their edits."""
    count = _trained(func.count()).where(_SHARDS.c.version == _TABLE.c.number).scalar_subquery()
    return select(_TABLE, count.label("edits"))


def _trained(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(tables.trained)
