"""Targets for the night's worker: they use the real workspace and behave as each test needs."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from sealmate import events
from sealmate.errors import Cancelled, ModelError
from sealmate.records import Version


def publish(workspace: Any, model: Any, **how: Any) -> Iterator[events.Event]:
    run = workspace.store.runs.start(workspace.clock())
    print("a library prints to stdout")
    yield events.Started("train", 2, f"model {model}")
    yield events.Note("a lone \udc80 surrogate")
    yield events.Loss(2, 2, 0.5, 100, 1.0)
    yield events.Gated(True, {"new_recall": 0.9})
    number = workspace.store.versions.next_number()
    workspace.store.versions.add(
        Version(number, run.started_at, f"v{number}", "ab" * 32, None, "base", "print"), []
    )
    yield events.Published(number, "ab" * 32)
    workspace.store.runs.finish(
        run.id, "published", number, "", {"tokens": 100, "gate": {"new_recall": 0.9}}
    )
    yield events.Finished(
        {
            "run": run.id,
            "outcome": "published",
            "version": number,
            "edits": 3,
            "gate": {"passed": True},
            "seconds": round(how["budget_seconds"]),
            "how": {k: how[k] for k in ("only_write", "rebuild")} | {"pid": os.getpid()},
        }
    )


def wait(workspace: Any, model: Any, *, cancel: threading.Event, **_: Any) -> Iterator[Any]:
    """Ends in good order when asked to."""
    run = workspace.store.runs.start(workspace.clock())
    yield events.Started("train", 0, str(os.getpid()))
    cancel.wait(300)
    workspace.store.runs.finish(run.id, "stopped", None, "asked to", {})
    yield events.Note("saved")
    yield events.Finished({"run": run.id, "outcome": "stopped", "version": None, "edits": 7})


def deaf(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    """Takes no notice of being asked."""
    workspace.store.runs.start(workspace.clock())
    yield events.Started("train", 0, str(os.getpid()))
    while True:
        time.sleep(0.05)


def stone(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    """Takes no notice of SIGTERM either."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield from deaf(workspace, model)


def killed(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    """As the kernel does when memory runs out."""
    workspace.store.runs.start(workspace.clock())
    yield events.Started("train", 5)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(30)


def refused(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    workspace.store.runs.start(workspace.clock())
    yield events.Started("load", 0)
    raise ModelError("the model is corrupt", "fetch it again")


def gave_up(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    workspace.store.runs.start(workspace.clock())
    yield events.Started("load", 0)
    raise Cancelled("stopped")


def bug(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    workspace.store.runs.start(workspace.clock())
    yield events.Started("load", 0)
    raise ZeroDivisionError("division by zero")


def no_memory(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    yield events.Started("load", 0)
    raise MemoryError


def leaves(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    yield events.Started("load", 0)
    sys.stderr.write("a last word\n")
    sys.stderr.flush()
    os._exit(3)


def silent(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    yield events.Started("load", 0)


def holds_pipe(workspace: Any, model: Any, **_: Any) -> Iterator[Any]:
    """Leaves a grandchild behind that keeps all inherited pipes open."""
    if os.fork() == 0:
        time.sleep(10)
        os._exit(0)
    yield events.Finished({"outcome": "nothing"})
