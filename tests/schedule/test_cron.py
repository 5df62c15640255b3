"""The crontab line: run by a real shell, found again in a crontab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import ScheduleError
from sealmate.schedule import Plan, plan_for, status
from sealmate.schedule.cron import Cron
from sealmate.settings import Settings
from tests.schedule.conftest import NOW, Computer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
Make = Callable[..., Settings]
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)


@given(PRINTABLE, PRINTABLE)
def test_the_shell_gets_the_very_words(word: str, value: str) -> None:
    plan = Plan(
        "sealmate-night", "default", time(2, 30), ("printf", "[%s]", word, "night"),
        Path("/dev/stdout"), {"SEALMATE_X": value},
    )  # fmt: skip
    line = Cron().line(plan)
    assert line.startswith("30 2 * * * SEALMATE_X=")
    # cron takes a bare % for a line end, and \\% for a %.
    command = line.removeprefix("30 2 * * * ").replace("\\%", "%")
    assert "%" not in line.replace("\\%", "")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == f"[{word}][night]"


def test_a_line_is_found_again(computer: Computer, settings: Make, tmp_path: Path) -> None:
    plan = plan_for(settings(home=tmp_path / "50% of it"), "02:05", environment={})
    table = tmp_path / "table"
    table.write_text(f"# mine\n0 9 * * * backup\n{Cron().line(plan)}\n")
    computer.program("crontab", f'cat "{table}"')
    found = status(settings(home=tmp_path / "50% of it"), NOW, "cron")
    assert (found.installed, found.at, found.problem) == (True, "02:05", "")
    assert not status(settings(), NOW, "cron").installed
    with pytest.raises(ScheduleError) as refused:
        Cron().remove(plan.name)
    assert plan.name in refused.value.hint
    computer.program("crontab", 'echo "no crontab for anna" >&2; exit 1')
    assert Cron().remove(plan.name) is False


def test_a_line_with_nonsense_hours(computer: Computer, settings: Make, tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text(f"99 77 * * * x # {plan_for(settings()).name}\n")
    computer.program("crontab", f'cat "{table}"')
    assert not status(settings(), NOW, "cron").installed


def test_it_installs_nothing_by_itself(settings: Make) -> None:
    plan = replace(plan_for(settings()), command=("/x/sealmate", "night"))
    with pytest.raises(ScheduleError) as refused:
        Cron().install(plan)
    assert "/x/sealmate night" in refused.value.hint
