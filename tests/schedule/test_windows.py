"""The Windows task, with a fake `schtasks` that keeps what it is given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sealmate.errors import ScheduleError
from sealmate.schedule import detect, plan_for, status
from sealmate.schedule.windows import Windows
from sealmate.settings import Settings
from tests.schedule.conftest import NOW, Computer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
Make = Callable[..., Settings]
SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
KEEPS = """
case "$1" in
  /Create) cp "$5" "{kept}" ;;
  /Query) [ -f "{kept}" ] && cat "{kept}" ;;
  /Delete) rm "{kept}" ;;
esac
"""


@pytest.fixture
def kept(computer: Computer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("USERNAME", "anna & co")
    monkeypatch.setenv("USERDOMAIN", "HOUSE")
    computer.program("schtasks", KEEPS.format(kept=tmp_path / "kept.xml"))
    return tmp_path / "kept.xml"


def test_install_status_remove(
    kept: Path, computer: Computer, settings: Make, tmp_path: Path
) -> None:
    scheduler, why = detect("win32")
    assert (scheduler.kind, why) == ("windows", "")
    scheduler = Windows(tmp_path)
    home = tmp_path / "my <notes> & more"
    plan = plan_for(settings(home=home), "04:10")
    scheduler.install(plan)
    task = ElementTree.fromstring(kept.read_bytes())  # its own header says UTF-16, as it is
    assert task.findtext(f".//{SPACE}StartBoundary") == "2024-01-01T04:10:00"
    assert task.findtext(f".//{SPACE}StartWhenAvailable") == "true"
    assert task.findtext(f".//{SPACE}RunLevel") == "LeastPrivilege"
    assert task.findtext(f".//{SPACE}UserId") == "HOUSE\\anna & co"
    assert task.findtext(f".//{SPACE}Command") == plan.command[0]
    assert task.findtext(f".//{SPACE}Arguments") == subprocess.list2cmdline(plan.command[1:])
    assert f'"{home}"' in (task.findtext(f".//{SPACE}Arguments") or "")
    assert not list(tmp_path.glob("sealmate-night*.xml"))
    found = status(settings(home=home), NOW, "windows")
    assert (found.installed, found.active, found.at, found.problem) == (True, True, "04:10", "")
    assert scheduler.remove(plan.name) is True
    assert scheduler.remove(plan.name) is False


def test_a_task_that_is_switched_off(kept: Path, settings: Make, tmp_path: Path) -> None:
    Windows(tmp_path).install(plan_for(settings()))
    text = kept.read_text(encoding="utf-16")
    before, after = text.split("<Hidden>")
    before = before.replace("<Enabled>true", "<Enabled>false")
    kept.write_text(f"{before}<Hidden>{after}")  # as it comes through a pipe: not UTF-16
    found = status(settings(), NOW, "windows")
    assert (found.installed, found.active) == (True, False)
    assert "switched off" in found.problem


@pytest.mark.parametrize("text", ["", "<Task", "<Task/>"])
def test_a_task_that_is_not_ours(kept: Path, settings: Make, text: str) -> None:
    kept.write_text(text)
    with pytest.raises(ScheduleError, match="cannot be read"):
        status(settings(), NOW, "windows")


def test_a_refusal(computer: Computer, settings: Make, tmp_path: Path) -> None:
    computer.program("schtasks", 'echo "ERROR: Access is denied." >&2; exit 1')
    with pytest.raises(ScheduleError, match="Access is denied"):
        Windows(tmp_path).install(plan_for(settings()))
    assert not list(tmp_path.glob("*.xml"))
