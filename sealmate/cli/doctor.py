"""`sealmate doctor`: what works, what does not, and how to mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace
from sealmate.cli.output import emit, say


def register(app: typer.Typer) -> None:
    """Add the command `doctor`."""
    app.command()(doctor)


def doctor(
    ctx: typer.Context,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out what takes more than a second.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say OK, WARN or FAIL for disk, GPU, bitsandbytes, model, adapters, database, versions, timer.

    The exit code is 1 if anything failed.
    """
    from sealmate.doctor import examine

    found = []
    with open_workspace(ctx) as workspace:
        for check in examine(workspace, quick=quick):
            found.append(check)
            if not as_json:
                say(f"{check.status:<4}  {check.name:<12}  {check.message}")
                if check.hint and check.status != "OK":
                    say(f"{'':<4}  {'':<12}  -> {check.hint}")
    if as_json:
        emit(found)
    if any(check.status == "FAIL" for check in found):
        raise typer.Exit(1)
