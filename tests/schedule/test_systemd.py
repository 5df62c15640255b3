"""The systemd user timer, with a fake `systemctl` and the real `systemd-analyze`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate.errors import ScheduleError
from sealmate.schedule import detect, plan_for, status
from sealmate.schedule.cron import Cron
from sealmate.schedule.systemd import Systemd
from sealmate.settings import Settings
from tests.schedule.conftest import NOW, Computer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
Make = Callable[..., Settings]


def test_install_status_remove(computer: Computer, settings: Make, tmp_path: Path) -> None:
    computer.program("systemctl")
    scheduler, why = detect("linux")
    assert (scheduler.kind, why) == ("systemd", "")
    plan = plan_for(settings(profile="anna"), "02:45", environment={})
    scheduler.install(plan)
    folder = tmp_path / "user/.config/systemd/user"
    assert {path.name for path in folder.iterdir()} == {
        f"{plan.name}.service", f"{plan.name}.timer",
    }  # fmt: skip
    timer = (folder / f"{plan.name}.timer").read_text()
    assert "OnCalendar=*-*-* 02:45:00\n" in timer
    assert "Persistent=true\n" in timer
    assert [line.split("--no-ask-password ")[1] for line in computer.asked()] == [
        "show-environment",
        "show-environment",
        "daemon-reload",
        f"enable {plan.name}.timer",
        f"restart {plan.name}.timer",
    ]
    found = status(settings(profile="anna"), NOW)
    assert (found.installed, found.active, found.at) == (True, True, "02:45")
    assert found.next is not None
    assert found.next.astimezone().strftime("%H:%M") == "02:45"
    assert found.problem == ""
    assert not status(settings(), NOW).installed
    assert scheduler.remove(plan.name) is True
    assert list(folder.iterdir()) == []
    assert scheduler.remove(plan.name) is False
    assert not status(settings(profile="anna"), NOW).installed


def test_installing_again_changes_the_time(computer: Computer, settings: Make) -> None:
    computer.program("systemctl")
    for at in ("02:45", "04:00"):
        Systemd().install(plan_for(settings(), at))
    assert status(settings(), NOW).at == "04:00"


def test_a_timer_that_does_not_run(computer: Computer, settings: Make) -> None:
    computer.program("systemctl")
    Systemd().install(plan_for(settings()))
    computer.program("systemctl", '[ "$3" != is-active ]')
    found = status(settings(), NOW)
    assert (found.installed, found.active, found.next) == (True, False, None)
    assert "does not run" in found.problem


def test_an_executable_that_is_gone(computer: Computer, settings: Make, tmp_path: Path) -> None:
    computer.program("systemctl")
    plan = plan_for(settings())
    Systemd().install(plan)
    (service,) = (tmp_path / "user/.config/systemd/user").glob("*.service")
    text = service.read_text()
    service.write_text(text.replace(f'ExecStart="{plan.command[0]}"', 'ExecStart="/gone/python"'))
    assert "/gone/python is gone" in status(settings(), NOW).problem


def test_a_refusal_is_quoted_and_leaves_nothing(
    computer: Computer, settings: Make, tmp_path: Path
) -> None:
    computer.program(
        "systemctl", '[ "$3" = enable ] && { echo "Failed: no space" >&2; exit 1; }; exit 0'
    )
    with pytest.raises(ScheduleError, match=r"enable .* failed: Failed: no space"):
        Systemd().install(plan_for(settings()))
    assert list((tmp_path / "user/.config/systemd/user").iterdir()) == []


def test_no_user_manager_means_cron(computer: Computer, settings: Make) -> None:
    computer.program("systemctl", 'echo "Failed to connect to bus: No medium found" >&2; exit 1')
    scheduler, why = detect("linux")
    assert isinstance(scheduler, Cron)
    assert "No medium found" in why
    with pytest.raises(ScheduleError, match="No medium found"):
        Systemd().install(plan_for(settings()))
    assert not status(settings(), NOW).installed


def test_no_systemd_means_cron(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(computer.bin))
    scheduler, why = detect("linux")
    assert isinstance(scheduler, Cron)
    assert why == "systemd is not on this computer"


def test_a_folder_that_cannot_be_written(
    computer: Computer, settings: Make, tmp_path: Path
) -> None:
    computer.program("systemctl")
    (tmp_path / "user").mkdir()
    (tmp_path / "user/.config").touch()
    with pytest.raises(ScheduleError, match="cannot write"):
        Systemd().install(plan_for(settings()))


@pytest.mark.parametrize("home", ["plain", "with space", 'q"uote', "per%cent", "dol$lar", "a'b\\c"])
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_files(settings: Make, tmp_path: Path, home: str) -> None:
    environment = {"SEALMATE_MODELS": f"/m {home}", "XDG_DATA_HOME": "/%h $x"}
    plan = plan_for(settings(home=tmp_path / home, profile="anna"), environment=environment)
    files = Systemd(tmp_path).files(plan)
    for file in files:
        file.path.write_text(file.text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *(str(file.path) for file in files)],
        capture_output=True, text=True, check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    # The words as a person would read them, after systemd's own doubled letters.
    line = next(row for row in files[0].text.splitlines() if row.startswith("ExecStart="))
    words = shlex.split(line.removeprefix("ExecStart="))
    assert tuple(w.replace("%%", "%").replace("$$", "$") for w in words) == plan.command


def test_times_are_utc(computer: Computer, settings: Make) -> None:
    computer.program("systemctl")
    Systemd().install(plan_for(settings(), "02:30"))
    found = status(settings(), datetime(2031, 5, 6, 7, 8, tzinfo=UTC))
    assert found.next is not None
    assert found.next.tzinfo is UTC
