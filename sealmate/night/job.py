"""A night as one generator of events: lock, subprocess, stop, and what is left when it dies.

It does not know how consolidation works; that is the worker's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealmate import errors
from sealmate.errors import BusyError, HomeError, SealmateError, TrainingError, UsageError
from sealmate.events import Event, Failed, Finished, Note
from sealmate.night import forgetting
from sealmate.night.budget import parse_budget
from sealmate.night.lock import hold_for_night, refuse_beside_night
from sealmate.night.process import WorkerProcess
from sealmate.night.report import RECENT, build_report, complete
from sealmate.night.worker import TARGET
from sealmate.records import Run, RunOutcome
from sealmate.store.upgrade import back_up_nightly

if TYPE_CHECKING:
    from sealmate.store import Store
    from sealmate.workspace import Workspace

__all__ = [
    "RESULT_KEYS",
    "TARGET",
    "error_of",
    "parse_budget",
    "run_night",
    "skip_night",
    "why_it_ended",
]

RESULT_KEYS = ("run", "outcome", "version", "edits", "gate", "seconds")
STOPPED = "stopped in its middle; it goes on next time"
GRACE = 30.0
# The worker keeps its budget by itself. One that hangs must not hold the lock for ever.
OVERRUN = 3600.0


def why_it_ended(result: Mapping[str, Any]) -> str:
    """What ended a night early, if not its budget or a person who stopped it; else ""."""
    reason = str(result.get("reason") or "")
    return "" if result.get("outcome") != "stopped" or "stopped" in reason else reason


def run_night(
    workspace: Workspace,
    *,
    budget: str | None = None,
    only_write: bool = False,
    rebuild: bool = False,
    cancel: threading.Event | None = None,
    target: str = TARGET,
    grace: float = GRACE,
) -> Iterator[Event]:
    """Run one night in a subprocess and yield its events; the last is always a `Finished`.

    Nothing happens before the first `next`. `budget` ("2h") falls back to the setting. Setting
    `cancel`, or Ctrl-C, lets the worker end in good order within `grace` seconds (a second
    Ctrl-C is raised). An error of the night, a crash included, is a `Failed` before the
    `Finished` with outcome "failed", and no run stays "running" in the ledger. The database is
    copied first, if there is room. A forgetting or the like that holds the lock is waited for, two
    minutes at most; stopped then, no run is begun.
    Raises BusyError if another night holds the lock, UsageError for a bad budget, HomeError and
    StoreError.
    """
    if only_write and rebuild:
        raise UsageError("only writing and rebuilding do not fit together", "choose one of them")
    seconds = parse_budget(workspace.settings.budget if budget is None else budget)
    cancel = cancel or threading.Event()
    paths = workspace.paths.ensure()
    begun = time.monotonic()
    with ExitStack() as stack:
        if not (yield from hold_for_night(stack, paths, workspace.clock, cancel)):
            yield Finished(_Last().result(None, time.monotonic() - begun))
            return
        begun = time.monotonic()
        store = workspace.store
        _close(workspace, "failed", "the computer or the process ended in its middle")
        _complete_left(store)
        yield from _back_up(workspace)
        earlier = store.runs.latest()
        job = {
            "settings": workspace.settings.model_dump(mode="json"),
            "budget_seconds": seconds,
            "only_write": only_write,
            "rebuild": rebuild,
            "target": target,
        }
        last = _Last(paths.log)
        try:
            with WorkerProcess(job, paths.log) as worker:
                deadline = begun + seconds + OVERRUN
                for event in worker.events(cancel, grace=grace, deadline=deadline):
                    if shown := last.take(event):
                        yield shown
            last.stopped = last.stopped or worker.stopping
            if failure := last.judge(worker.death()):
                yield failure
        except BaseException:
            with suppress(SealmateError):
                _close(workspace, "stopped", STOPPED, time.monotonic() - begun)
            raise
        with suppress(SealmateError):  # a full disk now; the next night settles it
            _close(workspace, last.outcome, last.reason, time.monotonic() - begun)
        run = _new_run(store, last.run, earlier)
        yield Finished(last.result(run, time.monotonic() - begun))


def skip_night(workspace: Workspace, reason: str) -> Run:
    """Note in the ledger that a night was left out, and why.

    Raises BusyError while a night is running: then none was left out. StoreError, HomeError.
    """
    refuse_beside_night(workspace.paths, workspace.clock)
    store = workspace.store
    run = store.runs.start(workspace.clock())
    return store.runs.finish(run.id, "stopped", None, reason, build_report(store, run))


def error_of(failure: Failed) -> SealmateError:
    """The error that a `Failed` carried over the process border."""
    kind = getattr(errors, failure.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, SealmateError)):
        kind = TrainingError
    error: SealmateError = kind(failure.message, failure.hint)
    return error


class _Last:
    """What a night's worker said at the end, and what is to be made of it."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log
        self.stopped = False
        self._said: Mapping[str, Any] | None = None
        self._failure: Failed | None = None

    def take(self, event: Event) -> Event | None:
        """Keep the last words for later; give back what may be shown at once."""
        if isinstance(event, Finished):
            self._said = event.result
            return None
        if isinstance(event, Failed):
            if self._log is not None:  # the worker does not know where what it prints goes
                hint = event.hint.replace("in the log", f"in {self._log}")
                event = replace(event, hint=hint)
            self._failure = None if event.kind == errors.Cancelled.__name__ else event
            self.stopped = self.stopped or self._failure is None
            return self._failure
        return event

    def judge(self, death: tuple[str, str] | None) -> Failed | None:
        """The failure of a worker that could not tell of it itself."""
        if self._said is not None or self._failure is not None or self.stopped:
            return None
        message, hint = death or ("the night's process ended without a result", "")
        self._failure = Failed(TrainingError.__name__, message, hint)
        return self._failure

    @property
    def outcome(self) -> RunOutcome:
        """For a run that the worker left open."""
        return "failed" if self._failure else "stopped"

    @property
    def run(self) -> int | None:
        """The run that it says was its own."""
        run = (self._said or {}).get("run")
        return run if isinstance(run, int) else None

    @property
    def reason(self) -> str:
        """Why, for the same."""
        return self._failure.message if self._failure else STOPPED

    def result(self, run: int | None, seconds: float) -> dict[str, Any]:
        """The line that `--json` ends with: all of RESULT_KEYS, then what else was said."""
        known: dict[str, Any] = {
            "run": run,
            "outcome": self.outcome,
            "version": None,
            "edits": {"written": 0, "kept": 0},
            "gate": None,
            "seconds": round(seconds, 1),
        }
        said = dict(self._said or {})
        if self._failure is not None:
            said["outcome"] = "failed"
        return known | said


