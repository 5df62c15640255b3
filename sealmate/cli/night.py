"""`sealmate night`: what the schedule runs; wait for the GPU, consolidate, leave a report."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace
from sealmate.cli.consolidate import BudgetOption
from sealmate.cli.watching import finish, stopping, watch
from sealmate.errors import BusyError
from sealmate.events import Event

if TYPE_CHECKING:
    from sealmate.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command `night`."""
    app.command()(night)


def night(
    ctx: typer.Context,
    budget: BudgetOption = None,
    wait: Annotated[
        str, typer.Option(help="Longest wait for an idle GPU; 0 waits for nothing.")
    ] = "3h",
    as_json: JsonOption = False,
) -> None:
    """Wait until the GPU is idle, consolidate, and leave a report for the morning."""
    from sealmate.night.budget import parse_budget

    limit = 0.0 if wait.strip() == "0" else parse_budget(wait)
    with open_workspace(ctx) as workspace, stopping() as cancel:
        parse_budget(budget or workspace.settings.budget)  # hours before it is used
        result, failure = watch(_steps(workspace, limit, budget, cancel))
        finish(result, failure, asked=cancel.is_set(), as_json=as_json)


def _steps(workspace: Workspace, limit: float, budget: str | None, cancel: Flag) -> Iterator[Event]:
    from sealmate.night.gpu import wait_until_idle
    from sealmate.night.job import run_night, skip_night
    from sealmate.night.lock import refuse_beside_night

    if limit and workspace.settings.device != "cpu":
        refuse_beside_night(workspace.paths, workspace.clock)  # it is what keeps the GPU busy
        try:
            yield from wait_until_idle(limit, cancel)
        except BusyError as error:
            # Whoever looks in the morning must find out why nothing was learnt.
            skip_night(workspace, error.message)
            raise
    yield from run_night(workspace, budget=budget, cancel=cancel)
