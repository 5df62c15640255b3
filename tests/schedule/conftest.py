"""Fake programs of operating systems: real processes on PATH that note what they were asked."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate.settings import Settings

NOW = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")


class Computer:
    """A PATH of its own. `program(name, body)` puts a shell script on it; `asked()` is what its
    programs were called with, a line each."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._asked = folder / "asked"

    def program(self, name: str, body: str = "exit 0") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self._asked}"\n{body}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def asked(self) -> list[str]:
        return self._asked.read_text().splitlines() if self._asked.exists() else []


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    made = Computer(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
                 "HF_HOME", "SEALMATE_HOME", "SEALMATE_PROFILE", "SEALMATE_MODELS"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**more: object) -> Settings:
        return Settings(**({"home": tmp_path / "home"} | more))

    return make
