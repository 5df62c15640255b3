"""`sealmate note "..."`: one thing to remember."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.ingest import read_stdin, report, take_text
from sealmate.cli.output import say
from sealmate.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command `note`."""
    app.command(cls=_Note)(note)


class _Note(TyperCommand):
    """Knows what to do where a note begins like an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """The words as options and arguments. Raises UsageError for an option that is none."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if (option := getattr(error, "option_name", None)) is None:
                raise
            raise UsageError(
                f"there is no option {option}",
                'a note may begin with - after --: sealmate note -- "-5 degrees at night"',
            ) from error


def note(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(help="The note; - reads it from stdin.")],
    title: Annotated[str | None, typer.Option(help="Its title. Default: its first words.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a note: found at once, in the weights after the next consolidation."""
    with open_workspace(ctx) as workspace:
        said = read_stdin() if text == ["-"] else words(" ".join(text), "note")
        result = take_text(workspace, said, words(title, "title") if title else None)
    if as_json:
        report(result, as_json=True)
    elif result.added:
        say(f"kept as source {result.added[0].id}: {result.added[0].title}")
    else:
        say(f"known already as source {result.unchanged[0].id}: {result.unchanged[0].title}")
