"""How long the command line takes to say something, beside importing what it stands on.

Every run is a process of its own. The commands and the yardstick take turns, so that whatever
else the machine does falls on all of them alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sealmate
from sealmate.bench.report import median
from sealmate.errors import UsageError
from sealmate.events import Event, Progress, Started

YARDSTICK = "import typer, sqlalchemy"
COMMANDS = (("--help",), ("sources", "list"), ("versions", "list"))
_CALL = "import sys; from sealmate.cli.app import run_command; code = run_command(sys.argv[1:])"
_RUN = f"{_CALL}; sys.exit(code)"
_LOADED = f"{_CALL}; print('\\ntorch:', 'torch' in sys.modules); sys.exit(code)"


def startup(
    rounds: int = 7, commands: Sequence[Sequence[str]] = COMMANDS
) -> Generator[Event, None, dict[str, Any]]:
    """Yield events; the value is the figures: median seconds of each command over `rounds`
    interleaved runs, as a ratio to the yardstick, and whether torch was imported.

    The home is empty but for the database that an uncounted first run makes. Raises UsageError
    for no rounds, or if a command fails.
    """
    if rounds < 1:
        raise UsageError("no rounds, nothing measured", "give --rounds 1 or more")
    yield Started("startup", rounds, f"{rounds} interleaved rounds of {len(commands)} commands")
    with tempfile.TemporaryDirectory(prefix="sealmate-bench-") as home:
        environment = _environment(Path(home))
        heavy = {tuple(words): _imports_torch(words, environment) for words in commands}
        _seconds(["-c", YARDSTICK], environment)
        plain: list[float] = []
        taken: dict[tuple[str, ...], list[float]] = {tuple(words): [] for words in commands}
        for number in range(rounds):
            plain.append(_seconds(["-c", YARDSTICK], environment))
            for words, times in taken.items():
                times.append(_seconds(["-c", _RUN, *words], environment))
            yield Progress("startup", number + 1, rounds)
    base = median(plain)
    ratios = {words: round(median(times) / base, 3) for words, times in taken.items()}
    rows = [
        {
            "command": " ".join(("sealmate", *words)),
            "seconds": median(times),
            "ratio": ratios[words],
            "torch": heavy[words],
        }
        for words, times in taken.items()
    ]
    return {
        "ratio": max(ratios.values()),
        "torch": any(heavy.values()),
        "yardstick": f'python -c "{YARDSTICK}"',
        "yardstick_seconds": base,
        "rounds": rounds,
        "commands": rows,
    }


def _environment(home: Path) -> dict[str, str]:
    """This environment with an empty home; the package is found from any folder."""
    root = str(Path(sealmate.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH")
    found = {k: v for k, v in os.environ.items() if not k.startswith("SEALMATE_")}
    return found | {
        "SEALMATE_HOME": str(home / "home"),
        "SEALMATE_MODELS": str(home / "models"),
        "PYTHONPATH": os.pathsep.join([root, known] if known else [root]),
    }


def _process(
    words: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        why = next((line for line in said if line.startswith("error:")), said[-1])
        raise UsageError(f"{' '.join(words[2:]) or words[-1]} failed: {why}")
    return done


def _seconds(words: Sequence[str], environment: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    _process(words, environment)
    return time.perf_counter() - begin


def _imports_torch(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    done = _process(["-c", _LOADED, *words], environment)
    return done.stdout.rstrip().endswith("torch: True")
