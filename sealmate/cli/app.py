"""The entry of the command line: every error as one clear line, with its own exit code.

What takes time to import is imported where Ctrl-C is waited for already.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealmate.cli import streams
from sealmate.errors import HomeError, SealmateError

if TYPE_CHECKING:
    import typer

UNEXPECTED = 70  # EX_SOFTWARE
_STOPPED, _UNREAD = 130, 141
_GLOBAL = ("--home", "--profile", "--model", "--device")
# What is said to Ctrl-C of what was done by then.
_KEPT = {"ingest": "what was read so far is kept"}


def build() -> typer.Typer:
    """The application with all commands."""
    from sealmate.cli.commands import build as built

    return built()


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of the console script. Exits with the error's own code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else arguments))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; nothing but SystemExit escapes."""
    try:
        streams.prepare()
        code = _run(list(arguments))
        with streams.writing():
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        # The reader went away (`| head`). Nothing may be flushed into it at exit.
        streams.silence(sys.stdout)
        return _UNREAD
    except streams.UnwrittenError as error:
        return _told(error)
    else:
        return code


def _run(arguments: list[str]) -> int:
    try:
        return _call(arguments)
    except SealmateError as error:
        return _told(error)
    except streams.Passed as passed:
        if not isinstance(passed.__cause__, KeyboardInterrupt):
            raise BrokenPipeError from passed
        return _stopped(passed.command)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _surprise(error, arguments) if error.filename is None else _file_error(error)
    except Exception as error:
        # click's own errors (an unknown option, a missing argument) know how to say it.
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            return _wrong_words(error)
        return _surprise(error, arguments)


def _call(arguments: list[str]) -> int:
    import typer

    command = typer.main.get_command(build())
    try:
        result: Any = command.main(arguments, prog_name="sealmate", standalone_mode=False)
    except typer.Abort:
        return _stopped()
    return result if isinstance(result, int) else 0


def _told(error: SealmateError) -> int:
    from sealmate.cli.output import complain

    complain(error)
    return error.exit_code


def _stopped(command: str = "") -> int:
    from sealmate.cli.output import tell

    tell(f"stopped; {_KEPT[command]}" if command in _KEPT else "stopped")
    return _STOPPED


def _wrong_words(error: Any) -> int:
    from sealmate.cli.output import tell

    context, option = getattr(error, "ctx", None), getattr(error, "option_name", "")
    path = context.command_path if context is not None else "sealmate"
    message = " ".join(str(error.format_message()).split())
    tell(f"error: {message}" if message else f"error: {type(error).__name__}")
    before = f"{option} goes before the command; " if option in _GLOBAL else ""
    tell(f"hint: {before}see {path if not before else 'sealmate'} --help")
    return int(error.exit_code)


def _file_error(error: OSError) -> int:
    from sealmate.cli.output import tell

    tell(f"error: {error.filename}: {error.strerror}")
    return 1


def _surprise(error: Exception, arguments: list[str]) -> int:
    """One line for the person; where it came from for the log, without what it says."""
    from sealmate.cli.output import tell
    from sealmate.night.logfile import frames, write_error

    first = (str(error).splitlines() or [""])[0][:200]
    tell(f"error: unexpected {type(error).__name__}: {first}")
    log = _log_file(arguments)
    try:
        write_error(log, error, datetime.now(UTC), f"{arguments[:1]}")
    except (OSError, HomeError):
        tell(frames(error))
    else:
        tell(f"hint: this is a bug; its details are in {log}")
    return UNEXPECTED


def _log_file(arguments: list[str]) -> Path:
    """The log of the home in use; settings may be the very thing that is broken."""
    from sealmate.paths import locate

    home = os.environ.get("SEALMATE_HOME")
    for number, word in enumerate(arguments):
        if word == "--home" and number + 1 < len(arguments):
            home = arguments[number + 1]
        elif word.startswith("--home="):
            home = word.removeprefix("--home=")
    return locate("default", Path(home) if home else None).log


if __name__ == "__main__":
    main()
