"""An installed wheel, outside the repository, in a folder with a space in its name."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="needs the build backend: pip install hatchling")

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 40
LOOK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import sealmate
from sealmate.demo import load_questions
from sealmate.model.catalogue import entries
from sealmate.paths import bundled
from sealmate.settings import Settings
from sealmate.workspace import Workspace

site = Path(sys.argv[1]).resolve()
assert Path(sealmate.__file__).resolve().is_relative_to(site), sealmate.__file__
for kind in ("assets", "migrations"):
    assert bundled(kind).is_relative_to(site), bundled(kind)
with Workspace.open(Settings(home=Path(sys.argv[2]))) as workspace:
    assert workspace.store.sources.list() == []
assert load_questions(bundled("assets") / "demo")[0]
assert entries()
with Workspace.open(Settings(home=Path(sys.argv[2]))) as workspace:
    for folder in (workspace.writer_folder(), workspace.reader_folder()):
        assert folder is not None and folder.is_relative_to(site), folder
print("found")
"""


def call(*words: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    call(
        "-m", "pip", "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "--no-index",
        "--quiet", "--wheel-dir", str(folder), cwd=folder,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("a place") / "site packages"
    call(
        "-m", "pip", "install", str(wheel), "--no-deps", "--no-index", "--quiet",
        "--target", str(target), cwd=target.parent,
    )  # fmt: skip
    return target


def test_what_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert {
        "sealmate/cli/app.py",
        "sealmate/tui/app.tcss",
        "sealmate/_migrations/env.py",
        "sealmate/_migrations/versions/0001_ledger.py",
        "sealmate/_assets/models.toml",
        "sealmate/_assets/demo/questions.json",
        "sealmate/_assets/general/strangers.txt",
    } <= names
    unwanted = ("screenshots", "assets/figures", "__pycache__")
    assert not [name for name in names if any(part in name for part in unwanted)]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"sealmate"}
    assert wheel.stat().st_size < MEGABYTES * 1_000_000


def test_it_works_outside_the_repository(site: Path, tmp_path: Path) -> None:
    call("-c", LOOK, str(site), str(tmp_path / "my home"), cwd=tmp_path, PYTHONPATH=str(site))
    where = {"PYTHONPATH": str(site), "SEALMATE_HOME": str(tmp_path / "my home")}
    told = call("-m", "sealmate", "--help", cwd=tmp_path, **where)
    assert "consolidate" in told
    call("-m", "sealmate", "note", "The bins go out on Monday.", cwd=tmp_path, **where)
    assert "bins" in call("-m", "sealmate", "search", "bins", cwd=tmp_path, **where)


def test_its_child_processes_find_it(site: Path, tmp_path: Path) -> None:
    """The night runs as a child; `own_module` must point it to the installed package."""
    code = (
        "import subprocess\nfrom sealmate.child import own_module\n"
        "raise SystemExit(subprocess.run([*own_module('sealmate'), '--version']).returncode)"
    )
    assert "sealmate" in call("-c", code, cwd=tmp_path, PYTHONPATH=str(site))