def _close(
    workspace: Workspace, outcome: RunOutcome, reason: str, seconds: float | None = None
) -> None:
    """End what a dead night left: its run, and what a person told it to forget meanwhile."""
    try:  # first, so that the run's report tells of it
        forgetting.finish(workspace.store, workspace.paths, workspace.clock, locked=True)
    finally:
        _settle(workspace.store, outcome, reason, seconds)


def _back_up(workspace: Workspace) -> Iterator[Event]:
    """Copy the database into its backups; a night goes on without where there is no room.

    A damaged one is not worked on: StoreError.
    """
    try:
        back_up_nightly(workspace.paths.database, workspace.paths.backups, workspace.clock)
    except (HomeError, BusyError) as error:
        yield Note(f"the database was not copied before the night: {error.message}")


def _settle(store: Store, outcome: RunOutcome, reason: str, seconds: float | None = None) -> None:
    """Close runs that are open although nobody works on them.

    Under the lock only: any run still open then is a dead one.
    """
    for run in store.runs.unfinished():
        made = [v.number for v in store.versions.list() if v.manifest.get("run") == run.id]
        run = replace(run, version=run.version or max(made, default=None))
        report = complete(store, run, seconds)
        store.runs.finish(run.id, outcome, run.version, reason, report)


def _complete_left(store: Store) -> None:
    """Complete the reports of nights that ended after whoever was to do so had died."""
    for run in store.runs.list(limit=RECENT):
        with suppress(SealmateError):  # no reason to do without tonight's
            if run.outcome != "running" and "learnt" not in run.report:
                store.runs.note(run.id, complete(store, run))


def _new_run(store: Store, said: int | None, earlier: Run | None) -> int | None:
    """The id of the run that the worker told of, else of the one that began after `earlier`, if
    one did; its report is complete then."""
    with suppress(SealmateError):
        run = store.runs.latest() if said is None else store.runs.get(said)
        if run is not None and (earlier is None or run.id > earlier.id):
            if "learnt" not in run.report:
                with store.transaction():
                    # it ends now, after what was forgotten meanwhile: the next counts from here
                    run = store.runs.finish(run.id, run.outcome, run.version, run.reason)
                    store.runs.note(run.id, complete(store, run))
            return run.id
    return None
