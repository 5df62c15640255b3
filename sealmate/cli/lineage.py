"""`sealmate versions diff|rollback|verify|export`: compare, go back, check, take away."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace
from sealmate.cli.output import emit, plain, say
from sealmate.errors import ModelError, VersionError
from sealmate.records import brief

if TYPE_CHECKING:
    from sealmate.versions.diff import Fact

_SHOWN = 20  # lines of each kind


def register_into(versions_app: typer.Typer) -> None:
    """Add these commands to the group `versions`."""
    versions_app.command()(diff)
    versions_app.command()(rollback)
    versions_app.command()(verify)
    versions_app.command()(export)


def diff(
    ctx: typer.Context,
    a: Annotated[int, typer.Argument(metavar="A", min=0, help="A version; 0 = no memory.")],
    b: Annotated[int, typer.Argument(metavar="B", min=0, help="Another.")],
    as_json: JsonOption = False,
) -> None:
    """Show what changed from version A to B: self-edits, and facts gained, lost, told otherwise."""
    from sealmate.versions.diff import diff as compare

    with open_workspace(ctx) as workspace:
        found = compare(workspace.store, a, b)
    if as_json:
        emit(plain(found) | {
            "added": [{"id": edit.id, "text": brief(edit)} for edit in found.added],
            "removed": [{"id": edit.id, "text": brief(edit)} for edit in found.removed],
        })  # fmt: skip
        return
    for title, edits, erased in (
        ("self-edits added", found.added, found.added_erased),
        ("self-edits removed", found.removed, found.removed_erased),
    ):
        gone = f" and {erased} that are forgotten" if erased else ""
        say(f"{title}: {len(edits)}{gone}")
        _lines([f"{edit.id:>5}  {brief(edit)}" for edit in edits])
    for title, facts in (
        ("facts gained", found.gained), ("facts lost", found.lost),
        ("told otherwise", found.changed),
    ):  # fmt: skip
        say(f"{title}: {len(facts)}")
        _lines([_told(fact) for fact in facts])
    say(f"unchanged: {found.same}; asked on one side only: {found.unasked}")


def _told(fact: Fact) -> str:
    before = "(not taught)" if fact.before is None else fact.before or "(nothing)"
    after = "(not taught)" if fact.after is None else fact.after or "(nothing)"
    return f"       {fact.question}  {before} -> {after}  (right: {fact.expected})"


def _lines(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        say(" ".join(line.splitlines()))
    if len(lines) > _SHOWN:
        say(f"       ... and {len(lines) - _SHOWN} more (--json has them all)")


def rollback(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", min=0, help="Default: the one before; 0 = no memory."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier version active again. Doing it twice undoes it."""
    from sealmate.versions.lineage import rollback as go_back

    with open_workspace(ctx) as workspace:
        before = workspace.store.versions.active()
        info = None
        with suppress(ModelError):  # away from a memory must work without its model, too
            info = workspace.identity()
        done = go_back(workspace.store, workspace.paths, number, info=info)
    if as_json:
        emit({"active": done.version, "previous": before, "at": done.at, "reason": done.reason})
    elif done.version == before:
        say(f"version {before} is active already" if before else "no version is active already")
    else:
        say(
            f"version {done.version} is active" if done.version
            else "no version is active: answers come without memory"
        )  # fmt: skip
        say(f"back to version {before}: sealmate versions rollback {before}")


def verify(
    ctx: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="N", min=1, help="Default: all versions.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the files of versions against the ledger and the base model.

    The exit code is 8 if a version cannot be used.
    """
    from sealmate.versions.check import survey
    from sealmate.versions.check import verify as check

    with open_workspace(ctx) as workspace:
        store, info = workspace.store, workspace.identity()
        gone = {v.number for v in store.versions.list() if v.purged_at is not None}
        if number is None:
            checked = [version.number for version in store.versions.list()]
            found = survey(store, workspace.paths, info)
        else:
            checked = [number]
            found = check(workspace.paths, store.versions.get(number), info)
    bad = {finding.version for finding in found if finding.fatal}
    if as_json:
        emit({"ok": not bad, "checked": checked, "findings": found})
    else:
        for finding in found:
            say(f"{'FAIL' if finding.fatal else 'WARN'}  {finding.message}")
            say(f"      -> {finding.hint}")
        living = set(checked) - gone
        purged = f", {len(checked) - len(living)} deleted" if gone.intersection(checked) else ""
        good = f"{len(living - bad)} of {len(living)} versions are sound{purged}"
        say(good if checked else "no versions yet")
    if bad:
        raise typer.Exit(VersionError.exit_code)


def export(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help="A version.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    as_json: JsonOption = False,
) -> None:
    """Write a version as a plain peft folder, which loads on the plain base model."""
    from sealmate.model import catalogue
    from sealmate.versions.export import export as write

    with open_workspace(ctx) as workspace:
        base = workspace.store.versions.get(number).base_id
        entry = catalogue.find(base)
        done = write(
            workspace.store,
            workspace.paths,
            number,
            folder,
            writer=workspace.writer_folder(),
            base_name=entry.hub if entry else base,
        )
    if as_json:
        emit({"version": number, "folder": done})
    else:
        say(f"version {number} is in {done}")
        say("it holds what you taught it: share it only with whom you would give your notes")
