"""`sealmate conflicts list|accept|keep-both|keep-old`: facts that a newer note told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, hand_on, open_workspace
from sealmate.cli.output import emit, plain, say, table, when
from sealmate.errors import UsageError

if TYPE_CHECKING:
    from sealmate.records import Conflict
    from sealmate.store import Store

Number = Annotated[int, typer.Argument(metavar="N", min=1, help="A conflict's number.")]
State = Annotated[
    str | None, typer.Option(help="Only these: open, accepted, kept-both or kept-old.")
]


def register(app: typer.Typer) -> None:
    """Add the group `conflicts`."""
    group = typer.Typer(help="Facts that a newer note told otherwise, and which of them holds.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_conflicts)
    group.command()(accept)
    group.command("keep-both")(keep_both)
    group.command("keep-old")(keep_old)
    app.add_typer(group, name="conflicts")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        list_conflicts(ctx, None, as_json)


def list_conflicts(ctx: typer.Context, state: State = None, as_json: JsonOption = False) -> None:
    """List the conflicts, oldest first: both answers, each with its source, and the day of the
    newer one. An open one changes nothing until it is settled."""
    from sealmate.store.conflicts import STATES

    if state is not None and state not in STATES:
        raise UsageError(f"--state cannot be {state!r}", f"use one of {', '.join(STATES)}")
    with open_workspace(ctx) as workspace:
        store = workspace.store
        found = _facts(store, store.conflicts.list(state))
        total = len(found or store.conflicts.list())
    if as_json:
        emit(found)
        return
    table(
        ["number>", "since", "state", "question", "before", "now"],
        [
            (c["id"], _day(c["since"]), c["state"], c["question"],
             f"{c['old_answer']} ({c['old_source']['title']})",
             f"{c['new_answer']} ({c['new_source']['title']})")
            for c in found
        ],
        empty=f"none of {total} match" if total else "no conflicts",
    )  # fmt: skip


def accept(ctx: typer.Context, number: Number, as_json: JsonOption = False) -> None:
    """The newer answer holds; the older one is told as what used to be."""
    from sealmate.night import supersession

    with open_workspace(ctx) as workspace:
        store = workspace.store
        _say(store, supersession.accept(store, number, workspace.clock()), as_json)


def keep_both(ctx: typer.Context, number: Number, as_json: JsonOption = False) -> None:
    """Both hold; what was superseded comes back."""
    from sealmate.night import supersession

    with open_workspace(ctx) as workspace:
        store = workspace.store
        _say(store, supersession.keep_both(store, number), as_json)


def keep_old(ctx: typer.Context, number: Number, as_json: JsonOption = False) -> None:
    """The older answer holds; the newer one is taken out of training."""
    from sealmate.night import supersession

    with open_workspace(ctx) as workspace:
        store = workspace.store
        _say(store, supersession.keep_old(store, number), as_json)


def _say(store: Store, conflict: Conflict, as_json: bool) -> None:
    from sealmate.night.backlog import Backlog

    (facts,) = _facts(store, [conflict])
    facts["rebuild_needed"] = Backlog(store).flagged
    if as_json:
        emit(facts)
        return
    holds = {
        "accepted": f"now: {conflict.new_answer} (before: {conflict.old_answer})",
        "kept-both": f"both hold: {conflict.old_answer}, and {conflict.new_answer}",
        "kept-old": f"still: {conflict.old_answer} (not {conflict.new_answer})",
    }
    say(f"conflict {conflict.id}: {conflict.question}")
    say(f"  {holds.get(conflict.state, conflict.state)}")
    say(f"  told by {facts['old_source']['title']}, and since {_day(facts['since'])} by "
        f"{facts['new_source']['title']}")  # fmt: skip
    say("the next night trains it so")


def _day(text: str) -> str:
    """The day of a time, in the zone of this computer."""
    return when(datetime.fromisoformat(text))[:10]


def _facts(store: Store, conflicts: Sequence[Conflict]) -> list[dict[str, Any]]:
    """Conflicts as JSON has them, with the sources on both sides; `since` the newer one holds."""
    from sealmate.night.report import sided

    return [
        plain(one.conflict)
        | {
            "old_source": {"id": one.old[0], "title": one.old[1]},
            "new_source": {"id": one.new[0], "title": one.new[1]},
            "since": plain(one.since),
        }
        for one in sided(store, conflicts)
    ]
