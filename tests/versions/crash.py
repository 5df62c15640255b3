"""Runs what must survive a kill, and kills it: `python -m tests.versions.crash HOME SCRATCH ...`.

`lines SEED COUNT` forks a child that publishes (every third one: switches away and purges) and
dies by SIGKILL at a chosen line of sealmate.versions or the store's versions; after each death
the profile must be sound. `forever` publishes until somebody kills it. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from sealmate.versions import check
from sealmate.versions.lineage import rollback
from sealmate.versions.publish import publish, sweep
from sealmate.versions.retain import purge
from tests.versions.build import BASE, Lab, adapter, open_lab

_TRACED = ("/sealmate/versions/", "/sealmate/store/versions.py")


def die_at(line: int) -> Callable[[], int]:
    """Kill this process when that many lines were run; 0 counts only. Returns the counter."""
    seen = 0

    def each(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return each

    def calls(frame: FrameType, event: str, _: Any) -> Any:
        return each if any(part in frame.f_code.co_filename for part in _TRACED) else None

    sys.settrace(calls)
    return lambda: seen


def work(lab: Lab, number: int) -> None:
    active = lab.store.versions.active()
    if number % 3 == 2 and active:
        rollback(lab.store, lab.paths)
        purge(lab.store, lab.paths, active, lab.clock())
    else:
        made = lab.scratch / f"adapter{number % 2}"
        publish(lab.store, lab.paths, made, BASE, [number], lab.clock)


def must_be_sound(home: Path, scratch: Path) -> None:
    """The active version loads as it is; after a sweep nothing is left over."""
    lab = open_lab(home, scratch)
    active = lab.store.versions.active()
    if active:
        check.require_sound(lab.paths, lab.store.versions.get(active))
    swept = sweep(lab.store, lab.paths)
    assert swept.missing == (), swept
    assert swept.fallback is None, swept
    assert check.survey(lab.store, lab.paths) == []
    assert lab.store.versions.active() == active
    lab.store.close()


def by_lines(home: Path, scratch: Path, seed: int, count: int) -> None:
    chance = random.Random(seed)
    killed = 0
    lengths = {}
    for number in range(count):
        lab = open_lab(home, scratch)
        kind = number % 3 == 2 and lab.store.versions.active() > 0
        lab.store.close()
        # the first of its kind runs to its end and tells how many lines there are
        line = chance.randint(1, lengths[kind]) if kind in lengths else 0
        tell, heard = os.pipe()
        if (child := os.fork()) == 0:
            lab = open_lab(home, scratch)
            seen = die_at(line)
            work(lab, number)
            sys.settrace(None)
            os.write(heard, str(seen()).encode())
            lab.store.close()
            os._exit(0)
        os.close(heard)
        with os.fdopen(tell) as pipe:
            told = pipe.read()
        status = os.waitpid(child, 0)[1]
        if told:
            assert status == 0, status
            lengths[kind] = int(told)
        else:
            assert os.WTERMSIG(status) == signal.SIGKILL, status
            killed += 1
        must_be_sound(home, scratch)
    print(json.dumps({"killed": killed, "lines": list(lengths.values())}))


if __name__ == "__main__":
    where, aside = Path(sys.argv[1]), Path(sys.argv[2])
    for name in (0, 1):
        adapter(aside / f"adapter{name}", name)
    if sys.argv[3] == "lines":
        by_lines(where, aside, int(sys.argv[4]), int(sys.argv[5]))
    else:
        endless = open_lab(where, aside)
        turn = 0
        while True:
            turn += 1
            work(endless, turn)
            print(turn, flush=True)
