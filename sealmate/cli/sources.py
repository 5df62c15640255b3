"""`sealmate sources list|show|export`: what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.common import JsonOption, hand_on, one_source, open_workspace, words
from sealmate.cli.output import emit, plain, say, table, tell, when
from sealmate.errors import UsageError
from sealmate.records import Source
from sealmate.standing import Standing, explained, standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealmate.store.sources import Entry

All = Annotated[bool, typer.Option("--all", help="Also those that a newer text replaced.")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="The newest only, at most so many.")
]


def register(app: typer.Typer) -> None:
    """Add the group `sources`."""
    group = typer.Typer(help="What it was given: notes, files, pages.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_sources)
    group.command()(show)
    group.command()(export)
    app.add_typer(group, name="sources")


def _default(
    ctx: typer.Context, everything: All = False, limit: Limit = None, as_json: JsonOption = False
) -> None:
    if not hand_on(ctx, as_json):
        list_sources(ctx, everything, limit, as_json)
    elif everything or limit is not None:
        raise UsageError(
            "--all and --limit go after the sub-command",
            f"sealmate sources {ctx.invoked_subcommand} --help",
        )


def list_sources(
    ctx: typer.Context, everything: All = False, limit: Limit = None, as_json: JsonOption = False
) -> None:
    """List the sources in the order they came."""
    with open_workspace(ctx) as workspace:
        store = workspace.store
        found = store.sources.entries(None if everything else "current")
        found = [source for source in found if source.state != "forgotten"]
        total = len(found)
        found = found if limit is None else found[-limit:]
        passages = store.passages.ids_by_source()
        counts = {source.id: len(passages.get(source.id, ())) for source in found}
        stands = standings(store)
    memory = {source.id: _standing(source, stands) for source in found}
    if as_json:
        emit(
            [
                plain(source) | {"passages": counts[source.id], "memory": plain(memory[source.id])}
                for source in found
            ]
        )
        return
    table(
        ["id>", "dated", "kind", "passages>", "state", "memory", "title"],
        [
            (s.id, when(s.created_at), s.kind, counts[s.id], s.state, told, s.title)
            for s in found
            for told in [_words(s, memory[s.id])]
        ],
        empty='nothing yet: sealmate note "..." or sealmate ingest PATH',
    )
    if len(found) < total:
        tell(f"the newest {len(found)} of {total}")


def _standing(source: Source | Entry, stands: Mapping[int, Standing]) -> Standing:
    """Where a source stands; of one that another took the place of nothing more is to be done."""
    found = stands.get(source.id, Standing())
    return found if source.state == "current" else Standing(known=found.known)


def _words(source: Source | Entry, standing: Standing) -> str:
    """The same in words, "" where it is of no matter any more."""
    return standing.words if source.state == "current" or standing.known else ""


def show(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="Id, or part of a title or path.")],
    as_json: JsonOption = False,
) -> None:
    """Show a source with its passages and how many self-edits came of each."""
    with open_workspace(ctx) as workspace:
        store = workspace.store
        found = one_source(store, source)
        passages = store.passages.of_source(found.id)
        counts: dict[int, int] = dict.fromkeys((p.id for p in passages), 0)
        for edit in store.edits.list(source_id=found.id):
            counts[edit.passage_id] += 1
        standing = _standing(found, standings(store))
        why = explained(store, found.id, standing) if found.state == "current" else ""
    if as_json:
        shown = [plain(passage) | {"edits": counts[passage.id]} for passage in passages]
        emit(plain(found) | {"passages": shown, "memory": plain(standing)})
        return
    say(f"{found.title}")
    say(f"source {found.id}, {found.kind}, {found.state}, dated {when(found.created_at)}")
    if found.uri:
        say(found.uri)
    if found.replaced_by:
        say(f"replaced by source {found.replaced_by}")
    if why:
        say(why)
    for passage in passages:
        where = f", {passage.heading}" if passage.heading else ""
        say(f"\n[{passage.id}] {passage.tokens} tokens, {counts[passage.id]} self-edits{where}")
        say(passage.text)


def export(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    everything: All = False,
    as_json: JsonOption = False,
) -> None:
    """Write the text of each source to a plain file, to read or keep without sealmate.

    Nothing is overwritten. Only you may read the files; what is forgotten later stays in them.
    """
    from sealmate.sources.takeout import take_out

    with open_workspace(ctx) as workspace:
        found = workspace.store.sources.list(None if everything else "current")
        written = take_out([s for s in found if s.state != "forgotten"], words(folder, "path"))
    if as_json:
        emit(
            {
                "folder": written.folder,
                "files": [{"id": s.id, "title": s.title, "file": f} for s, f in written.files],
            }
        )
        return
    count = len(written.files)
    say(f"{count} source{'s' * (count != 1)} written to {written.folder}")
