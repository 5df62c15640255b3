"""One SQLite file: its connections, transactions, and errors in words.

Does not know the schema. Reads run in deferred transactions, writes in immediate ones, so that a
writer never fails half-way for want of the lock.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError

from sealmate.errors import (
    BusyError,
    HomeError,
    NumberError,
    SealmateError,
    StoreError,
    UsageError,
)
from sealmate.paths import make_private_dir

_READ = "sealmate_read"


class _Local(threading.local):
    """The connections of a thread that is inside `read` or `write`."""

    reading: Connection | None = None
    writing: Connection | None = None


class Database:
    """The file at `path`. `clock` gives the time of every row that the caller does not date."""

    def __init__(self, path: Path, clock: Callable[[], datetime], busy_seconds: float) -> None:
        self.path = path
        self.clock = clock
        make_private_dir(path.parent)
        with file_errors(path):
            make_private_file(path)
        self.engine = _engine(path, busy_seconds)
        self._local = _Local()

    def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log into the file."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock; nested calls of a thread are savepoints.

        One that begins inside `read` has the newest state for its own, whatever that read sees.
        Raises BusyError, HomeError (full or read-only disk) or StoreError.
        """
        outer = self._local.writing
        with translated(self.path):
            if outer is not None:
                with self._savepoint(outer):
                    yield outer
                return
            with self.engine.connect() as connection, connection.begin():
                self._local.writing = connection
                try:
                    yield connection
                finally:
                    self._local.writing = None
                self._must_be_open(connection)

    @contextmanager
    def _savepoint(self, connection: Connection) -> Iterator[None]:
        """Like SQLAlchemy's nested transactions, but a full disk stays a full disk: then SQLite
        undoes the whole transaction, and going back to a savepoint would be an error of its own.
        """
        self._must_be_open(connection)
        connection.exec_driver_sql("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if _in_transaction(connection):
                connection.exec_driver_sql("ROLLBACK TO part")
                connection.exec_driver_sql("RELEASE part")
            raise
        self._must_be_open(connection)
        connection.exec_driver_sql("RELEASE part")

    def _must_be_open(self, connection: Connection) -> None:
        """Refuse to go on where an error that somebody caught has undone the transaction."""
        if not _in_transaction(connection):
            raise HomeError(
                f"a failed write to the database {self.path} undid everything with it", _FULL
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view from the first statement on, the same for nested calls of a thread;
        never yield to a caller in it.

        Inside `write` of the same thread it sees what was written. A `write` that begins and ends
        inside it changes nothing of what it sees: that shows in the next one.
        """
        outer = self._local.writing or self._local.reading
        with translated(self.path):
            if outer is not None:
                yield outer
                return
            with self.engine.connect().execution_options(**{_READ: True}) as connection:
                self._local.reading = connection
                try:
                    yield connection
                finally:
                    self._local.reading = None

    @contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """The driver's connection outside any transaction, for VACUUM and checkpoints."""
        with translated(self.path):
            pooled = self.engine.raw_connection()
            try:
                driver: Any = pooled.driver_connection
                yield driver
            finally:
                pooled.close()

    @property
    def writing(self) -> bool:
        """True inside this thread's `write`."""
        return self._local.writing is not None


def _in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)


def make_private_file(path: Path) -> None:
    """Create `path` empty with mode 0600, or take other people's rights to it away.

    SQLite gives -wal and -shm the rights of the file itself. One that is in use is not opened: to
    close it would give up this process's locks on it, and others would delete its log.
    """
    effective = os.access in os.supports_effective_ids
    if not (path.is_file() and os.access(path, os.R_OK | os.W_OK, effective_ids=effective)):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077 and hasattr(os, "getuid"):
        path.chmod(0o600)


def _engine(path: Path, busy_seconds: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,  # a traceback must not carry notes into a log
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # The driver's own transactions commit before some statements (a crashed migration leaves
        # half a table): it is told to keep out, and `_on_begin` says BEGIN.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            for pragma in (
                f"busy_timeout = {int(busy_seconds * 1000)}",
                "foreign_keys = ON",
                "secure_delete = ON",
                "temp_store = MEMORY",  # VACUUM must not copy notes into a shared /tmp
            ):
                cursor.execute(f"PRAGMA {pragma}")
            _log_ahead(cursor, busy_seconds)
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READ, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> BaseException | None:
        # Values that the driver cannot bind; caught here and not around a transaction, whose
        # body may raise the same for reasons of its own.
        error, asked = context.original_exception, (context.statement or "").split()
        if isinstance(error, OverflowError) and asked[:1] == ["SELECT"]:
            return _too_large("LIMIT" in asked)
        if isinstance(error, OverflowError | UnicodeEncodeError):
            return explain(error, path)
        return None

    return engine


def _too_large(limit: bool) -> SealmateError:
    if limit:
        return UsageError("a number is too large", "give a smaller one")
    return NumberError("there is no such id: the number is too large for one")


def _log_ahead(cursor: Any, busy_seconds: float) -> None:
    """Put the file into write-ahead mode, waiting at most `busy_seconds` for others who do so.

    SQLite does not call its busy handler where two connections change the mode of one new file at
    once: it says "locked" at once to the second.
    """
    until = time.monotonic() + busy_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not locked or time.monotonic() >= until:
                raise
        time.sleep(0.01)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's errors about the database `path` into one clear line; let others pass."""
    try:
        yield
    except SQLAlchemyError as error:
        raise explain(getattr(error, "orig", None) or error, path) from error
    except sqlite3.Error as error:
        raise explain(error, path) from error


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors about the file or folder `path` into one clear line."""
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error


_FULL = "free some space on that disk and try again; nothing already stored was lost"
_READ_ONLY = "check the permissions of the folder, or set SEALMATE_HOME to another one"

_NO_WRITING = (
    "sealmate writes there even to list something; mend the permissions, or copy the home to where "
    "you may write and name that with --home"
)


def mend_damage(path: Path) -> str:
    """What to do about a damaged database: a copy is named only where one lies."""
    copies = sorted((path.parent / "backups").glob("sealmate-*.db"))
    away = f"move {path.name} and what lies beside it as {path.name}-wal and -shm away"
    if not copies:
        return f"no copy of it is there; {away} to begin anew, and take your notes in again"
    return f"{away} and put the newest copy in its place: {copies[-1]}"


def explain(error: BaseException, path: Path) -> SealmateError:
    """The error a person should see for `error`, met while working on the database `path`."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, UnicodeEncodeError):
        return StoreError(
            "a text holds half of a surrogate pair and cannot be stored",
            "save the source as UTF-8 and try again",
        )
    if isinstance(error, OverflowError):
        return StoreError(f"a number is too large for the database {path}: {error}")
    if isinstance(error, OSError):
        kept_out = path.is_file() and error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}
        return HomeError(
            f"cannot open {path}: {error.strerror}", _NO_WRITING if kept_out else _READ_ONLY
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(
            f"the database {path} is in use by another sealmate", "wait for it to finish"
        )
    if name.startswith("SQLITE_FULL"):
        return HomeError(f"the disk is full: cannot write the database {path}", _FULL)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return HomeError(f"cannot write the database {path}: {error}", _READ_ONLY)
    if name.startswith("SQLITE_IOERR"):
        return HomeError(f"the disk failed under the database {path}: {error}", _FULL)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(
            f"the database {path} is damaged or no database: {error}",
            mend_damage(path),
        )
    if name.startswith("SQLITE_CONSTRAINT_FOREIGNKEY"):
        return StoreError("a record names another one that does not exist (any more)")
    return StoreError(f"the database {path} refused: {error}")


def chunks(ids: list[int], size: int = 5000) -> Iterator[list[int]]:
    """`ids` in pieces below SQLite's limit on bound values."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
