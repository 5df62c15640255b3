"""`sealmate consolidate`: learn now what is new."""

from __future__ import annotations

from typing import Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace
from sealmate.cli.watching import finish, stopping, watch

BudgetOption = Annotated[
    str | None,
    typer.Option(help="Longest time, like 2h, 90m or 1h30m. Default: the setting budget."),
]


def register(app: typer.Typer) -> None:
    """Add the command `consolidate`."""
    app.command()(consolidate)


def consolidate(
    ctx: typer.Context,
    budget: BudgetOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build from the base over everything it knows.")
    ] = False,
    only_write: Annotated[
        bool, typer.Option("--only-write", help="Write self-edits, train nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write self-edits from what is new, train them, and publish what passes the gate.

    Ctrl-C stops it without loss; it goes on next time.
    """
    from sealmate.night.job import run_night

    with open_workspace(ctx) as workspace, stopping() as cancel:
        steps = run_night(
            workspace, budget=budget, only_write=only_write, rebuild=rebuild, cancel=cancel
        )
        result, failure = watch(steps)
        finish(result, failure, asked=cancel.is_set(), as_json=as_json)
