"""Bringing the database to the newest schema, with a copy first.

alembic is imported only where there is something to do: it costs a quarter of a second.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sealmate.errors import SealmateError, StoreError
from sealmate.paths import make_private_dir
from sealmate.store.database import (
    Database,
    explain,
    file_errors,
    make_private_file,
    mend_damage,
    translated,
)

KEEP_BACKUPS = 5
KEEP_NIGHTLY = 3
_BUSY_SECONDS = 10.0
_REVISION = re.compile(r"(\d{4})_\w+\.py")


def revisions(migrations: Path) -> list[str]:
    """The revision ids of a migrations folder, oldest first. They are the files' numbers."""
    names = [_REVISION.fullmatch(file.name) for file in (migrations / "versions").iterdir()]
    return sorted(name[1] for name in names if name)


def upgrade(database: Database, backups: Path, migrations: Path) -> Path | None:
    """Create or upgrade the schema in one transaction; a crash leaves the old one usable.

    Gives back the copy that was made before an upgrade, None where there was nothing to upgrade.
    Raises StoreError for a damaged, foreign or newer database or a failing migration.
    """
    known = revisions(migrations)
    found = _revision(database)
    if found == known[-1]:
        return None
    if found is not None and found not in known:
        raise StoreError(
            f"the database {database.path} was written by a newer sealmate "
            f"(schema {found}; this one knows up to {known[-1]})",
            "upgrade sealmate" + _or_an_older(backups, known),
        )
    copy = None
    if found is not None:
        _check(database)
        copy = back_up(database, backups, found)
    _migrate(database, migrations)
    return copy


def back_up(database: Database, backups: Path, label: str) -> Path:
    """Copy the database into `backups` before an upgrade from the schema `label`, and keep the
    newest `KEEP_BACKUPS` copies of that sort."""
    name = _name(database.clock(), f"schema{label}")
    return _copy(database.raw(), backups / name, "schema*", KEEP_BACKUPS)


def back_up_nightly(path: Path, backups: Path, clock: Callable[[], datetime]) -> Path:
    """Copy the database at `path` into `backups` and keep the newest `KEEP_NIGHTLY` such copies.

    For whoever holds the night's lock. Raises StoreError for a damaged one, HomeError where the
    disk is full, BusyError.
    """
    with file_errors(backups):
        for left in backups.glob("sealmate-*-night.partial"):
            left.unlink(missing_ok=True)  # of a night that was killed
    return _copy(_beside(path), backups / _name(clock(), "night"), "night", KEEP_NIGHTLY)


@contextmanager
def _beside(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection beside those that this process has."""
    with translated(path), closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA temp_store = MEMORY")
        yield connection


def _name(at: datetime, sort: str) -> str:
    return f"sealmate-{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{sort}.db"


def _copy(
    reading: AbstractContextManager[sqlite3.Connection], copy: Path, alike: str, most: int
) -> Path:
    backups, partial = copy.parent, copy.with_suffix(".partial")
    make_private_dir(backups)
    with file_errors(copy), translated(copy):
        try:
            partial.unlink(missing_ok=True)
            make_private_file(partial)
            with reading as connection:
                connection.execute("VACUUM INTO ?", (str(partial),))
            partial.replace(copy)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        for old in sorted(backups.glob(f"sealmate-*-{alike}.db"))[:-most]:
            old.unlink(missing_ok=True)
    return copy


def _revision(database: Database) -> str | None:
    """The schema's revision, None for an empty file."""
    with database.raw() as connection:
        tables = {
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not tables:
            return None
        found = None
        if "alembic_version" in tables and "sources" in tables:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if found is None:
        raise StoreError(
            f"{database.path} is a database of something else, not of sealmate",
            "move it away or choose another folder with SEALMATE_HOME",
        )
    return str(found[0])


def _check(database: Database) -> None:
    """Refuse to upgrade a damaged file: the copy would be damaged too."""
    with database.raw() as connection:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(
            f"the database {database.path} is damaged: {' '.join(str(verdict).split())}",
            mend_damage(database.path),
        )


def _or_an_older(backups: Path, known: Sequence[str]) -> str:
    """Where a copy lies that this release can read, if one does."""
    copies = sorted(backups.glob("sealmate-*-schema*.db"))
    able = [copy for copy in copies if copy.stem.rpartition("-schema")[2] in known]
    if not able:
        return ""
    return (
        f", or put back the copy that was made before, which lacks what came since: {able[-1]} "
        "(README, Keeping it)"
    )


def _migrate(database: Database, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with translated(database.path), database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        # Batch mode rebuilds tables; with foreign keys on, dropping the old one would take its
        # children along. The switch works only outside a transaction.
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreError("the upgrade would leave records that name missing ones")
        except SealmateError as error:
            raise _failed(database.path, error.message) from error
        except Exception as error:
            cause = getattr(error, "orig", None) or error
            known = explain(cause, database.path)
            if isinstance(cause, sqlite3.Error) and not isinstance(known, StoreError):
                raise known from error
            raise _failed(database.path, str(cause)) from error
        finally:
            with suppress(sqlite3.Error):
                driver.execute("PRAGMA foreign_keys = ON")


def _failed(path: Path, why: str) -> StoreError:
    reason = why.strip().splitlines()[0] if why.strip() else "no reason given"
    return StoreError(
        f"the database {path} could not be upgraded: {reason}",
        "it is unchanged; go back to the sealmate you had, or report this",
    )
