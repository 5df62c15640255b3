"""The launchd agent, with a fake `launchctl`."""

from __future__ import annotations

import os
import plistlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sealmate.errors import ScheduleError
from sealmate.schedule import detect, plan_for, status
from sealmate.schedule.launchd import Launchd
from sealmate.settings import Settings
from tests.schedule.conftest import NOW, Computer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
Make = Callable[..., Settings]


def test_install_status_remove(computer: Computer, settings: Make, tmp_path: Path) -> None:
    computer.program("launchctl")
    scheduler, why = detect("darwin")
    assert (scheduler.kind, why) == ("launchd", "")
    plan = plan_for(settings(home=tmp_path / "a & b"), "23:05", environment={"SEALMATE_SEED": "3"})
    scheduler.install(plan)
    path = tmp_path / "user/Library/LaunchAgents" / f"org.sealmate.{plan.name}.plist"
    agent = plistlib.loads(path.read_bytes())
    assert agent["ProgramArguments"] == list(plan.command)
    assert agent["StartCalendarInterval"] == {"Hour": 23, "Minute": 5}
    assert agent["EnvironmentVariables"] == {"SEALMATE_SEED": "3"}
    assert agent["RunAtLoad"] is False
    domain = f"gui/{os.getuid()}"
    assert computer.asked() == [
        f"launchctl bootout {domain}/org.sealmate.{plan.name}",
        f"launchctl bootstrap {domain} {path}",
    ]
    found = status(settings(home=tmp_path / "a & b"), NOW, "launchd")
    assert (found.installed, found.active, found.at, found.problem) == (True, True, "23:05", "")
    assert scheduler.remove(plan.name) is True
    assert scheduler.remove(plan.name) is False
    assert not path.exists()


def test_a_refusal_leaves_nothing(computer: Computer, settings: Make, tmp_path: Path) -> None:
    computer.program("launchctl", 'echo "Bootstrap failed: 5: Input/output error" >&2; exit 5')
    with pytest.raises(ScheduleError, match="Input/output error"):
        Launchd().install(plan_for(settings()))
    assert list((tmp_path / "user/Library/LaunchAgents").iterdir()) == []


@pytest.mark.parametrize("text", ["", "<plist/>", "not xml", "<plist><dict/></plist>"])
def test_a_broken_list(computer: Computer, settings: Make, tmp_path: Path, text: str) -> None:
    computer.program("launchctl")
    agents = Launchd(tmp_path)
    (file,) = agents.files(plan_for(settings()))
    file.path.write_text(text)
    with pytest.raises(ScheduleError, match="is not ours"):
        agents.installed(plan_for(settings()).name)
