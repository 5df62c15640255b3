"""A task of the Windows Task Scheduler: it makes up for missed starts, without administrator."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sealmate.errors import ScheduleError, UsageError
from sealmate.schedule.call import must, run
from sealmate.schedule.plan import Plan, parse_time
from sealmate.schedule.scheduler import File, Installed, write

TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>sealmate: learn the day's notes ({profile})</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2024-01-01T{at}:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">{user}
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>8</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""

NOTE = "it runs while you are logged in and on mains power, and makes up for missed nights"
_SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
_HINT = "see Task Scheduler, folder sealmate"


class Windows:
    """The Task Scheduler. The plan's environment is not carried: a task has none of its own,
    but gets the user's, where `setx` puts what is to last."""

    kind = "windows"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())

    def files(self, plan: Plan) -> Sequence[File]:
        """The task as XML; it is only needed while it is read in."""
        user, domain = os.environ.get("USERNAME", ""), os.environ.get("USERDOMAIN", "")
        account = f"{domain}\\{user}" if domain and user else user
        text = TASK.format(
            profile=escape(plan.profile),
            at=f"{plan.at:%H:%M}",
            user=f"\n      <UserId>{escape(account)}</UserId>" if account else "",
            command=escape(plan.command[0]),
            arguments=escape(subprocess.list2cmdline(plan.command[1:])),
        )
        return (File(self._folder / f"{plan.name}.xml", text),)

    def commands(self, plan: Plan) -> Sequence[Sequence[str]]:
        """Read the XML in, over an earlier task of that name."""
        path = str(self._folder / f"{plan.name}.xml")
        return (["schtasks", "/Create", "/TN", _task(plan.name), "/XML", path, "/F"],)

    def install(self, plan: Plan) -> None:
        """Register the task. Raises ScheduleError."""
        files = self.files(plan)
        try:
            write(files, encoding="utf-16")
            for command in self.commands(plan):
                must(command, _HINT)
        finally:
            for file in files:
                file.path.unlink(missing_ok=True)

    def installed(self, name: str) -> Installed | None:
        """What the Task Scheduler knows. Raises ScheduleError."""
        code, said = run(["schtasks", "/Query", "/TN", _task(name), "/XML"])
        if code:
            return None
        try:
            # The declared encoding is that of the file, not of what comes through the pipe.
            task = ElementTree.fromstring(said[said.index("<Task") :])
            start = task.findtext(f".//{_SPACE}StartBoundary", "")
            at = parse_time(start.partition("T")[2][:5])
            enabled = task.findtext(f"{_SPACE}Settings/{_SPACE}Enabled", "true") == "true"
        except (ValueError, UsageError, ElementTree.ParseError) as error:
            raise ScheduleError(
                f"the task {_task(name)} cannot be read: {error}", "remove it in Task Scheduler"
            ) from error
        program = task.findtext(f".//{_SPACE}Command", "")
        note = NOTE if enabled else "the task is switched off: sealmate schedule install"
        return Installed(at, enabled, program, (), note)

    def remove(self, name: str) -> bool:
        """Delete the task. Raises ScheduleError."""
        if run(["schtasks", "/Query", "/TN", _task(name)])[0]:
            return False
        must(["schtasks", "/Delete", "/TN", _task(name), "/F"], _HINT)
        return True


def _task(name: str) -> str:
    return f"sealmate\\{name}"
