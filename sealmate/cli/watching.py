"""Watching a night from a terminal: its events on stderr, Ctrl-C as a wish, its end in words."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer

from sealmate.cli.output import drawing, emit, say, tell
from sealmate.events import Event, Failed, Finished

INTERRUPTED = 130


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second Ctrl-C interrupts as usual."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return

    def stop(number: int, frame: FrameType | None) -> None:
        # Nothing may be printed here: the signal may have come in the middle of a print.
        if cancel.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        cancel.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(steps: Iterator[Event]) -> tuple[Mapping[str, Any], Failed | None]:
    """Draw the events of a night to the end; its result, and its failure if it failed."""
    result: Mapping[str, Any] = {}
    failure = None
    with drawing() as draw:
        for event in steps:
            if isinstance(event, Finished):
                result = event.result
            elif isinstance(event, Failed):
                failure = event  # told at the very end, below the progress
            else:
                draw(event)
    return result, failure


def finish(
    result: Mapping[str, Any], failure: Failed | None, *, asked: bool, as_json: bool
) -> None:
    """Print a night's last line and leave with its exit code.

    With `as_json` stdout gets exactly the result, also of a night that failed. Raises the
    failure's own error, typer.Exit(130) after Ctrl-C (`asked`).
    """
    from sealmate.night.job import RESULT_KEYS, error_of

    if as_json:
        emit({key: result.get(key) for key in RESULT_KEYS})
    if failure is not None:
        raise error_of(failure)
    stopped = result.get("outcome") == "stopped"
    if stopped and asked:
        tell("stopped; it goes on next time")
        raise typer.Exit(INTERRUPTED)
    if not as_json:
        say(summary(result))


def summary(result: Mapping[str, Any]) -> str:
    """One line about a night that ended."""
    from sealmate.night.budget import describe_seconds
    from sealmate.night.job import why_it_ended

    took = describe_seconds(float(result.get("seconds") or 0))
    edits = result.get("edits")
    kept = edits.get("kept", 0) if isinstance(edits, Mapping) else edits or 0
    wrote = f"; wrote {kept} self-edits" if kept else ""
    reason = f": {result['reason']}" if result.get("reason") else ""
    # a night of several sessions may have published one and refused another
    partly = f", but not all was learnt{reason}" if reason else ""
    said = {
        "published": f"version {result.get('version')} is active{partly}",
        "rejected": f"the gate refused the new version; the old one stays active{reason}",
        "nothing": "nothing new to learn",
        "stopped": why_it_ended(result) or "stopped at its budget; it goes on next time",
        "written": "nothing was trained",
    }.get(str(result.get("outcome")), str(result.get("outcome")))
    return f"night {result.get('run')}: {said}{wrote} ({took})"
