"""The night's lock: one night at a time for each profile, whatever dies."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event as Flag

from filelock import FileLock, Timeout

from sealmate.errors import BusyError, HomeError
from sealmate.events import Event, Note
from sealmate.night.budget import describe_seconds
from sealmate.paths import Paths

NIGHT = "another night"  # the name of a night among the holders of its lock
REST = "the rest of a night that was cut off"
OTHER = "other work on the memory"
FORGETTING = "a forgetting"
PATIENCE = 120.0  # seconds; what is no night is soon done
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock and since when; `name` is "" where it did not say its own."""

    pid: int
    since: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps a forgetting from its end, in words, and when the rest of it goes."""

    who: str
    until: str = "with the next command or night"


def worker_lock(paths: Paths) -> Path:
    """The lock of the working process. It outlives a parent that was killed, `paths.lock` does
    not."""
    return paths.lock.with_name("night.worker.lock")


@contextmanager
def hold(file: Path, clock: Callable[[], datetime], what: str, *, name: str = "") -> Iterator[None]:
    """Hold the lock `file`, without waiting for it.

    `name` tells others who holds it ("another night"); `what` is what is said to hold it where
    that did not tell. The operating system drops it with the process, so none is ever stale.
    Raises BusyError that names the holder, its process and how long it has held it, HomeError if
    the lock cannot be made.
    """
    # A generator that holds it may be driven by one thread and closed by another.
    lock = FileLock(file, timeout=0, mode=0o600, thread_local=False)
    holder = _note_of(file)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(file, clock(), what) from None
    except OSError as error:
        raise HomeError(
            f"cannot lock {file}: {error.strerror}", "check its permissions and free space"
        ) from error
    try:
        with suppress(OSError):  # who holds it is a courtesy
            _note(holder, Holder(os.getpid(), clock(), name))
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def hold_for_night(
    stack: ExitStack, paths: Paths, clock: Callable[[], datetime], cancel: Flag
) -> Generator[Event, None, bool]:
    """Have `stack` hold the night's lock; False if `cancel` was set while another kept it.

    What is no night, such as a forgetting, is waited for, PATIENCE seconds at most, with an event
    that says so. Raises HomeError, and BusyError beside another night, or the rest of one that
    was cut off.
    """
    deadline, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            stack.enter_context(hold(paths.lock, clock, OTHER, name=NIGHT))
            break
        except BusyError as error:
            if _of_night(paths.lock) or time.monotonic() >= deadline:
                raise
            if not told:
                told = True
                yield Note(f"waiting up to {describe_seconds(PATIENCE)}: {error.message}")
        if cancel.wait(_POLL):
            return False
    with hold(worker_lock(paths), clock, REST):
        return True


def hold_for_forgetting(
    stack: ExitStack,
    paths: Paths,
    clock: Callable[[], datetime],
    patience: float,
    tell: Callable[[str], None],
) -> Keeper | None:
    """Have `stack` hold the night's lock; who keeps it where that cannot be had.

    What is no night is waited for, `patience` seconds at most, and `tell` gets a line that says
    so. A night that ends finishes what was forgotten meanwhile; so does a forgetting of this very
    process. Who does not say what it is counts as a night: those of earlier releases did not.
    Raises HomeError.
    """
    deadline, told = time.monotonic() + patience, False
    while True:
        try:
            stack.enter_context(hold(paths.lock, clock, OTHER, name=FORGETTING))
            break
        except BusyError as error:
            holder = _holder(paths.lock)
            if holder is not None and holder.name in ("", NIGHT):
                return Keeper(_busy(paths.lock, clock(), "a night").message, "when it ends")
            if holder is not None and (holder.name, holder.pid) == (FORGETTING, os.getpid()):
                return Keeper(error.message, "with it")
            if time.monotonic() >= deadline:
                return Keeper(error.message)
            if not told:
                told = True
                tell(f"waiting up to {describe_seconds(patience)}: {error.message}")
        time.sleep(_POLL)
    try:
        stack.enter_context(hold(worker_lock(paths), clock, REST))
    except BusyError as error:
        return Keeper(error.message)
    return None


def refuse_beside_night(paths: Paths, clock: Callable[[], datetime]) -> None:
    """Raise BusyError if a night is running, or the rest of one, as a night of ours would.

    Where nobody left a note of holding a lock nothing is locked: whoever wants it just now must
    not find it taken by one who only looks.
    """
    if not _of_night(paths.lock) and _holder(worker_lock(paths)) is None:
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(paths.lock, clock, OTHER))
        except BusyError:
            if _of_night(paths.lock):
                raise
            return
        stack.enter_context(hold(worker_lock(paths), clock, REST))


def _of_night(file: Path) -> bool:
    holder = _holder(file)
    return holder is not None and holder.name == NIGHT


def _note_of(file: Path) -> Path:
    return file.with_suffix(".json")


def _note(place: Path, holder: Holder) -> None:
    facts = {"pid": holder.pid, "since": holder.since.isoformat(), "name": holder.name}
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(facts))


def _holder(file: Path) -> Holder | None:
    """What the last holder of a lock noted; None where there is no note that can be read."""
    try:
        facts = json.loads(_note_of(file).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(facts["since"])
        name = str(facts.get("name") or "")  # none in the note of an earlier release
        return Holder(int(facts["pid"]), since, name) if since.tzinfo else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _busy(file: Path, now: datetime, what: str) -> BusyError:
    hint = "wait for it to end, or stop it: what it has done is kept"
    holder = _holder(file)
    if holder is None:
        return BusyError(f"{what} is running", hint)
    age = describe_seconds((now - holder.since).total_seconds())
    who = f"process {holder.pid}, for {age}"
    return BusyError(f"{holder.name or what} is running ({who})", hint)
