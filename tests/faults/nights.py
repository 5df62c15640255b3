"""Nights that are killed: `python -m tests.faults.nights MODEL HOME SEED NIGHTS SECONDS`.

One process loads the tiny model; every night is a fork of it, so that none waits for torch. A
night takes a note in, forgets an older one every third time, and consolidates; it dies by SIGKILL
at a chosen line of what trains, publishes, purges and erases, or at a moment of chance. Then the
home must be sound, and the same night must go on to its end. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from sealmate.model.local import LocalModel
from sealmate.night.consolidation import consolidate
from sealmate.night.forgetting import finish, forget
from sealmate.night.lock import hold, worker_lock
from sealmate.records import Edit, Probe
from sealmate.settings import Settings
from sealmate.sources import add_note
from sealmate.store import Store
from sealmate.versions import check
from sealmate.versions.attach import attach_version
from sealmate.workspace import Workspace, estimate_tokens

_TRACED = ("/sealmate/night/", "/sealmate/versions/", "/sealmate/store/", "/sealmate/training/")
START = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)


class Home:
    """Opens the profile of a night, in a fork."""

    def __init__(self, home: Path, model: LocalModel) -> None:
        self.settings = Settings(
            home=home, models=home / "models", model=str(model.info.folder), device="cpu",
            threads=1, qa_samples=1, rank=2, passes=1.0, upper_layers=0.25, chat_share=0.0,
            gate_probes=2, gate_chat=1, gate_new_recall=0.0, gate_old_drop=1.0, gate_general=1e9,
            gate_kl=1e9,
            gate_abstention=0.0, shard_passages=3, warm_nights=1,
        )  # fmt: skip
        self.model = model

    def open(self, night: int) -> Workspace:
        start, begun = START + timedelta(days=night), time.monotonic()
        workspace = Workspace.open(
            self.settings, clock=lambda: start + timedelta(seconds=time.monotonic() - begun)
        )
        workspace._model = self.model
        return workspace


def text_of(night: int) -> str:
    return f"The code of gate {night} is {secret_of(night)}. It hangs at house {night} of the mill."


def secret_of(night: int) -> str:
    return f"Quolzy{night:03}x"


def forgotten_by(night: int) -> list[int]:
    """Nights whose note is to be forgotten by then: every third forgets one of a while ago."""
    return [n - 2 for n in range(3, night + 1, 3)]


def take_in(store: Store, night: int, clock: Callable[[], datetime]) -> None:
    """The night's note with its edits, in two steps that may be cut between."""
    done = add_note(store, text_of(night), count=estimate_tokens, limit=200, clock=clock)
    source = (*done.added, *done.unchanged)[0]
    passage = store.passages.of_source(source.id)[0]
    if store.edits.list(passage_id=passage.id):
        return
    question, answer, now = f"What is the code of gate {night}?", secret_of(night), clock()
    with store.transaction():
        store.edits.add_many(
            [
                Edit(0, passage.id, "self-qa", f"{q} {a}", now, q, a, "accepted")
                for q, a in (
                    (question, answer),
                    (f"Where does the code of gate {night} hang?", f"house {night}"),
                )
            ]
        )
        store.probes.add_many([Probe(0, passage.id, f"Gate {night} has which code?", answer, now)])
        store.passages.mark_written(passage.id, "test")


def work(home: Home, night: int) -> None:
    """One night from its beginning or from wherever it was cut."""
    with home.open(night) as workspace:
        store, paths, clock = workspace.store, workspace.paths.ensure(), workspace.clock
        finish(store, paths, clock)
        take_in(store, night, clock)
        for other in forgotten_by(night)[-1:]:
            if found := [s.id for s in store.sources.list() if secret_of(other) in s.text]:
                forget(store, paths, found, clock)
        with ExitStack() as stack:
            stack.enter_context(hold(paths.lock, clock, "a night"))
            stack.enter_context(hold(worker_lock(paths), clock, "a worker"))
            for run in store.runs.unfinished():
                store.runs.finish(run.id, "failed", None, "killed", {})
            for _ in consolidate(workspace, home.model):
                pass


