"""A launchd agent of macOS: it runs at its hour, or when the computer wakes after it."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Any

from sealmate.errors import ScheduleError
from sealmate.schedule.call import must, run
from sealmate.schedule.plan import Plan
from sealmate.schedule.scheduler import File, Installed, delete, read, write

PREFIX = "org.sealmate."
NOTE = "a night missed in sleep runs at waking; one missed while switched off does not"
_HINT = "log in to the desktop of this user, or use cron: --scheduler cron"


class Launchd:
    """The user's own agents."""

    kind = "launchd"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path.home() / "Library" / "LaunchAgents"

    def files(self, plan: Plan) -> Sequence[File]:
        """One property list."""
        agent: dict[str, Any] = {
            "Label": PREFIX + plan.name,
            "ProgramArguments": list(plan.command),
            "StartCalendarInterval": {"Hour": plan.at.hour, "Minute": plan.at.minute},
            "RunAtLoad": False,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Nice": 10,
            # launchd kills after 20 s by default; saving what is done may take longer.
            "ExitTimeOut": 120,
            "Umask": 0o077,
            "StandardOutPath": str(plan.log),
            "StandardErrorPath": str(plan.log),
        }
        if plan.environment:
            agent["EnvironmentVariables"] = dict(plan.environment)
        return (File(self._path(plan.name), plistlib.dumps(agent).decode()),)

    def commands(self, plan: Plan) -> Sequence[Sequence[str]]:
        """Load the agent into the user's session."""
        return (["launchctl", "bootstrap", _domain(), str(self._path(plan.name))],)

    def install(self, plan: Plan) -> None:
        """Write the list and load it in place of an earlier one. Raises ScheduleError."""
        run(["launchctl", "bootout", f"{_domain()}/{PREFIX}{plan.name}"])  # fails if not loaded
        files = self.files(plan)
        write(files)
        try:
            for command in self.commands(plan):
                must(command, _HINT)
        except ScheduleError:
            delete([file.path for file in files])  # it was unloaded: it must not look installed
            raise

    def installed(self, name: str) -> Installed | None:
        """What the list says, and whether it is loaded. Raises ScheduleError."""
        path = self._path(name)
        text = read(path)
        if text is None:
            return None
        try:
            agent = plistlib.loads(text.encode())
            hour = agent["StartCalendarInterval"]
            at = time(hour["Hour"], hour["Minute"])
            program = str(agent["ProgramArguments"][0])
        except Exception as error:  # expat's and plistlib's errors share no base
            raise ScheduleError(f"{path} is not ours: {error}", "delete that file") from error
        loaded = run(["launchctl", "print", f"{_domain()}/{PREFIX}{name}"])[0] == 0
        note = NOTE if loaded else "it is not loaded: sealmate schedule install"
        return Installed(at, loaded, program, (path,), note)

    def remove(self, name: str) -> bool:
        """Unload it and delete the list. Raises ScheduleError."""
        run(["launchctl", "bootout", f"{_domain()}/{PREFIX}{name}"])
        return delete([self._path(name)])

    def _path(self, name: str) -> Path:
        return self._folder / f"{PREFIX}{name}.plist"


def _domain() -> str:
    owner = getattr(os, "getuid", None)  # Windows has none; tests of the text may run there
    return f"gui/{owner() if owner else 0}"
