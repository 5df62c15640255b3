"""What is to run each night, independent of who runs it: a time, a command, a name."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

from sealmate.child import own_module
from sealmate.errors import ScheduleError
from sealmate.settings import Settings
from sealmate.times import parse_time as parse_time

# What moves the person's files in the shell must move them at night as well.
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HF_HOME")


@dataclass(frozen=True, slots=True)
class Plan:
    """One nightly run. `command` begins with an absolute path; `log` takes what it prints.

    `name` is unique for each home and profile, so that several can have nights of their own.
    """

    name: str
    profile: str
    at: time
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def plan_for(
    settings: Settings,
    at: str | None = None,
    *,
    model: str | None = None,
    device: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """The plan of these settings at `at` ("HH:MM", default: the setting night_at).

    `model` and `device` are given only where a flag set them; config.toml is read each night.
    Raises UsageError for a time that is none, ScheduleError for a path no scheduler can take.
    """
    command = [*executable()]
    if settings.home is not None:
        command += ["--home", str(settings.home.expanduser().absolute())]
    command += ["--profile", settings.profile]
    for flag, value in (("--model", model), ("--device", device)):
        command += [flag, value] if value is not None else []
    known = {
        name: value
        for name, value in environment.items()
        if name in _FOLDERS or name.startswith("SEALMATE_")
    }
    for dropped in ("SEALMATE_HOME", "SEALMATE_PROFILE"):  # the command names them
        known.pop(dropped, None)
    for text in (*command, *known.values()):
        if any(ord(letter) < 32 or letter == "\x7f" for letter in text):
            raise ScheduleError(
                f"no scheduler can run {text!r}: it holds a line end or control character",
                "use a folder without one",
            )
    return Plan(
        name=name_of(settings),
        profile=settings.profile,
        at=parse_time(settings.night_at if at is None else at),
        command=(*command, "night"),
        log=settings.paths.log,
        environment=known,
    )


def name_of(settings: Settings) -> str:
    """The name of a profile's nightly run: sealmate-night, with profile and home if not usual."""
    name = "sealmate-night"
    if settings.profile != "default":
        name += f"-{settings.profile}"
    if settings.home is not None:
        home = str(settings.home.expanduser().absolute())
        name += f"-{hashlib.sha256(home.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    return name


def executable() -> tuple[str, ...]:
    """The absolute command line that starts this sealmate."""
    # Not resolved: the link inside a virtual environment is what makes it that environment.
    python = Path(sys.executable).absolute()
    for name in ("sealmate", "sealmate.exe"):
        script = python.parent / name
        if script.is_file() and os.access(script, os.X_OK):
            return (str(script),)
    return (str(python), *own_module("sealmate")[1:])


def next_time(at: time, now: datetime, zone: tzinfo | None = None) -> datetime:
    """When it is `at` o'clock next after `now` (aware), in `zone` or this computer's, as UTC."""
    wall = now.astimezone(zone).replace(tzinfo=None)
    for days in range(3):
        then = datetime.combine(wall.date() + timedelta(days=days), at)
        # A naive time means this computer's zone, with the summer time of its own day.
        aware = (then.replace(tzinfo=zone) if zone else then).astimezone(UTC)
        if aware > now:
            return aware
    raise AssertionError("three days hold every time of day")