def must_be_sound(home: Home, night: int) -> None:
    """No acknowledged note is lost, the active version loads and is itself, the rest is whole."""
    with home.open(night) as workspace:
        store = workspace.store
        kept = {source.text for source in store.sources.list()}
        gone = set(forgotten_by(night))
        for earlier in range(1, night):
            # of the one that is forgotten tonight either is right
            if earlier not in gone:
                assert text_of(earlier) in kept, f"the note of night {earlier} is lost"
        for old in forgotten_by(night - 1):
            assert text_of(old) not in kept, f"the note of night {old} came back"
        active = store.versions.active()
        if active:
            attach_version(home.model, store, workspace.paths, active)
        for version in store.versions.list():
            if version.purged_at is None:
                check.require_sound(workspace.paths, version)


def must_be_done(home: Home, night: int) -> None:
    """The night went on to its end: all is learnt, what is forgotten is nowhere."""
    must_be_sound(home, night)
    with home.open(night) as workspace:
        store, paths = workspace.store, workspace.paths
        assert text_of(night) in {source.text for source in store.sources.list()}
        assert store.runs.unfinished() == []
        active = store.versions.active()
        assert active, "nothing was published"
        held = set(store.versions.edit_ids(active))
        assert held == {edit.id for edit in store.edits.trainable()}
        assert store.versions.with_erased_edits() == []
        assert check.survey(store, paths) == []
    for file in paths.profile_dir.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for old in forgotten_by(night):
                assert secret_of(old).encode() not in data, f"{secret_of(old)} is in {file}"


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


def forked(task: Callable[[], int], alarm: float = 0.0) -> tuple[int, int]:
    """(status, what the task gave) of a fork; killed after `alarm` seconds if that is not 0."""
    tell, heard = os.pipe()
    if (child := os.fork()) == 0:
        os.close(tell)
        code = 1
        try:
            os.write(heard, str(task()).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(heard)
    if alarm:
        time.sleep(alarm)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(tell) as pipe:
        said = pipe.read()
    return os.waitpid(child, 0)[1], int(said or 0)


def _zero(task: Callable[[Home, int], None], home: Home, night: int) -> int:
    task(home, night)
    return 0


def run(home: Home, seed: int, nights: int, seconds: float) -> dict[str, Any]:
    """Kill and go on; ends after `nights` kills tried, or when the time is over."""
    chance, begun = random.Random(seed), time.monotonic()
    lines, last, killed, night = 0, 0.0, 0, 0

    def traced(line: int) -> int:
        seen = die_at(line)
        work(home, night)
        sys.settrace(None)
        return seen()

    def must(task: Callable[[Home, int], None]) -> None:
        assert forked(lambda: _zero(task, home, night))[0] == 0, f"night {night}: {task.__name__}"

    while night < nights and (not seconds or night < 3 or time.monotonic() - begun < seconds):
        night += 1
        start = time.monotonic()
        line = chance.randint(1, lines) if lines and night % 2 else 0
        alarm = chance.uniform(0.01, last) if lines and not line else 0.0
        status, count = forked(partial(traced, line), alarm)
        if not lines:  # the first runs to its end and tells how long a night is
            lines, last = count, time.monotonic() - start
        dead = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert dead or status == 0, f"night {night} ended by itself: {status}"
        killed += dead
        must(must_be_sound)
        must(work)
        must(must_be_done)
        print(f"night {night}: {'killed' if dead else 'done'}", file=sys.stderr, flush=True)
    return {"nights": night, "killed": killed, "lines": lines,
            "seconds": round(time.monotonic() - begun, 1)}  # fmt: skip


if __name__ == "__main__":
    # one thread: a fork of a process with a pool of them would wait for ever
    assert os.environ.get("OMP_NUM_THREADS") == "1"
    tiny, place = Path(sys.argv[1]), Path(sys.argv[2])
    place.mkdir(parents=True, exist_ok=True)
    note = place.parent / "compute.json"
    loaded = LocalModel.open(str(tiny), tiny, device="cpu", threads=1, compute_cache=note)
    told = run(Home(place, loaded), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    print(json.dumps(told))
