"""`sealmate report`: what the last night learnt, refused, lost and cost."""

from __future__ import annotations

from typing import Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace
from sealmate.cli.output import emit, say, table, when
from sealmate.errors import UsageError
from sealmate.records import Run


def register(app: typer.Typer) -> None:
    """Add the command `report`."""
    app.command()(report)


def report(
    ctx: typer.Context,
    run: Annotated[int | None, typer.Option(help="Another night, by its number.")] = None,
    everything: Annotated[bool, typer.Option("--list", help="List the nights instead.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the report of the last night: learnt, refused, lost, in conflict, forgotten, cost."""
    if markdown and (as_json or everything):
        raise UsageError("--markdown does not go with --json or --list", "choose one of them")
    if everything and run is not None:
        raise UsageError("--run does not go with --list", "choose one of them")
    with open_workspace(ctx) as workspace:
        from sealmate.night.report import latest_report, render_markdown, render_text, whole_report

        store = workspace.store
        if everything:
            _list(store.runs.list(), as_json)
            return
        found = latest_report(store) if run is None else whole_report(store, store.runs.get(run))
    if as_json:
        emit(found)
    elif not found:
        say("no night has run yet: sealmate consolidate")
    else:
        text = render_markdown(found) if markdown else render_text(found)
        say(text.removesuffix("\n"))


def _list(runs: list[Run], as_json: bool) -> None:
    if as_json:
        emit(
            [
                {
                    "run": run.id,
                    "outcome": run.outcome,
                    "version": run.version,
                    "started_at": run.started_at,
                    "finished_at": run.finished_at,
                    "reason": run.reason,
                }
                for run in runs
            ]
        )
        return
    table(
        ["night>", "began", "outcome", "version>", "reason"],
        [(r.id, when(r.started_at), r.outcome, r.version or "", r.reason) for r in runs],
        empty="no night has run yet: sealmate consolidate",
    )
