"""All commands as one application: the global options, and one file per command."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import sealmate.cli
from sealmate.cli.common import Globals, new_profile, open_workspace
from sealmate.cli.paragraphs import flowing
from sealmate.cli.streams import passing, writing
from sealmate.errors import UsageError


class Commands(TyperGroup):
    """The application as typer has it, but for Ctrl-C and readers that go away."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """As typer does, which prints help from here; `Passed` on Ctrl-C."""
        with passing(), writing():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """As typer does; `Passed` on Ctrl-C."""
        with passing(ctx):
            return super().invoke(ctx)


def build() -> typer.Typer:
    """The application with all commands. Every module of this package that has a
    `register(app)` is one."""
    app = typer.Typer(
        name="sealmate",
        cls=Commands,
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
    return flowing(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealmate {sealmate.__version__}")
        raise typer.Exit


def _start(
    ctx: typer.Context,
    home: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Folder that holds everything but the model cache."),
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
    if home == "":  # as a path that would be the folder that one happens to be in
        raise UsageError("the home is empty", "name a folder: --home FOLDER")
    ctx.obj = Globals(None if home is None else Path(home), profile, model, device)
    if ctx.invoked_subcommand is None:
        if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
            raise UsageError("the terminal UI needs a terminal", "see sealmate --help")
        from sealmate.tui.app import run  # textual: 0.3 s

        with open_workspace(ctx) as workspace:
            run(workspace, new_profile(workspace.paths))
