"""Whether a nightly run is set up, and when it comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealmate.schedule.choose import choose
from sealmate.schedule.plan import name_of, next_time
from sealmate.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """The nightly run of a profile. `at` is "HH:MM", `next` UTC; both None if not installed.

    `problem` says in one line why it would not run although it is installed; `note` is worth
    knowing. `why` tells why only cron is left.
    """

    scheduler: str
    name: str
    installed: bool
    active: bool = False
    at: str | None = None
    next: datetime | None = None
    files: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""
    why: str = ""


def status(settings: Settings, now: datetime, kind: str = "auto") -> Status:
    """What is installed for these settings. Raises ScheduleError, UsageError."""
    scheduler, why = choose(kind)
    name = name_of(settings)
    found = scheduler.installed(name)
    if found is None:
        return Status(scheduler.kind, name, installed=False, why=why)
    problem = ""
    if found.executable and not Path(found.executable).exists():
        problem = f"{found.executable} is gone: run sealmate schedule install again"
    elif not found.active:
        problem = found.note
    return Status(
        scheduler=scheduler.kind,
        name=name,
        installed=True,
        active=found.active,
        at=f"{found.at:%H:%M}",
        next=None if problem else next_time(found.at, now),
        files=tuple(str(path) for path in found.files),
        problem=problem,
        note="" if problem else found.note,
        why=why,
    )


def next_night(settings: Settings, now: datetime) -> datetime | None:
    """When the next nightly run comes (UTC), None where none is set up.

    It asks the operating system: some 10 to 100 ms. Raises ScheduleError.
    """
    return status(settings, now).next
