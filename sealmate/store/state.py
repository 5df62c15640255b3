"""Small facts of a profile that have no table of their own, as JSON under a key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from sealmate.store import tables
from sealmate.store.database import Database

_TABLE = tables.state
# Set from the moment that a source is marked as forgotten until its last row is gone.
FORGETTING = "forgetting"
# how often something was: what was read before may have it still
FORGOTTEN = "forgotten_times"
# when each source was, in seconds since 1970: nothing else is left of one without questions
FORGOTTEN_AT = "forgotten_at"


class State:
    """Keys and JSON values, like "rebuild_needed"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value under `key`, or `default`."""
        with self._database.read() as connection:
            row = connection.execute(select(_TABLE.c.value).where(_TABLE.c.key == key)).first()
        return default if row is None else row.value

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON-able value under `key`; None removes it."""
        with self._database.write() as connection:
            if value is None:
                connection.execute(delete(_TABLE).where(_TABLE.c.key == key))
                return
            values = {"key": key, "value": value, "at": self._database.clock()}
            connection.execute(
                upsert(_TABLE)
                .values(values)
                .on_conflict_do_update(index_elements=["key"], set_=values)
            )
