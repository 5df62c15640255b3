"""The night's lock: one night at a time for each profile, whatever dies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from sealmate.errors import BusyError, HomeError
from sealmate.night.budget import describe_seconds
from sealmate.paths import Paths


def worker_lock(paths: Paths) -> Path:
    """The lock of the working process. It outlives a parent that was killed, `paths.lock` does
    not."""
    return paths.lock.with_name("night.worker.lock")


@contextmanager
def hold(file: Path, clock: Callable[[], datetime], what: str) -> Iterator[None]:
    """Hold the lock `file` as `what` ("another night ..."), without waiting for it.

    The operating system drops it with the process, so none is ever stale. Raises BusyError that
    names the holder's process and how long it has held it, HomeError if the lock cannot be made.
    """
    # A generator that holds it may be driven by one thread and closed by another.
    lock = FileLock(file, timeout=0, mode=0o600, thread_local=False)
    holder = file.with_suffix(".json")
    try:
        lock.acquire()
    except Timeout:
        raise _busy(holder, clock(), what) from None
    except OSError as error:
        raise HomeError(
            f"cannot lock {file}: {error.strerror}", "check its permissions and free space"
        ) from error
    try:
        with suppress(OSError):  # who holds it is a courtesy
            _note(holder, clock())
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _note(holder: Path, now: datetime) -> None:
    text = json.dumps({"pid": os.getpid(), "since": now.isoformat()})
    handle = os.open(holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _busy(holder: Path, now: datetime, what: str) -> BusyError:
    hint = "wait for it to end, or stop it: what it has done is kept"
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        pid, since = int(facts["pid"]), datetime.fromisoformat(facts["since"])
        age = describe_seconds((now - since).total_seconds())
    except (OSError, ValueError, TypeError, KeyError):
        return BusyError(f"{what} is running", hint)
    return BusyError(f"{what} is running (process {pid}, for {age})", hint)
