"""A crontab line, for where nothing better runs. A person adds it; we only look for it."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from datetime import time

from sealmate.errors import ScheduleError
from sealmate.schedule.call import run
from sealmate.schedule.plan import Plan
from sealmate.schedule.scheduler import File, Installed

NOTE = "cron makes up for no missed night"
_LINE = re.compile(r"^\s*(\d{1,2})\s+(\d{1,2})\s+\*\s+\*\s+\*\s+(.*)$")


class Cron:
    """The user's crontab. `install` and `remove` say which line is meant; they change nothing,
    for the file is the person's own."""

    kind = "cron"

    def files(self, plan: Plan) -> Sequence[File]:
        """None: the line goes into a file that is not ours."""
        return ()

    def commands(self, plan: Plan) -> Sequence[Sequence[str]]:
        """None."""
        return ()

    def line(self, plan: Plan) -> str:
        """The line for `crontab -e`. Its last word, a shell's comment, is how we know it again."""
        words = [f"{name}={shlex.quote(value)}" for name, value in sorted(plan.environment.items())]
        words += [shlex.quote(word) for word in plan.command]
        log = shlex.quote(str(plan.log))
        # cron mails what a job prints, and reads % as the end of a line.
        command = f"{' '.join(words)} >>{log} 2>&1 # {plan.name}".replace("%", "\\%")
        return f"{plan.at.minute} {plan.at.hour} * * * {command}"

    def install(self, plan: Plan) -> None:
        """Always refused. Raises ScheduleError with the line as its hint."""
        raise ScheduleError("a crontab is a person's to change", f"add to it: {self.line(plan)}")

    def installed(self, name: str) -> Installed | None:
        """The line with that name, if a crontab can be read and has it."""
        if shutil.which("crontab") is None:
            return None
        code, said = run(["crontab", "-l"])
        for text in said.splitlines() if code == 0 else ():
            found = _LINE.match(text)
            if found and found[3].endswith(f" # {name}"):
                words = shlex.split(found[3].replace("\\%", "%"), comments=True)
                program = next((word for word in words if "=" not in word), "")
                minute, hour = int(found[1]), int(found[2])
                if hour < 24 and minute < 60:
                    return Installed(time(hour, minute), True, program, (), NOTE)
        return None

    def remove(self, name: str) -> bool:
        """False if there is no such line. Raises ScheduleError if there is: a person deletes it."""
        if self.installed(name) is None:
            return False
        raise ScheduleError(
            "a crontab is a person's to change", f"delete the line that ends with # {name}"
        )
