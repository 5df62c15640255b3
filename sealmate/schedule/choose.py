"""Which scheduler runs here."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sealmate.errors import ScheduleError, UsageError
from sealmate.schedule import systemd
from sealmate.schedule.cron import Cron
from sealmate.schedule.launchd import Launchd
from sealmate.schedule.scheduler import Scheduler
from sealmate.schedule.windows import Windows

KINDS: Mapping[str, Callable[[], Scheduler]] = MappingProxyType(
    {"systemd": systemd.Systemd, "launchd": Launchd, "windows": Windows, "cron": Cron}
)


def choose(kind: str = "auto") -> tuple[Scheduler, str]:
    """The scheduler of that kind, or for "auto" the one that runs here and why no better one.

    Raises UsageError for an unknown kind.
    """
    if kind == "auto":
        return detect()
    make = KINDS.get(kind)
    if make is None:
        raise UsageError(f"{kind!r} is no scheduler", f"use auto, {', '.join(KINDS)}")
    return make(), ""


def detect(platform: str = sys.platform) -> tuple[Scheduler, str]:
    """The scheduler that runs on this computer, and the reason where it is only cron."""
    if platform == "win32":
        if shutil.which("schtasks"):
            return Windows(), ""
        return Cron(), "schtasks is not on PATH"
    if platform == "darwin":
        if shutil.which("launchctl"):
            return Launchd(), ""
        return Cron(), "launchctl is not on PATH"
    if shutil.which("systemctl") is None:
        return Cron(), "systemd is not on this computer"
    try:
        why = systemd.works()
    except ScheduleError as error:
        why = error.message
    return (Cron(), why) if why else (systemd.Systemd(), "")
