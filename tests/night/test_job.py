"""A night's subprocess: events, locks, stopping, and every way to die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import events
from sealmate.errors import (
    BusyError,
    HomeError,
    ModelError,
    NotFoundError,
    TrainingError,
    UsageError,
)
from sealmate.night.forgetting import forget
from sealmate.night.job import RESULT_KEYS, error_of, run_night, skip_night
from sealmate.night.lock import NIGHT, hold, worker_lock
from sealmate.night.process import read_line
from sealmate.settings import Settings
from sealmate.workspace import Workspace, utc_now
from tests.night.ledger import note, teach

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
STANDIN = "tests.night.standin:"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty ledger, migrated once."""
    home = tmp_path_factory.mktemp("ledger") / "home"
    with Workspace.open(Settings(home=home)) as opened:
        assert opened.store.runs.list() == []
    return home


@pytest.fixture
def workspace(tmp_path: Path, ledger: Path) -> Iterator[Workspace]:
    shutil.copytree(ledger, tmp_path / "home")
    with Workspace.open(Settings(home=tmp_path / "home")) as opened:
        yield opened


def night(workspace: Workspace, name: str, **how: Any) -> list[events.Event]:
    return list(run_night(workspace, target=STANDIN + name, **how))


def result(found: list[events.Event]) -> dict[str, Any]:
    last = found[-1]
    assert isinstance(last, events.Finished)
    assert list(last.result)[:6] == list(RESULT_KEYS)
    return dict(last.result)


def failure(found: list[events.Event]) -> events.Failed:
    (failed,) = [event for event in found if isinstance(event, events.Failed)]
    return failed


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(check: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return check()


def test_its_events_come_through(workspace: Workspace) -> None:
    found = night(workspace, "publish", budget="90m", only_write=True)
    assert found[0] == events.Started("train", 2, "model None")
    assert [type(event).__name__ for event in found] == [
        "Started", "Note", "Loss", "Gated", "Published", "Finished",
    ]  # fmt: skip
    ended = result(found)
    assert ended["outcome"] == "published"
    assert 4000 < ended["seconds"] <= 5400  # what loading left of it
    assert ended["how"]["only_write"] is True
    assert ended["how"]["rebuild"] is False
    assert ended["how"]["pid"] != os.getpid()
    run = workspace.store.runs.get(ended["run"])
    assert run.report["cost"]["tokens"] == 100
    assert run.report["gate"] == {"passed": True, "scores": {"new_recall": 0.9}, "reasons": []}
    assert "a library prints to stdout" in workspace.paths.log.read_text()
    assert workspace.paths.log.stat().st_mode & 0o077 == 0


def test_the_worker_gets_the_very_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALMATE_PROFILE", "somebody-else")
    (tmp_path / "json.py").write_text("raise SystemExit('a module of the current folder')")
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=tmp_path, profile="anna", seed=11)
    with Workspace.open(settings) as workspace:
        assert result(night(workspace, "publish"))["run"] == 1
        assert len(workspace.store.runs.list()) == 1


def test_nothing_happens_before_the_first_event(tmp_path: Path) -> None:
    run_night(Workspace.open(Settings(home=tmp_path / "new")), budget="nonsense")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("bad", [{"budget": "soon"}, {"only_write": True, "rebuild": True}])
