"""A home of its own for each test, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealmate.cli.app import run_command


@dataclass(frozen=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as exactly one JSON document."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an empty model cache, without any network."""
    for name in ("SEALMATE_MODEL", "SEALMATE_PROFILE", "SEALMATE_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEALMATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEALMATE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; returns its exit code, stdout and stderr."""

    def call(*words: str) -> Ran:
        capsys.readouterr()
        code = run_command(words)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call
