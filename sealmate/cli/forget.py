"""`sealmate forget SOURCE|"what"`: out of search, out of the weights, out of the files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import emit, plain, say
from sealmate.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sealmate.night.forgetting import Forgotten
    from sealmate.records import Reach, Source
    from sealmate.store import Store
    from sealmate.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command `forget`."""
    app.command()(forget)


def forget(
    ctx: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(metavar='SOURCE|"WHAT"', help="Id, title, path, or words of its text."),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Build the memory anew without it at once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a source for good: its text, its self-edits, and every version that learnt it.

    Shows first what would go. With --json and without --yes that is all it does.
    """
    from sealmate.night import forgetting

    text = words(" ".join(what), "name").strip()
    if not text:
        raise UsageError("nothing is named", "list what there is: sealmate sources list")
    with open_workspace(ctx) as workspace:
        store = workspace.store
        source = _one(forgetting.find(store, text), text)
        reach = forgetting.preview(store, [source.id])
        facts = _preview(store, source, reach)
        if as_json and not yes:
            emit(facts | {"forgotten": False})
            return
        if not as_json:
            _show(facts)
        if not yes and not _confirmed():
            say("nothing was forgotten")
            return
        done = forgetting.forget(store, workspace.paths, [source.id], workspace.clock)
        facts |= {"forgotten": True} | _done(done)
        if not as_json:
            _tell(facts)
        _after(workspace, done, facts, now, as_json)


def _after(
    workspace: Workspace, done: Forgotten, facts: dict[str, Any], now: bool, as_json: bool
) -> None:
    """The rebuild, where it is wanted; then the one JSON document."""
    if not now or done.waiting:
        if as_json:
            emit(facts)
        elif done.waiting:
            say("a night is running: the rest goes when it ends")
        elif done.reduced:
            say(
                "what was learnt together with it is learnt again in the next night; "
                "at once: sealmate consolidate"
            )
        elif done.rebuild:
            say("the next night builds the memory without it; at once: sealmate consolidate")
        return
    from sealmate.cli.watching import finish, stopping, watch
    from sealmate.night.job import run_night

    with stopping() as cancel:
        result, failure = watch(run_night(workspace, rebuild=not done.reduced, cancel=cancel))
        if as_json:
            emit(facts | {"night": result})
            if failure is None:
                return
        # Prints a line, or raises what went wrong; the JSON is out already.
        finish(result, failure, asked=cancel.is_set(), as_json=False)


def _one(found: Sequence[Source], text: str) -> Source:
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFoundError(
            f"nothing it was given matches {text!r}", "list it: sealmate sources list"
        )
    shown = ", ".join(f"{source.id} ({source.title})" for source in found)
    raise NotFoundError(f"{text!r} may mean {len(found)} sources: {shown}", "use the id")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes", "add --yes to forget it without asking")
    return typer.confirm("Forget it for good?", err=True)


def _preview(store: Store, source: Source, reach: Reach) -> dict[str, Any]:
    titles = [store.sources.get(key) for key in reach.sources]
    return {
        "source": {"id": source.id, "title": source.title, "kind": source.kind, "uri": source.uri,
                   "created_at": plain(source.created_at)},
        "sources": [{"id": s.id, "title": s.title, "state": s.state} for s in titles],
        "passages": len(reach.passages),
        "edits": len(reach.edits),
        "probes": len(reach.probes),
        "conflicts": len(reach.conflicts),
        "messages": len(reach.messages),
        "versions": list(reach.versions),
    }  # fmt: skip


def _done(done: Forgotten) -> dict[str, Any]:
    return {
        "purged": list(done.purged),
        "active": done.active,
        "backups": list(done.backups),
        "canaries": done.canaries,
        "conflicts_ended": list(done.restored),
        "scrubbed": done.scrubbed,
        "rebuild_needed": done.rebuild or bool(done.reduced),
        "reduced": done.reduced,
        "waiting": done.waiting,
    }


def _show(facts: dict[str, Any]) -> None:
    source = facts["source"]
    say(f"source {source['id']}, {source['title']}")
    if len(facts["sources"]) > 1:
        say(f"  earlier versions of it: {len(facts['sources']) - 1}")
    for name in ("passages", "edits", "probes", "messages"):
        say(f"  {'self-edits' if name == 'edits' else name}: {facts[name]}")
    numbers = ", ".join(map(str, facts["versions"])) or "none"
    say(f"  versions that learnt it: {numbers}")
    if source["uri"]:
        say(f"  the file {source['uri']} itself stays")


def _tell(facts: dict[str, Any]) -> None:
    say(f"forgot source {facts['source']['id']}")
    if facts["purged"]:
        say(f"  purged versions: {', '.join(map(str, facts['purged']))}")
        say(
            f"  version {facts['active']} answers now" if facts["active"]
            else "  no version is active: answers come from the notes alone"
        )  # fmt: skip
    if facts["backups"]:
        say(f"  deleted database backups: {len(facts['backups'])}")
    if not facts["scrubbed"]:
        say("  the database is in use elsewhere; the next start cleans what is left of it")
