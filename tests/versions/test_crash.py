"""kill -9 while publishing and purging: the active version always loads, the rest is swept."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sealmate.errors import BusyError
from sealmate.versions import files
from sealmate.versions.publish import sweep
from tests.versions.build import Lab, open_lab
from tests.versions.crash import must_be_sound

ROOT = Path(__file__).parents[2]


def crash(home: Path, scratch: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "tests.versions.crash", str(home), str(scratch),
            *map(str, words)]  # fmt: skip


def test_killed_at_any_line(tmp_path: Path) -> None:
    done = subprocess.run(
        crash(tmp_path / "home", tmp_path, "lines", 7, 40),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] >= 30
    assert min(told["lines"]) > 20


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Also inside SQLite's commit and the system's calls."""
    chance, published = random.Random(3), 0
    for _ in range(3):
        child = subprocess.Popen(
            crash(tmp_path / "home", tmp_path, "forever"), cwd=ROOT, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        for _ in range(2):
            published += bool(child.stdout.readline())
        time.sleep(chance.uniform(0, 0.1))
        child.kill()
        child.wait()
        child.stdout.close()
        must_be_sound(tmp_path / "home", tmp_path)
    assert published == 6
    lab = open_lab(tmp_path / "home", tmp_path)
    # What was told of is still there; a kill right after a switch away may leave none active.
    made = [version.number for version in lab.store.versions.list()]
    assert made == list(range(1, len(made) + 1))
    assert len(made) >= 3
    activations = lab.store.versions.activations()
    assert {activation.version for activation in activations} >= set(made)
    assert lab.store.versions.active() == activations[-1].version
    lab.store.close()


def test_two_at_once_cannot(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WAIT", 0.05)
    with files.held(lab.paths):
        with pytest.raises(BusyError):
            sweep(lab.store, lab.paths)
        with pytest.raises(BusyError):
            lab.publish()
    assert lab.publish().number == 1
