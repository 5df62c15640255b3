"""A systemd user timer: it catches up a missed night and needs no root."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from sealmate.errors import ScheduleError
from sealmate.schedule.call import must, run
from sealmate.schedule.plan import Plan, parse_time
from sealmate.schedule.scheduler import File, Installed, delete, read, write

SERVICE = """\
# Written by `sealmate schedule install`; `sealmate schedule remove` deletes it.
[Unit]
Description=sealmate: learn the day's notes ({profile})

[Service]
Type=oneshot
ExecStart={command}
{environment}# Be polite to whoever still works at this hour.
Nice=10
IOSchedulingClass=idle
# The main process passes the wish to stop on, and saves what is done.
KillMode=mixed
TimeoutStopSec=120
SuccessExitStatus=130
UMask=0077
"""

TIMER = """\
# Written by `sealmate schedule install`; `sealmate schedule remove` deletes it.
[Unit]
Description=sealmate: each night at {at} ({profile})

[Timer]
OnCalendar=*-*-* {at}:00
# A night missed because the computer was off is made up for.
Persistent=true

[Install]
WantedBy=timers.target
"""

LINGER = (
    "it runs while you are logged in, and makes up for missed nights; "
    "`loginctl enable-linger` lets it run without a login"
)
_HINT = "see `systemctl --user status`, or use cron: sealmate schedule install --scheduler cron"
_AT = re.compile(r"^OnCalendar=\*-\*-\* (\d\d:\d\d):00$", re.MULTILINE)
_COMMAND = re.compile(r'^ExecStart="((?:[^"\\]|\\.)*)"', re.MULTILINE)


class Systemd:
    """The user's own service manager."""

    kind = "systemd"

    def __init__(self, folder: Path | None = None) -> None:
        config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        self._folder = folder or Path(config).expanduser() / "systemd" / "user"

    def files(self, plan: Plan) -> Sequence[File]:
        """The service and its timer."""
        profile = plan.profile.replace("%", "%%")
        environment = "".join(
            f"Environment={_quoted(f'{name}={value}')}\n"
            for name, value in sorted(plan.environment.items())
        )
        command = " ".join(_quoted(word).replace("$", "$$") for word in plan.command)
        service = SERVICE.format(profile=profile, command=command, environment=environment)
        timer = TIMER.format(profile=profile, at=f"{plan.at:%H:%M}")
        return (
            File(self._path(plan.name, "service"), service),
            File(self._path(plan.name, "timer"), timer),
        )

    def commands(self, plan: Plan) -> Sequence[Sequence[str]]:
        """Read the files, switch the timer on; `restart` also moves one that runs already."""
        timer = f"{plan.name}.timer"
        return (
            _user("daemon-reload"),
            _user("enable", timer),
            _user("restart", timer),
        )

    def install(self, plan: Plan) -> None:
        """Write the files and start the timer. Raises ScheduleError."""
        if why := works():
            raise ScheduleError(why, _HINT)
        files = self.files(plan)
        fresh = [file.path for file in files if not file.path.exists()]
        write(files)
        try:
            for command in self.commands(plan):
                must(command, _HINT)
        except ScheduleError:
            delete(fresh)  # a timer that does not run must not look installed
            raise

    def installed(self, name: str) -> Installed | None:
        """What the files say, and whether the timer runs. Raises ScheduleError."""
        timer = read(self._path(name, "timer"))
        service = read(self._path(name, "service")) or ""
        found = _AT.search(timer or "")
        if timer is None or found is None:
            return None
        command = _COMMAND.search(service)
        active = run(_user("is-active", f"{name}.timer"))[0] == 0
        return Installed(
            at=parse_time(found[1]),
            active=active,
            executable=_plain(command[1]) if command else "",
            files=(self._path(name, "service"), self._path(name, "timer")),
            note=LINGER if active else "its timer does not run: sealmate schedule install",
        )

    def remove(self, name: str) -> bool:
        """Stop the timer and delete its files. Raises ScheduleError."""
        paths = [self._path(name, "timer"), self._path(name, "service")]
        if not any(path.exists() for path in paths):
            return False
        # It fails where the timer never was enabled; the files must go nevertheless.
        run(_user("disable", "--now", f"{name}.timer"))
        delete(paths)
        must(_user("daemon-reload"), _HINT)
        return True

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / f"{name}.{suffix}"


def works() -> str:
    """ "" if the user's service manager answers, else why not."""
    code, said = run(_user("show-environment"), seconds=10)
    if code == 0:
        return ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"systemd does not run here for users ({lines[0] if lines else f'exit code {code}'})"


def _user(*words: str) -> list[str]:
    return ["systemctl", "--user", "--no-ask-password", *words]


def _quoted(word: str) -> str:
    """A word as systemd reads it: in quotes, with its specifiers (%) taken literally."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _plain(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$")
