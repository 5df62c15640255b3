"""The night's own process: a job on stdin, events as JSON lines on stdout, all else on stderr.

It gives the GPU's memory back when it ends, and its crash leaves the caller alive. It does not
know how consolidation works, nor who draws its events.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from sealmate import events
from sealmate.errors import Cancelled, SealmateError, UsageError
from sealmate.events import Event, Failed
from sealmate.night.logfile import frames

if TYPE_CHECKING:
    from sealmate.model.protocol import LanguageModel
    from sealmate.workspace import Workspace

TARGET = "sealmate.night.consolidation:consolidate"
UNEXPECTED = 70


def main() -> int:
    """Do the job on stdin. Returns the exit code: 0, an error's own, or 70 for a bug."""
    cancel = threading.Event()
    _listen(cancel)
    wire = _own_stdout()
    emit = _emitter(wire, cancel)
    try:
        job = json.loads(_read_line())
        # The pipe stays open as long as the caller lives; its end asks to stop, like a signal.
        threading.Thread(target=_watch_stdin, args=(cancel,), daemon=True).start()
        work(job, emit, cancel)
    except SealmateError as error:
        emit(Failed(type(error).__name__, error.message, error.hint))
        return error.exit_code
    except Exception as error:
        print(frames(error), file=sys.stderr)  # without its message, which may quote a note
        emit(_unexpected(error))
        return UNEXPECTED
    return 0


def work(job: dict[str, Any], emit: Callable[[Event], None], cancel: threading.Event) -> None:
    """Iterate the job's target to its end, giving each of its events to `emit`.

    A job is {"settings": all settings, "budget_seconds": float, "only_write": bool,
    "rebuild": bool, "target": "module:function"}. Only the real target gets a loaded model; a
    stand-in gets None, for it is there to try the process, not the model.
    """
    from sealmate.night.lock import hold, worker_lock
    from sealmate.settings import Settings
    from sealmate.workspace import Workspace

    begun = time.monotonic()
    target = job.get("target", TARGET)
    consolidate = _resolve(target)
    settings = Settings(**job["settings"])
    with (
        Workspace.open(settings) as workspace,
        hold(worker_lock(workspace.paths.ensure()), workspace.clock, "another night's worker"),
    ):
        model = _load(workspace, emit, cancel) if target == TARGET else None
        left = job["budget_seconds"] - (time.monotonic() - begun)
        for event in consolidate(
            workspace,
            model,
            budget_seconds=max(left, 1.0),
            only_write=job["only_write"],
            rebuild=job["rebuild"],
            cancel=cancel,
        ):
            emit(event)


def _load(
    workspace: Workspace, emit: Callable[[Event], None], cancel: threading.Event
) -> LanguageModel:
    """The base, fetched first if need be; what was fetched so far is kept when stopped."""
    for event in workspace.fetch_model():
        if cancel.is_set():
            raise Cancelled("stopped while the model was fetched")
        emit(event)
    emit(events.Started("load", 0, workspace.model_id))
    return workspace.model(emit)


def _resolve(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"the night's target {target!r} cannot be found: {error}") from error
    return found


def _listen(cancel: threading.Event) -> None:
    asked: list[int] = []  # not `cancel`, which an exhausted budget may have set

    def stop(number: int, frame: FrameType | None) -> None:
        # SIGTERM on top of an earlier request: the time to end by itself is over.
        if asked and number == signal.SIGTERM:
            raise Cancelled("stopped")
        asked.append(number)
        cancel.set()

    # A shell starts background jobs with SIGINT ignored; a handler of our own undoes that.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _own_stdout() -> IO[bytes]:
    """The events' pipe, with everything libraries print sent to stderr instead."""
    sys.stdout.flush()
    wire = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return wire


def _emitter(wire: IO[bytes], cancel: threading.Event) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        # A lone surrogate in a title becomes a JSON escape.
        line = events.to_line(event).encode("utf-8", "backslashreplace") + b"\n"
        view = memoryview(line)
        try:
            while view:
                view = view[wire.write(view) :]
        except OSError:  # nobody listens any more: end in good order
            cancel.set()

    return emit


def _read_line() -> bytes:
    """The first line of stdin. Unbuffered: a buffer's lock would hang the watching thread."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1 << 16)
        if not piece:
            break
        line += piece
    return bytes(line)


def _watch_stdin(cancel: threading.Event) -> None:
    try:
        while os.read(0, 1 << 10):
            pass
    except OSError:
        pass
    cancel.set()


def _unexpected(error: Exception) -> Failed:
    # torch's own type, told by its name: this module must not import torch.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Failed(
            "ModelError",
            "there is not enough memory for the night",
            "end other programs, choose a smaller model (sealmate init), or lower pack_tokens",
        )
    first = (str(error).splitlines() or [""])[0][:200]
    return Failed(
        "TrainingError",
        f"the night met an unexpected {type(error).__name__}: {first}",
        "this is a bug; its details are in the log",
    )


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.exit(code)
