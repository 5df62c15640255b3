"""The command line: global options, one file per command, and every error as one clear line."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

import sealmate.cli
from sealmate.cli.common import Globals, open_workspace
from sealmate.cli.output import complain, tell
from sealmate.errors import SealmateError

UNEXPECTED = 70  # EX_SOFTWARE


def build() -> typer.Typer:
    """The application with all commands. Every module of this package that has a
    `register(app)` is one."""
    app = typer.Typer(
        name="sealmate",
        help="An assistant that learns your notes into its own weights, on your own machine.",
        epilog="Without a command it opens the terminal UI.",
        no_args_is_help=False,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_start)
    for module in sorted(pkgutil.iter_modules(sealmate.cli.__path__), key=lambda item: item.name):
        loaded = importlib.import_module(f"sealmate.cli.{module.name}")
        if register := getattr(loaded, "register", None):
            register(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealmate {sealmate.__version__}")
        raise typer.Exit


def _start(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder that holds everything but the model cache.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Whose database and adapters to use.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Name, hub id, folder or GGUF file of the base model.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = Globals(home, profile, model, device)
    if ctx.invoked_subcommand is None:
        from sealmate.tui.app import run  # textual: 0.3 s

        with open_workspace(ctx) as workspace:
            run(workspace)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of the console script. Exits with the error's own code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else arguments))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; nothing but SystemExit escapes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = _run(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`). Nothing may be flushed into it at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    else:
        return code


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(build())
    try:
        result: Any = command.main(arguments, prog_name="sealmate", standalone_mode=False)
    except SealmateError as error:
        complain(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        tell("stopped")
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        return _surprise(error, arguments) if error.filename is None else _file_error(error)
    except Exception as error:
        # click's own errors (an unknown option, a missing argument) know how to say it.
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            return _wrong_words(error)
        return _surprise(error, arguments)
    return result if isinstance(result, int) else 0


def _wrong_words(error: Any) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sealmate"
    message = " ".join(str(error.format_message()).split())
    tell(f"error: {message}" if message else f"error: {type(error).__name__}")
    tell(f"hint: see {path} --help")
    return int(error.exit_code)


def _file_error(error: OSError) -> int:
    tell(f"error: {error.filename}: {error.strerror}")
    return 1


def _surprise(error: Exception, arguments: list[str]) -> int:
    """One line for the person, the traceback for the log. Notes are not written into it."""
    first = (str(error).splitlines() or [""])[0][:200]
    tell(f"error: unexpected {type(error).__name__}: {first}")
    log = _log_file(arguments)
    try:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(log, "a", encoding="utf-8", opener=_private) as file:
            file.write(f"{datetime.now(UTC).isoformat()} sealmate {arguments[:1]}\n")
            file.write("".join(traceback.format_exception(error)) + "\n")
    except OSError:
        traceback.print_exception(error)
    else:
        tell(f"hint: this is a bug; its details are in {log}")
    return UNEXPECTED


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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
