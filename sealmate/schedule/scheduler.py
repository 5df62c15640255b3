"""What every scheduler can do, and files written in one step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Protocol

from sealmate.errors import ScheduleError
from sealmate.schedule.plan import Plan


@dataclass(frozen=True, slots=True)
class File:
    """A file of a schedule: where it goes and its text."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed under a name. `active` is False where the scheduler does not run it;
    `executable` is what it would start, `note` what a person should know."""

    at: time
    active: bool
    executable: str = ""
    files: tuple[Path, ...] = ()
    note: str = ""


class Scheduler(Protocol):
    """The operating system's way to run something each night. None needs root."""

    @property
    def kind(self) -> str:
        """systemd, launchd, windows or cron."""

    def files(self, plan: Plan) -> Sequence[File]:
        """The files that `install` would write."""

    def commands(self, plan: Plan) -> Sequence[Sequence[str]]:
        """The commands that `install` would run after that."""

    def install(self, plan: Plan) -> None:
        """Make the plan run each night, in place of an earlier one of that name.

        Raises ScheduleError.
        """

    def installed(self, name: str) -> Installed | None:
        """What is installed under `name`. Raises ScheduleError."""

    def remove(self, name: str) -> bool:
        """Undo `install`; False if there was nothing. Raises ScheduleError."""


def write(files: Sequence[File], encoding: str = "utf-8") -> None:
    """Write `files`, each in one step. Raises ScheduleError."""
    for file in files:
        temporary = file.path.with_name(f".{file.path.name}.{os.getpid()}")
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(file.text, encoding=encoding)
            temporary.replace(file.path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise ScheduleError(
                f"cannot write {file.path}: {error.strerror}", "check its permissions"
            ) from error


def delete(paths: Sequence[Path]) -> bool:
    """Delete the files that exist; True if any did. Raises ScheduleError."""
    found = False
    for path in paths:
        try:
            path.unlink()
            found = True
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ScheduleError(
                f"cannot delete {path}: {error.strerror}", "check its permissions"
            ) from error
    return found


def read(path: Path) -> str | None:
    """The text of a file, None if there is none. Raises ScheduleError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ScheduleError(f"cannot read {path}: {error}", "mend or delete that file") from error
