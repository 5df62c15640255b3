"""Plans: which command, whose, when."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import ScheduleError, UsageError
from sealmate.schedule import next_time, parse_time, plan_for
from sealmate.schedule.plan import executable, name_of
from sealmate.settings import Settings
from tests.schedule.conftest import Computer

BERLIN = ZoneInfo("Europe/Berlin")
Make = Callable[..., Settings]


def test_the_command_is_absolute_and_names_home_and_profile(
    settings: Make, tmp_path: Path, computer: Computer
) -> None:
    plan = plan_for(settings(profile="anna"), "3:05", model="/models/big", device="cuda")
    assert Path(plan.command[0]).is_absolute()
    assert plan.command[len(executable()) :] == (
        "--home", str(tmp_path / "home"), "--profile", "anna",
        "--model", "/models/big", "--device", "cuda", "night",
    )  # fmt: skip
    assert plan.at == time(3, 5)
    assert plan.environment == {}


def test_the_command_starts_this_sealmate(tmp_path: Path) -> None:
    done = subprocess.run(
        [*executable(), "--version"], capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.startswith("sealmate ")


def test_a_console_script_beside_python_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "sealmate"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert executable() == (str(script),)


def test_the_usual_profile_at_the_usual_time(settings: Make) -> None:
    plan = plan_for(settings(home=None), environment={})
    assert plan.name == "sealmate-night"
    assert plan.at == time(2, 30)
    assert "--home" not in plan.command


def test_each_home_and_profile_has_its_own_name(settings: Make, tmp_path: Path) -> None:
    names = {
        name_of(settings(home=home, profile=profile))
        for home in (None, tmp_path / "a", tmp_path / "b")
        for profile in ("default", "anna")
    }
    assert len(names) == 6


def test_what_moves_files_in_the_shell_moves_them_at_night(settings: Make) -> None:
    environment = {
        "SEALMATE_MODELS": "/m", "XDG_DATA_HOME": "/d", "SEALMATE_HOME": "/h",
        "SEALMATE_PROFILE": "x", "AWS_SECRET": "s", "PATH": "/bin",
    }  # fmt: skip
    plan = plan_for(settings(), environment=environment)
    assert plan.environment == {"SEALMATE_MODELS": "/m", "XDG_DATA_HOME": "/d"}


def test_a_path_that_no_file_can_hold(settings: Make) -> None:
    with pytest.raises(ScheduleError, match="line end"):
        plan_for(settings(home=Path("/tmp/a\nb")))


@pytest.mark.parametrize("text", ["", "24:00", "2", "02:60", "2.30", "-1:00", "02:30:00", "٢:٣٠"])
def test_no_times(text: str) -> None:
    with pytest.raises(UsageError, match="not a time of day"):
        parse_time(text)


@given(st.times(), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_the_next_time_is_next(at: time, naive: datetime) -> None:
    at, now = at.replace(second=0, microsecond=0), naive.replace(tzinfo=UTC)
    then = next_time(at, now, BERLIN)
    assert now < then <= now + timedelta(hours=49)
    # A time that the clock jumps over in spring is an hour later; all others are on the wall.
    wall = then.astimezone(BERLIN).time()
    assert wall == at or (at.hour == 2 and wall == at.replace(hour=3))


def test_summer_time() -> None:
    before = datetime(2031, 3, 29, 12, tzinfo=UTC)
    assert next_time(time(4, 0), before, BERLIN) == datetime(2031, 3, 30, 2, tzinfo=UTC)
    assert next_time(time(4, 0), before - timedelta(days=1), BERLIN).hour == 3
