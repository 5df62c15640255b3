"""The three standard streams, which may be closed, full, or without a reader."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TextIO

from sealmate.errors import SealmateError, UsageError


class Passed(Exception):  # noqa: N818
    """Ctrl-C or a reader that went away (its cause), on the way past typer, which makes exit codes
    of its own of them. `command` is the one that ran."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


class UnwrittenError(SealmateError):
    """Standard output takes nothing (any more), as a full disk."""


@contextmanager
def passing(context: Any = None) -> Iterator[None]:
    """Let Ctrl-C and a reader that went away out as `Passed`."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError, SystemExit) as error:
        cause = error.__context__ if isinstance(error, SystemExit) else error
        # rich makes an exit of its own of a reader that went away
        if cause is None or (cause is not error and not isinstance(cause, BrokenPipeError)):
            raise
        raise Passed(getattr(context, "invoked_subcommand", None) or "") from cause


@contextmanager
def writing() -> Iterator[None]:
    """For what does nothing but print on standard output. Raises UnwrittenError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise UnwrittenError(f"cannot write the output: {error.strerror}") from error


class ClosedInput(io.StringIO):
    """Standard input that was closed: nobody is there, and reading it is a mistake."""

    @property
    def buffer(self) -> BinaryIO:
        """Raises UsageError."""
        raise UsageError("standard input is closed", "pipe the text in, or give it as an argument")


def prepare() -> None:
    """Put something in the place of closed streams; print what an encoding lacks as `?`."""
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        _take(number, flags)
    if sys.stdin is None:  # it was closed when Python started
        sys.stdin = ClosedInput()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="replace")


def _take(number: int, flags: int) -> None:
    """Open the null device under a closed number: the next file that is opened would get it."""
    try:
        os.fstat(number)
    except OSError:
        with suppress(OSError):
            os.set_inheritable(os.open(os.devnull, flags), True)


def silence(stream: TextIO) -> None:
    """Let what could not be written go nowhere; else the exit would try again and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
