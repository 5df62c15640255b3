"""GPUs as nvidia-smi tells of them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sealmate.model.gpu import Gpu, _by_smi, parse_smi

ANSWER = """NVIDIA GeForce RTX 4090, 24564, 23000, 3
NVIDIA H200, 143771, 143000, [N/A]
Some, odd name, 8192, 4096, 50
no numbers, at all
NVIDIA GeForce RTX 3060, [Insufficient Permissions], 1, 2
"""


def test_parse() -> None:
    first, second, third = parse_smi(ANSWER)
    assert first == Gpu("NVIDIA GeForce RTX 4090", 24564 / 1024, 23000 / 1024, 0.03)
    assert (second.name, second.busy) == ("NVIDIA H200", 0.0)
    assert third == Gpu("Some, odd name", 8.0, 4.0, 0.5)
    assert parse_smi("") == []


@pytest.mark.parametrize("code", [0, 9])
def test_a_driver_that_answers_or_not(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho 'A GPU, 2048, 1024, 0'\nexit {code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert _by_smi() == ([Gpu("A GPU", 2.0, 1.0)] if code == 0 else [])
