"""`sealmate schedule` as a person runs it, with a fake `systemctl` on PATH."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sealmate.cli.app import run_command
from sealmate.schedule.plan import executable
from tests.schedule.conftest import Computer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer(tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("SEALMATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return made


def run(capsys: Any, *words: str) -> tuple[int, str, str]:
    code = run_command(["schedule", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_install_status_remove(computer: Computer, capsys: Any, tmp_path: Path) -> None:
    computer.program("systemctl")
    code, out, _ = run(capsys, "install", "--at", "02:45", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["installed"], found["active"], found["at"]) == (True, True, "02:45")
    service = next(Path(name) for name in found["files"] if name.endswith(".service"))
    command = service.read_text()
    assert f'ExecStart="{executable()[0]}"' in command
    assert f'"--home" "{tmp_path / "home"}" "--profile" "default" "night"\n' in command
    code, out, _ = run(capsys, "status")
    assert "each night at 02:45" in out
    assert "next: " in out
    assert json.loads(run(capsys, "status", "--json")[1])["next"]
    assert json.loads(run(capsys, "--json")[1])["at"] == "02:45"
    code, out, _ = run(capsys, "remove", "--dry-run")
    assert out.startswith("would remove")
    assert service.exists()
    code, out, _ = run(capsys, "remove", "--json")
    assert json.loads(out)["removed"] is True
    assert not service.exists()
    assert run(capsys, "remove")[:2] == (0, "no nightly run is installed\n")
    assert "no nightly run is installed" in run(capsys, "status")[1]


def test_a_dry_run_changes_nothing(computer: Computer, capsys: Any, tmp_path: Path) -> None:
    computer.program("systemctl")
    code, out, _ = run(capsys, "install", "--dry-run")
    assert code == 0
    assert "OnCalendar=*-*-* 02:30:00" in out
    assert "systemctl --user --no-ask-password enable sealmate-night" in out
    code, out, _ = run(capsys, "install", "--dry-run", "--json")
    assert [Path(file["path"]).suffix for file in json.loads(out)["files"]] == [
        ".service", ".timer",
    ]  # fmt: skip
    assert not (tmp_path / "user").exists()
    assert not (tmp_path / "home").exists()


def test_without_a_scheduler_it_prints_the_crontab_line(computer: Computer, capsys: Any) -> None:
    computer.program("systemctl", 'echo "Failed to connect to bus" >&2; exit 1')
    code, out, err = run(capsys, "install", "--at", "4:05")
    assert code == 0
    assert out.startswith("5 4 * * * ")
    assert len(out.splitlines()) == 1
    assert "Failed to connect to bus" in err
    code, out, _ = run(capsys, "install", "--json")
    assert json.loads(out)["installed"] is False
    assert json.loads(out)["line"].startswith("30 2 * * * ")


@pytest.mark.parametrize("scheduler", ["systemd", "cron"])
def test_nobody_else_may_read_the_log(
    computer: Computer, capsys: Any, tmp_path: Path, scheduler: str
) -> None:
    computer.program("systemctl")
    log = tmp_path / "home" / "state" / "sealmate.log"
    assert run(capsys, "install", "--scheduler", scheduler)[0] == 0
    assert log.stat().st_mode & 0o777 == 0o600
    log.chmod(0o644)
    log.write_text("of an earlier release")
    assert run(capsys, "install", "--scheduler", scheduler)[0] == 0
    assert (log.stat().st_mode & 0o777, log.read_text()) == (0o600, "of an earlier release")
    log.unlink()
    log.mkdir()
    code, _, err = run(capsys, "install", "--scheduler", scheduler)
    assert (code, f"cannot write {log}" in err) == (3, True)


@pytest.mark.parametrize(
    "words", [("install", "--at", "25:00"), ("status", "--scheduler", "at"), ("start",)]
)
def test_wrong_words(computer: Computer, capsys: Any, words: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_a_refusal(computer: Computer, capsys: Any) -> None:
    computer.program("systemctl", '[ "$3" = restart ] && { echo "no such unit" >&2; exit 5; }; :')
    code, out, err = run(capsys, "install")
    assert (code, out) == (11, "")
    assert "no such unit" in err
    assert "no nightly run is installed" in run(capsys, "status")[1]
