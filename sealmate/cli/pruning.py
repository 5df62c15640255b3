"""`sealmate versions prune`: let go of versions that are of no more use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, confirmed, open_workspace
from sealmate.cli.output import emit, plain, say
from sealmate.paths import describe_bytes

if TYPE_CHECKING:
    from sealmate.versions.retain import Retention
    from sealmate.workspace import Workspace


def register_into(versions_app: typer.Typer) -> None:
    """Add the command to the group `versions`."""
    versions_app.command()(prune)


def prune(
    ctx: typer.Context,
    last: Annotated[int, typer.Option(min=0, help="So many of the last stay.")] = 7,
    weeks: Annotated[
        int, typer.Option(min=0, help="The newest of each of so many weeks stays.")
    ] = 8,
    months: Annotated[
        int, typer.Option(min=0, help="The newest of each of so many months stays.")
    ] = 12,
    ancestors: Annotated[
        int, typer.Option(min=0, help="So many that the active one came from stay.")
    ] = 3,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the files of versions that nobody needs any more, for good.

    The active one stays, and the one that `versions rollback` goes back to. What the nights found
    out about the others stays too. Shows first what would go. With --json and without --yes that
    is all it does.
    """
    from sealmate.night.thinning import thin
    from sealmate.versions.retain import Retention

    rule = Retention(ancestors=ancestors, last=last, weeks=weeks, months=months)
    with open_workspace(ctx) as workspace:
        facts = _preview(workspace, rule)
        going = facts["versions"]
        if as_json and (not yes or not going):
            emit(facts)
            return
        if not going:
            _nothing(facts["stay"])
            return
        if not as_json:
            _show(facts)
        if not yes and not confirmed("Delete them for good?", "add --yes to prune without asking"):
            say("nothing was pruned")
            return
        done = thin(workspace.store, workspace.paths, going, workspace.clock, rule)
    if as_json:
        emit(facts | {"pruned": True, "purged": list(done.purged), "freed": done.freed})
    else:
        say(f"deleted {_count(done.purged)}, which freed {describe_bytes(done.freed)}")


def _preview(workspace: Workspace, rule: Retention) -> dict[str, Any]:
    from sealmate.versions.disk import freed, taken
    from sealmate.versions.retain import expendable

    store, paths = workspace.store, workspace.paths
    going = expendable(store, rule)
    living = [version.number for version in store.versions.list() if version.purged_at is None]
    return {
        "rule": plain(rule),
        "versions": going,
        "stay": [number for number in living if number not in going],
        "bytes": taken(paths),
        "freed": freed(paths, going),
        "pruned": False,
    }


def _nothing(stay: Sequence[int]) -> None:
    say(f"nothing to prune: {_count(stay)} stay{'s' * (len(stay) == 1)}" if stay
        else "nothing to prune: no versions are on the disk")  # fmt: skip


def _show(facts: dict[str, Any]) -> None:
    say(f"{_count(facts['versions'])} would go: {ranges(facts['versions'])}")
    say(f"  that frees {describe_bytes(facts['freed'])} of {describe_bytes(facts['bytes'])}")
    say(f"  these stay: {ranges(facts['stay']) or 'none'}")


def _count(numbers: Sequence[int]) -> str:
    return f"{len(numbers)} version{'s' * (len(numbers) != 1)}"


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in few words: "1-4, 6"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
