"""`sealmate versions list|show ...`: every adapter that came of a night, and which is active."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli import bisecting, lineage, pruning
from sealmate.cli.common import JsonOption, hand_on, open_workspace
from sealmate.cli.output import emit, plain, say, table, when
from sealmate.records import scores_listed, version_mark

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sealmate.records import Activation, Version


def register(app: typer.Typer) -> None:
    """Add the group `versions`."""
    group = typer.Typer(help="Adapter versions: what each knows, and which one answers.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_versions)
    group.command()(show)
    lineage.register_into(group)
    bisecting.register_into(group)
    pruning.register_into(group)
    app.add_typer(group, name="versions")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        list_versions(ctx, as_json)


def list_versions(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the versions, oldest first."""
    with open_workspace(ctx) as workspace:
        found = workspace.store.versions.list()
        active = workspace.store.versions.active()
        barred = frozenset(workspace.store.versions.with_erased_edits())
    if as_json:
        emit([_facts(version, active, barred) for version in found])
        return
    listed = scores_listed(found)
    # the same base in every row would cost a narrow terminal the times
    bases = ["base"] if len({version.base_id for version in found}) > 1 else []
    scores = (f"{name}>" for _, name in listed)
    table(
        ["", "number>", "parent>", "created", "edits>", *scores, *bases, "state"],
        [
            (
                "*" if version.number == active else "",
                version.number,
                version.parent or "",
                when(version.created_at),
                version.edits,
                *(_figure(version.scores.get(key)) for key, _ in listed),
                *(version.base_id for _ in bases),
                version_mark(version, barred),
            )
            for version in found
        ],
        empty="no versions yet: `sealmate consolidate` makes one",
    )


def show(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", min=0, help="Default: the active one; 0 = no memory."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a version: scores, base, files, and when it was active."""
    with open_workspace(ctx) as workspace:
        versions = workspace.store.versions
        active = versions.active()
        wanted = active if number is None else number
        if wanted == 0 and number is None:
            if as_json:
                emit(None)
            else:
                say("no version is active: answers come without memory")
            return
        turns = [turn for turn in versions.activations() if turn.version == wanted]
        if not wanted:
            _show_none(active, turns, as_json)
            return
        version = versions.get(wanted)
        ids = versions.edit_ids(wanted)
        barred = frozenset(versions.with_erased_edits())
        folder = workspace.paths.versions / version.folder
    if as_json:
        emit(
            _facts(version, active, barred)
            | {
                "folder": folder,
                "sha256": version.sha256,
                "base_fingerprint": version.base_fingerprint,
                "edit_ids": ids,
                "manifest": version.manifest,
                "activations": turns,
            }
        )
        return
    from sealmate.versions.shards import names_of

    states = ["active" if wanted == active else "", version_mark(version, barred)]
    state = ", ".join(filter(None, states)) or "kept"
    say(f"version {version.number}, {state}, built {when(version.created_at)}")
    say(f"  base    {version.base_id}")
    say(f"  parent  {version.parent or 'none'}")
    say(f"  edits   {version.edits}")
    say(f"  shards  {len(names_of(version))}")
    if version.purged_at is None:
        say(f"  folder  {folder}")
    say(f"  sha256  {version.sha256}")
    for key, value in version.scores.items():
        if value is not None:  # not asked that night
            say(f"  {key}: {_figure(value, 3)}")
    _say_turns(turns)


def _show_none(active: int, turns: Sequence[Activation], as_json: bool) -> None:
    """Version 0, which is the base without any memory."""
    if as_json:
        emit({"number": 0, "active": not active, "edits": 0, "activations": turns})
        return
    say(f"version 0, {'kept' if active else 'active'}: the base alone, without any memory")
    _say_turns(turns)


def _say_turns(turns: Sequence[Activation]) -> None:
    for turn in turns:
        say(f"  {when(turn.at)}  activated after {turn.previous or 'none'}: {turn.reason}")


def _facts(version: Version, active: int, barred: Collection[int]) -> dict[str, Any]:
    """A version as the listing's JSON has it."""
    from sealmate.versions.shards import names_of  # not for every command's start

    return {
        "number": version.number,
        "active": version.number == active,
        "parent": version.parent,
        "created_at": plain(version.created_at),
        "edits": version.edits,
        "kind": version.manifest.get("kind"),
        "shards": len(names_of(version)),
        "scores": plain(version.scores),
        "base": version.base_id,
        "purged_at": plain(version.purged_at),
        "barred": version.number in barred,
    }


def _figure(value: object, digits: int = 2) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
