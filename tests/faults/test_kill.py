"""kill -9 in the middle of many nights: no note is lost, the active version loads, it goes on.

A few seconds of them; SEALMATE_KILL_NIGHTS=100 tries a hundred, however long they take.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 9.0
ENOUGH = 12  # nights, where the machine is quick


def test_nights_that_are_killed_go_on(tiny_model_folder: Path, tmp_path: Path) -> None:
    asked = int(os.environ.get("SEALMATE_KILL_NIGHTS", "0"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.nights", str(tiny_model_folder),
         str(tmp_path / "home"), "7", str(asked or ENOUGH), str(0.0 if asked else SECONDS)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["nights"] >= (asked or 3)
    # the first night runs to its end, and a few are quicker than their killer
    assert told["killed"] >= (told["nights"] - 1) // 2
    assert told["lines"] > 100
    print(told)
