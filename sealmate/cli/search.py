"""`sealmate search WORDS`: passages by their words, without any model."""

from __future__ import annotations

from typing import Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import emit, say
from sealmate.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command `search`."""
    app.command()(search)


def search(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(help="Words to look for.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most passages.")] = 10,
    everything: Annotated[
        bool, typer.Option("--all", help="Also in sources that a newer text replaced.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find passages by their words, best first."""
    wanted = words(" ".join(query), "query").strip()
    if not wanted:
        raise UsageError("there is nothing to look for", 'name words: sealmate search "..."')
    with open_workspace(ctx) as workspace:
        hits = workspace.store.passages.search(wanted, limit, only_current=not everything)
    if as_json:
        emit(
            [
                {
                    "id": hit.passage.source_id,
                    "title": hit.source_title,
                    "passage": hit.passage.id,
                    "heading": hit.passage.heading,
                    "score": hit.score,
                    "text": hit.passage.text,
                }
                for hit in hits
            ]
        )
        return
    if not hits:
        say("nothing found")
    for hit in hits:
        where = f" > {hit.passage.heading}" if hit.passage.heading else ""
        say(f"[{hit.passage.source_id}] {hit.source_title}{where}")
        say("    " + " ".join(hit.passage.text.split()))
