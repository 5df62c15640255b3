"""--help and the listings do not pay for what they do not use: checked in fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sealmate

ROOT = Path(sealmate.__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "peft", "bitsandbytes", "huggingface_hub", "numpy")
CODE = """
import sys
from sealmate.cli.app import run_command
code = run_command(sys.argv[1:])
print("LOADED", code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(home: Path, *words: str) -> set[str]:
    """The top-level modules that a command line leaves loaded in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        env={**os.environ, "SEALMATE_HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    mark, code, *names = done.stderr.strip().splitlines()[-1].split()
    assert (mark, code) == ("LOADED", "0"), done.stderr
    return set(names)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("model", "--help"),
        ("model", "list"),
        ("model", "show"),
        ("sources", "list"),
        ("edits", "list", "--json"),
        ("versions", "list", "--json"),
        ("search", "glazier"),
        ("note", "Our glazier is called Wim."),
        ("doctor", "--quick", "--json"),
    ],
    ids=" ".join,
)
def test_no_torch(words: tuple[str, ...], tmp_path: Path) -> None:
    names = loaded(tmp_path / "home", *words)
    assert not names & set(HEAVY)


def test_help_needs_neither_a_database_nor_settings(tmp_path: Path) -> None:
    names = loaded(tmp_path / "home", "--help")
    assert not names & {"sqlalchemy", "alembic", "pydantic_settings", "textual"}
    assert not (tmp_path / "home").exists()