def test_wrong_words(workspace: Workspace, bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        night(workspace, "publish", **bad)


def test_two_at_once(workspace: Workspace) -> None:
    cancel = threading.Event()
    first = run_night(workspace, target=STANDIN + "wait", cancel=cancel)
    next(first)
    with pytest.raises(BusyError, match=rf"another night is running \(process {os.getpid()}, for"):
        night(workspace, "publish")
    cancel.set()
    assert result(list(first))["outcome"] == "stopped"
    assert result(night(workspace, "publish"))["outcome"] == "published"


def test_a_forgetting_that_holds_the_lock_is_waited_for(workspace: Workspace) -> None:
    steps = run_night(workspace, target=STANDIN + "publish")
    with hold(workspace.paths.ensure().lock, utc_now, "a night", name="a forgetting"):
        waiting = next(steps)
    assert isinstance(waiting, events.Note)
    assert waiting.text.startswith(
        f"waiting up to 2 min: a forgetting is running (process {os.getpid()}, for "
    )
    assert result(list(steps))["outcome"] == "published"


def test_it_is_not_waited_for_without_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealmate.night.lock.PATIENCE", 0.3)
    busy = rf"^other work on the memory is running \(process {os.getpid()}, for"
    with (
        hold(workspace.paths.ensure().lock, utc_now, "a night"),
        pytest.raises(BusyError, match=busy),
    ):
        night(workspace, "publish")
    assert workspace.store.runs.list() == []


def test_waiting_for_the_lock_can_be_stopped(workspace: Workspace) -> None:
    cancel = threading.Event()
    steps = run_night(workspace, target=STANDIN + "publish", cancel=cancel)
    with hold(workspace.paths.ensure().lock, utc_now, "a night"):
        found = [next(steps)]
        cancel.set()
        found += list(steps)
    ended = result(found)
    assert (ended["run"], ended["outcome"]) == (None, "stopped")
    assert workspace.store.runs.list() == []


def test_a_night_that_took_the_lock_meanwhile_is_not_waited_for(workspace: Workspace) -> None:
    steps = run_night(workspace, target=STANDIN + "publish")
    lock = workspace.paths.ensure().lock
    with hold(lock, utc_now, "a night"):
        next(steps)
    with (
        hold(lock, utc_now, "another night", name=NIGHT),
        pytest.raises(BusyError, match=r"^another night is running"),
    ):
        next(steps)


def test_the_run_is_the_one_that_the_worker_tells_of(workspace: Workspace) -> None:
    found, left_out = [], None
    for event in run_night(workspace, target=STANDIN + "publish"):
        found.append(event)
        if left_out is None:  # somebody notes another night while this one runs
            begun = workspace.store.runs.start(workspace.clock())
            left_out = workspace.store.runs.finish(begun.id, "stopped", None, "left out", {})
    assert left_out is not None
    ended = result(found)
    assert ended["run"] == left_out.id - 1
    assert "learnt" in workspace.store.runs.get(ended["run"]).report
    assert workspace.store.runs.get(left_out.id) == left_out


def test_what_is_forgotten_during_a_night_is_in_its_report(workspace: Workspace) -> None:
    store, asked = workspace.store, None
    place = note(store, "The code of the gate is quolzyx.", "gate")
    teach(store, place, ("What is the code of the gate?", "quolzyx"))
    found = []
    for event in run_night(workspace, target=STANDIN + "publish"):
        found.append(event)
        asked = asked or forget(store, workspace.paths, [place.source_id], workspace.clock)
    ended = store.runs.get(result(found)["run"])
    assert (ended.report["forgotten"]["sources"], ended.report["forgotten"]["facts"]) == (1, 1)
    again = store.runs.get(result(night(workspace, "publish"))["run"])
    assert (again.report["forgotten"]["sources"], again.report["forgotten"]["facts"]) == (0, 0)


def test_reports_that_nobody_completed_are_completed_first(workspace: Workspace) -> None:
    runs = workspace.store.runs
    left = [runs.start(workspace.clock()) for _ in range(2)]
    # the workers ended in good order, whoever had started them was gone
    left = [runs.finish(one.id, "stopped", None, "asked to", {"tokens": 5}) for one in left]
    skipped = skip_night(workspace, "the GPU was still busy")
    night(workspace, "publish")
    for one in left:
        found = runs.get(one.id)
        assert found.report["cost"]["tokens"] == 5
        assert (found.finished_at, found.outcome, found.reason) == (
            one.finished_at, "stopped", "asked to",
        )  # fmt: skip
    assert runs.get(skipped.id) == skipped


def test_no_night_is_left_out_while_one_runs(workspace: Workspace) -> None:
    cancel = threading.Event()
    first = run_night(workspace, target=STANDIN + "wait", cancel=cancel)
    next(first)
    with pytest.raises(BusyError, match=r"^another night is running \(process"):
        skip_night(workspace, "the GPU was still busy")
    cancel.set()
    list(first)
    with hold(workspace.paths.lock, utc_now, "a night"):  # no night
        skip_night(workspace, "the GPU was still busy")
    assert [run.reason for run in workspace.store.runs.list()] == [
        "the GPU was still busy", "asked to",
    ]  # fmt: skip


def test_other_profiles_are_free(workspace: Workspace, tmp_path: Path) -> None:
    cancel = threading.Event()
    first = run_night(workspace, target=STANDIN + "wait", cancel=cancel)
    next(first)
    with Workspace.open(Settings(home=tmp_path / "home", profile="anna")) as other:
        assert result(night(other, "publish"))["outcome"] == "published"
    cancel.set()
    list(first)


@pytest.mark.parametrize("note", [None, "[]", "{", '{"pid": "x"}', '{"pid": 1, "since": 3}'])
def test_an_unreadable_holder(tmp_path: Path, note: str | None) -> None:
    lock = tmp_path / "night.lock"
    with hold(lock, utc_now, "another night"):
        holder = lock.with_suffix(".json")
        holder.unlink() if note is None else holder.write_text(note)
        with (
            pytest.raises(BusyError, match=r"^another night is running$"),
            hold(lock, utc_now, "another night"),
        ):
            pass


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="cannot lock"), hold(tmp_path / "file/l", utc_now, "x"):
        pass


