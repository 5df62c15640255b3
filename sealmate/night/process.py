"""The night's subprocess as its caller sees it: events out, one way to stop it, how it died."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from sealmate import events
from sealmate.child import own_module
from sealmate.errors import HomeError
from sealmate.events import Event, Note
from sealmate.night.logfile import open_log

_POLL = 0.1
# Looks without a line, after the process has ended while something else keeps its pipe open.
# Counted, not timed: on a starved computer seconds pass before our own reader gets its turn.
_DRAIN = 30
LAST_GRACE = 10.0
_POSIX = sys.platform != "win32"


class WorkerProcess:
    """One worker. Use it in a `with`: leaving it ends the process and waits for that."""

    def __init__(self, job: Mapping[str, Any], log: Path) -> None:
        """Start the worker with `job`; its stderr is appended to `log`.

        Raises HomeError if the log cannot be written or the process cannot be started.
        """
        self._log = log
        self._asked = 0.0
        self._quiet = 0
        self._signals = 0
        try:
            with open_log(log) as stderr:
                self._log_start = stderr.tell()
                self._process = subprocess.Popen(
                    own_module("sealmate.night.worker"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    # Ctrl-C in the terminal is for the caller, which then asks once.
                    start_new_session=_POSIX,
                )
        except OSError as error:
            raise HomeError(
                f"cannot start the night: {error.strerror} ({error.filename or log})",
                "check free memory, free space and permissions",
            ) from error
        self._lines: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        )
        self._reader.start()
        assert self._process.stdin is not None
        with suppress(OSError):  # it died at once: `events` ends and `death` says why
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()  # and stays open: its end means that the caller is gone

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.end(1.0 if kind is KeyboardInterrupt else LAST_GRACE)
        if self._process.stdin is not None:
            with suppress(OSError):  # unsent bytes to a dead process
                self._process.stdin.close()
        self._reader.join(_DRAIN * _POLL)

    @property
    def stopping(self) -> bool:
        """True once it was asked to stop."""
        return self._signals > 0

    def events(self, cancel: threading.Event, *, grace: float, deadline: float) -> Iterator[Event]:
        """Yield its events until it has ended.

        `cancel`, Ctrl-C or the `deadline` (time.monotonic) ask it to stop: SIGINT, then SIGTERM
        after `grace` seconds, then SIGKILL; what it says meanwhile is still yielded. A second
        Ctrl-C is raised.
        """
        while True:
            asked = False
            try:
                if not self.stopping and (cancel.is_set() or time.monotonic() > deadline):
                    self._stop()
                    asked = True
                event, over = self._next(grace)
            except KeyboardInterrupt:
                if self.stopping:
                    raise
                cancel.set()
                continue
            if asked:
                yield Note("stopping; what is done is kept")
            if over:
                return
            if event is not None:
                yield event

    def end(self, grace: float) -> None:
        """Make it end, within `grace` seconds if it can, and wait for that."""
        if self._process.poll() is not None:
            return
        if not self.stopping:
            self._stop()
        if not self._ended_within(grace):
            self._process.terminate()
        if not self._ended_within(LAST_GRACE / 2):
            self._process.kill()
        self._process.wait()

    def death(self) -> tuple[str, str] | None:
        """What killed it and how to mend that; None if it ended by itself with exit code 0.

        Call it after `events` has ended.
        """
        code = self._process.returncode
        if not code:
            return None
        if code == -9:  # SIGKILL, which Windows has no name for
            return (
                "the night's process was killed, most likely because memory ran out",
                "end other programs or choose a smaller model; it goes on next time",
            )
        if code < 0:
            return (
                f"the night's process was ended by signal {_signal_name(-code)}",
                f"details may be in {self._log}; it goes on next time",
            )
        last = self._last_words()
        return (
            f"the night's process ended with exit code {code}" + (f": {last}" if last else ""),
            f"its details are in {self._log}",
        )

    def _next(self, grace: float) -> tuple[Event | None, bool]:
        """Its next event, if one comes soon, and whether it was the last."""
        self._press(grace)
        try:
            event = self._lines.get(timeout=_POLL)
        except queue.Empty:
            if self._process.poll() is not None:
                self._quiet += 1
            return None, self._quiet > _DRAIN
        self._quiet = 0
        if event is None:
            self._wait(grace)
        return event, event is None

    def _stop(self) -> None:
        self._asked, self._signals = time.monotonic(), 1
        if _POSIX:
            self._process.send_signal(signal.SIGINT)
        elif self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()  # the worker takes that for the same wish

    def _press(self, grace: float) -> None:
        """Send the next, harder signal when its time has come."""
        since = time.monotonic() - self._asked
        if self._signals == 1 and since > grace:
            self._signals = 2
            self._process.terminate()
        elif self._signals == 2 and since > grace + LAST_GRACE:
            self._signals = 3
            self._process.kill()

    def _wait(self, grace: float) -> None:
        """Its output is over; so it must be soon."""
        if not self._ended_within(max(grace, LAST_GRACE)):
            self.end(LAST_GRACE)

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self, stream: IO[bytes]) -> None:
        # The thread that reads a pipe must also close it: another's close would wait for it.
        try:
            with stream, suppress(OSError):
                for line in stream:
                    event = read_line(line)
                    if event is not None:
                        self._lines.put(event)
        finally:
            self._lines.put(None)

    def _last_words(self) -> str:
        """The last line of what it wrote to the log."""
        try:
            with self._log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._log_start, size - 4096))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:200] if lines else ""


def read_line(line: bytes) -> Event | None:
    """The event of one line of a worker's output; None for anything else that got into it."""
    try:
        return events.from_line(line.decode("utf-8", "replace"))
    except (ValueError, TypeError, RecursionError):
        return None


def make_log(log: Path) -> None:
    """Make the log, or take other people's rights to it away: what opens it after us, a shell or
    launchd, would let all read it. Raises HomeError."""
    try:
        open_log(log).close()
    except OSError as error:
        raise HomeError(
            f"cannot write {log}: {error.strerror}", "check its permissions and free space"
        ) from error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
