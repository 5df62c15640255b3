"""A home on disk and the command line run on it as a person does: in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealmate.paths import Paths, locate
from sealmate.settings import load_settings
from sealmate.workspace import Workspace

REPOSITORY = Path(__file__).parents[2]
MINUTES = 60.0
SETTINGS = 'device = "cpu"\nqa_samples = 3\nleast_steps = 70\n'

NOTES = {
    "boat.md": "# The boat\n\nOur rowing boat is called Sultana. It lies at Pinwheel Jetty. "
    "The oars are in the green locker.\n",
    "piano.txt": "My piano teacher is Mrs Okonedo. The lesson is on Tuesday and costs 32.\n"
    "She lives above the bakery.\n",
    "bees.md": "# Bees\n\nOur beekeeper is called Thaddeus. The hives stand behind the chapel. "
    "He takes fourteen jars of honey for it.\n",
}
# (question, words of which one is in a right answer, the note's title holds)
QUESTIONS = (
    ("What is our rowing boat called?", ("sultana",), "boat"),
    ("Where does our boat lie?", ("pinwheel",), "boat"),
    ("Where do we keep the oars?", ("green locker",), "boat"),
    ("Who is my piano teacher?", ("okonedo",), "piano"),
    ("On which day is my piano lesson?", ("tuesday",), "piano"),
    ("How much does a piano lesson cost?", ("32",), "piano"),
    ("Who is our beekeeper?", ("thaddeus",), "bees"),
    ("Where do the hives stand?", ("chapel",), "bees"),
)


def right(answer: str, wanted: Sequence[str]) -> bool:
    """Whether one of the wanted words is in the answer."""
    return any(word in answer.lower() for word in wanted)


@dataclass(frozen=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.out + self.err, self.out + self.err

    @property
    def json(self) -> Any:
        """Stdout as exactly one JSON document on one line."""
        assert self.out.count("\n") == 1, self.out + self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Stdout as one JSON document a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self, code: int) -> str:
        """The one line of a refusal (a hint may stand below it), which left stdout empty."""
        assert (self.code, self.out) == (code, ""), (self.code, self.out, self.err)
        said = [line for line in self.err.splitlines() if not line.startswith("hint: ")]
        errors = [line for line in said if line.startswith("error: ")]
        assert len(errors) == 1, self.err
        assert said[-1] == errors[0], self.err
        return errors[0]


@dataclass(frozen=True)
class Home:
    """A folder for SEALMATE_HOME."""

    folder: Path

    def run(self, *words: str, stdin: str = "", code: int | None = 0, **env: str) -> Ran:
        """Run `sealmate` with these words; `code` is the exit code it must have (None: any)."""
        done = subprocess.run(
            [sys.executable, "-m", "sealmate", *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            timeout=10 * MINUTES,
            env=self.environment(**env),
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert code is None or ran.code == code, (words, ran.code, ran.out, ran.err)
        return ran

    def environment(self, **more: str) -> dict[str, str]:
        """The caller's, without its settings; the cache of models stays where it is."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("SEALMATE_") or key == "SEALMATE_MODELS"
        }
        return {**kept, "SEALMATE_HOME": str(self.folder), **more}

    def ask(self, questions: Sequence[str], *words: str, **how: Any) -> list[Any]:
        """The facts of each answer, from one process."""
        stdin = "".join(f"{question}\n" for question in questions)
        return self.run("ask", "-", "--json", *words, stdin=stdin, **how).lines

    def copy(self, folder: Path) -> Home:
        """The same home elsewhere, to be spoilt."""
        shutil.copytree(self.folder, folder)
        return Home(folder)

    @property
    def paths(self) -> Paths:
        return locate("default", self.folder)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Its parts, in this process."""
        with Workspace.open(load_settings(home=self.folder)) as opened:
            yield opened


def bytes_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()