def test_cancel_ends_it_in_good_order(workspace: Workspace) -> None:
    cancel = threading.Event()
    found = []
    for event in run_night(workspace, target=STANDIN + "wait", cancel=cancel):
        found.append(event)
        cancel.set()
    assert events.Note("stopping; what is done is kept") in found
    assert events.Note("saved") in found
    ended = result(found)
    assert (ended["outcome"], ended["edits"]) == ("stopped", 7)
    run = workspace.store.runs.get(ended["run"])
    assert (run.outcome, run.reason) == ("stopped", "asked to")
    assert run.report["cost"]["tokens"] == 0


def test_ctrl_c_ends_it_in_good_order(workspace: Workspace, request: pytest.FixtureRequest) -> None:
    # a shell's background jobs begin with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    found = []
    for event in run_night(workspace, target=STANDIN + "wait"):
        found.append(event)
        if isinstance(event, events.Started):
            threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    assert result(found)["edits"] == 7


@pytest.mark.parametrize("name", ["deaf", "stone"])
def test_a_worker_that_does_not_listen(
    workspace: Workspace, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealmate.night.process.LAST_GRACE", 0.5)
    cancel = threading.Event()
    found = []
    for event in run_night(workspace, target=STANDIN + name, cancel=cancel, grace=0.3):
        found.append(event)
        cancel.set()
    ended = result(found)
    assert ended["outcome"] == "stopped"
    assert workspace.store.runs.get(ended["run"]).outcome == "stopped"
    assert not any(isinstance(event, events.Failed) for event in found)
    assert isinstance(found[0], events.Started)
    assert not alive(int(found[0].detail))


def test_dropping_the_night_stops_it(workspace: Workspace) -> None:
    steps = run_night(workspace, target=STANDIN + "wait")
    started = next(steps)
    assert isinstance(started, events.Started)
    steps.close()  # type: ignore[attr-defined]
    assert not alive(int(started.detail))
    assert workspace.store.runs.unfinished() == []
    assert result(night(workspace, "publish"))["outcome"] == "published"


def test_a_killed_worker(workspace: Workspace) -> None:
    found = night(workspace, "killed")
    failed = failure(found)
    assert "killed, most likely because memory ran out" in failed.message
    ended = result(found)
    assert ended["outcome"] == "failed"
    run = workspace.store.runs.get(ended["run"])
    assert (run.outcome, run.reason) == ("failed", failed.message)
    assert run.finished_at is not None
    assert run.report["learnt"] == {"edits": 0, "count": 0, "sources": []}


def test_an_expected_error(workspace: Workspace) -> None:
    found = night(workspace, "refused")
    failed = failure(found)
    assert failed == events.Failed("ModelError", "the model is corrupt", "fetch it again")
    assert isinstance(error_of(failed), ModelError)
    run = workspace.store.runs.get(result(found)["run"])
    assert (run.outcome, run.reason) == ("failed", "the model is corrupt")


def test_a_bug_goes_into_the_log(workspace: Workspace) -> None:
    failed = failure(night(workspace, "bug"))
    assert failed.message == "the night met an unexpected ZeroDivisionError: division by zero"
    logged = workspace.paths.log.read_text()
    assert "builtins.ZeroDivisionError" in logged
    assert "worker.py" in logged
    assert "division by zero" not in logged  # it might quote a note


def test_no_memory(workspace: Workspace) -> None:
    found = night(workspace, "no_memory")
    assert "not enough memory" in failure(found).message
    assert result(found)["run"] is None


def test_a_worker_that_leaves(workspace: Workspace) -> None:
    failed = failure(night(workspace, "leaves"))
    assert failed.message == "the night's process ended with exit code 3: a last word"
    assert str(workspace.paths.log) in failed.hint


def test_a_worker_without_a_result(workspace: Workspace) -> None:
    assert failure(night(workspace, "silent")).message.endswith("ended without a result")


def test_a_worker_that_gave_up_is_stopped(workspace: Workspace) -> None:
    ended = result(night(workspace, "gave_up"))
    assert ended["outcome"] == "stopped"
    assert workspace.store.runs.get(ended["run"]).outcome == "stopped"


def test_a_target_that_is_not_there(workspace: Workspace) -> None:
    failed = failure(list(run_night(workspace, target="tests.night.nowhere:at_all")))
    assert isinstance(error_of(failed), UsageError)


def test_a_grandchild_that_keeps_the_pipe(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealmate.night.process._DRAIN", 3)
    assert result(night(workspace, "holds_pipe"))["outcome"] == "nothing"


def test_an_unknown_kind_of_failure() -> None:
    assert isinstance(error_of(events.Failed("dict", "m")), TrainingError)


def test_a_log_that_others_may_read_is_made_private(workspace: Workspace) -> None:
    log = workspace.paths.ensure().log
    log.touch()
    log.chmod(0o644)  # the shell's `>>` made it
    night(workspace, "silent")
    assert log.stat().st_mode & 0o777 == 0o600


def test_what_a_dead_computer_left(workspace: Workspace) -> None:
    """A lock's files are no lock, an open run is closed, a long log makes way."""
    paths = workspace.paths.ensure()
    paths.lock.write_text("12345")
    paths.lock.with_suffix(".json").write_text('{"pid": 12345, "since": "nonsense"}')
    paths.log.write_bytes(b"x" * 5_000_001)
    left = workspace.store.runs.start(workspace.clock())
    ended = result(night(workspace, "publish"))
    assert ended["run"] > left.id
    run = workspace.store.runs.get(left.id)
    assert (run.outcome, run.reason) == (
        "failed",
        "the computer or the process ended in its middle",
    )
    assert paths.log.stat().st_size < 10_000
    assert paths.log.with_suffix(".old.log").stat().st_size == 5_000_001


@pytest.mark.parametrize("name", ["publish", "bug"])
def test_what_was_told_to_be_forgotten_meanwhile_goes_when_the_night_ends(
    workspace: Workspace, name: str
) -> None:
    store = workspace.store
    place = note(store, "The code of the gate is quolzyx.", "gate")
    waiting = None
    for _ in run_night(workspace, target=STANDIN + name):
        if waiting is None:
            waiting = forget(store, workspace.paths, [place.source_id], workspace.clock)
            assert waiting.waiting
            assert store.sources.get(place.source_id).state == "forgotten"
    assert waiting is not None
    with pytest.raises(NotFoundError):
        store.sources.get(place.source_id)
    assert b"quolzyx" not in workspace.paths.database.read_bytes()


def test_a_night_begins_with_what_a_forgetting_had_left(workspace: Workspace) -> None:
    store = workspace.store
    place = note(store, "The code of the gate is quolzyx.", "gate")
    store.sources.mark_forgotten(place.source_id)  # and then the computer died
    night(workspace, "publish")
    with pytest.raises(NotFoundError):
        store.sources.get(place.source_id)


def test_a_worker_outlives_no_killed_parent(workspace: Workspace) -> None:
    """The parent dies by SIGKILL: its worker holds its own lock, then ends in good order."""
    script = (
        "import sys\n"
        "from sealmate.night.job import run_night\n"
        "from sealmate.settings import Settings\n"
        "from sealmate.workspace import Workspace\n"
        "with Workspace.open(Settings(home=sys.argv[1])) as w:\n"
        f"    for e in run_night(w, target='{STANDIN}wait'):\n"
        "        print(e.detail, flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.settings.home)],
        stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    os.kill(worker, signal.SIGSTOP)  # so that it cannot end yet
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with pytest.raises(BusyError, match=f"a night that was cut off is running .process {worker}"):
        night(workspace, "publish")
    with pytest.raises(BusyError, match=f"a night that was cut off is running .process {worker}"):
        skip_night(workspace, "the GPU was still busy")
    (run,) = workspace.store.runs.unfinished()
    os.kill(worker, signal.SIGCONT)
    assert eventually(lambda: not workspace.store.runs.unfinished())
    assert workspace.store.runs.get(run.id).reason == "asked to"

    def free() -> bool:
        try:
            with hold(worker_lock(workspace.paths), utc_now, "x"):
                return True
        except BusyError:
            return False

    assert eventually(free)
    assert result(night(workspace, "publish"))["outcome"] == "published"


@given(st.binary() | st.text().map(str.encode))
def test_no_line_is_too_strange(line: bytes) -> None:
    assert read_line(line) is None or json.loads(line)["event"]


@pytest.mark.parametrize(
    "line",
    ["", "null", "[]", '{"event": []}', '{"event": "Gated", "reasons": null}', "[" * 100_000,
     '{"event": "Failed"}', "loading weights: 100%"],
)  # fmt: skip
def test_garbage(line: str) -> None:
    assert read_line(line.encode()) is None


def test_a_night_begins_with_a_copy_of_the_database(workspace: Workspace) -> None:
    note(workspace.store, "The gate is green.", "gate")
    night(workspace, "publish")
    (copy,) = workspace.paths.backups.iterdir()
    assert copy.name.endswith("-night.db")
    assert b"The gate is green." in copy.read_bytes()
    forget(workspace.store, workspace.paths, [1], workspace.clock)
    assert list(workspace.paths.backups.iterdir()) == []


def test_a_night_goes_on_where_no_copy_can_be_made(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise HomeError("the disk is full")

    monkeypatch.setattr("sealmate.night.job.back_up_nightly", full)
    found = night(workspace, "publish")
    assert events.Note("the database was not copied before the night: the disk is full") in found
    assert result(found)["outcome"] == "published"


def test_a_bugs_hint_names_the_log(workspace: Workspace) -> None:
    hint = failure(night(workspace, "bug")).hint
    assert hint == f"this is a bug; its details are in {workspace.paths.log}"
