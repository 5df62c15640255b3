"""`sealmate sources list|show`: what it was given."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sealmate.cli.common import JsonOption, hand_on, one_source, open_workspace
from sealmate.cli.output import emit, plain, say, table, when


def register(app: typer.Typer) -> None:
    """Add the group `sources`."""
    group = typer.Typer(help="What it was given: notes, files, pages.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_sources)
    group.command()(show)
    app.add_typer(group, name="sources")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        list_sources(ctx, as_json=as_json)


def list_sources(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that a newer text replaced.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the sources in the order they came."""
    with open_workspace(ctx) as workspace:
        store = workspace.store
        found = store.sources.list(None if everything else "current")
        found = [source for source in found if source.state != "forgotten"]
        passages = {source.id: len(store.passages.of_source(source.id)) for source in found}
    if as_json:
        emit([_facts(source) | {"passages": passages[source.id]} for source in found])
        return
    table(
        ["id>", "dated", "kind", "passages>", "state", "title"],
        [(s.id, when(s.created_at), s.kind, passages[s.id], s.state, s.title) for s in found],
        empty='nothing yet: sealmate note "..." or sealmate ingest PATH',
    )


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
    if as_json:
        shown = [plain(passage) | {"edits": counts[passage.id]} for passage in passages]
        emit(_facts(found) | {"text": found.text, "passages": shown})
        return
    say(f"{found.title}")
    say(f"source {found.id}, {found.kind}, {found.state}, dated {when(found.created_at)}")
    if found.uri:
        say(found.uri)
    if found.replaced_by:
        say(f"replaced by source {found.replaced_by}")
    for passage in passages:
        where = f", {passage.heading}" if passage.heading else ""
        say(f"\n[{passage.id}] {passage.tokens} tokens, {counts[passage.id]} self-edits{where}")
        say(passage.text)


def _facts(source: Any) -> dict[str, Any]:
    """A source as JSON without its text."""
    facts: dict[str, Any] = plain(source)
    del facts["text"]
    return facts
