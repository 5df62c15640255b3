"""The store: opens the ledger and holds one small repository for each kind of record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sealmate.paths import bundled
from sealmate.records import Pending
from sealmate.store.chats import Chats
from sealmate.store.conflicts import Conflicts
from sealmate.store.database import Database
from sealmate.store.edits import Edits
from sealmate.store.erasure import Erasure
from sealmate.store.passages import Passages
from sealmate.store.pending import count_pending
from sealmate.store.probes import Probes
from sealmate.store.runs import Runs
from sealmate.store.sources import Sources
from sealmate.store.state import State
from sealmate.store.upgrade import upgrade
from sealmate.store.versions import Versions


class Store:
    """The ledger of one profile. Open it with `open_store`; it may be shared by threads. `clock`
    gives the present, which dates rows that the caller does not date."""

    def __init__(self, database: Database, backups: Path) -> None:
        self._database = database
        self.path, self.clock = database.path, database.clock
        self.sources = Sources(database)
        self.passages = Passages(database)
        self.edits = Edits(database)
        self.probes = Probes(database)
        self.versions = Versions(database)
        self.runs = Runs(database)
        self.chats = Chats(database)
        self.conflicts = Conflicts(database)
        self.state = State(database)
        self.erasure = Erasure(database, backups)
        self.copied: Path | None = None  # what was copied before an upgrade when this was opened

    @property
    def upgraded(self) -> str:
        """What a person should know where opening this upgraded the database; else ""."""
        if self.copied is None:
            return ""
        return f"the database was upgraded for this release; as it was it is in {self.copied}"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen or none do; nested calls are savepoints.

        It holds the database's write lock: do no slow work inside. Belongs to the calling thread.
        """
        with self._database.write():
            yield

    def pending(self) -> Pending:
        """How far the active version is behind the ledger."""
        with self._database.read() as connection:
            return count_pending(connection)

    def close(self) -> None:
        """Close the database. The store cannot be used afterwards."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(
    path: Path,
    backups: Path,
    *,
    clock: Callable[[], datetime],
    migrations: Path | None = None,
    busy_seconds: float = 10.0,
) -> Store:
    """Open the ledger at `path`; make it where it is missing, upgrade it where it is older.

    A copy goes to `backups` before an upgrade. `clock` gives aware UTC times. A write waits
    `busy_seconds` for another process. Raises StoreError for a damaged, foreign or newer
    database, HomeError where the disk is full or read-only, BusyError where another process
    keeps it locked.
    """
    database = Database(path, clock, busy_seconds)
    try:
        copy = upgrade(database, backups, migrations or bundled("migrations"))
        store = Store(database, backups)
        store.copied = copy
        store.erasure.finish()
    except BaseException:
        database.close()
        raise
    return store
