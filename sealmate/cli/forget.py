"""`sealmate forget SOURCE|"what"`: out of search, out of the weights, out of the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, confirmed, open_workspace, words
from sealmate.cli.output import emit, plain, say, tell
from sealmate.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sealmate.night.forgetting import Forgotten
    from sealmate.records import Reach, Source
    from sealmate.store import Store
    from sealmate.workspace import Workspace


_MOST_SHOWN = 9


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
    every: Annotated[
        bool, typer.Option("--all", help="Forget every source that matches, not just one.")
    ] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Build the memory anew without it at once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a source for good: its text, its self-edits, and every version that learnt it.

    A number is an id. Shows first what would go. With --json and without --yes that is all it
    does.
    """
    from sealmate.night import forgetting

    text = words(" ".join(what), "name").strip()
    if not text:
        raise UsageError("nothing is named", "list what there is: sealmate sources list")
    with open_workspace(ctx) as workspace:
        store = workspace.store
        chosen = _chosen(forgetting.find(store, text), text, every)
        ids = [source.id for source in chosen]
        facts = _preview(store, chosen, forgetting.preview(store, ids))
        if as_json and not yes:
            emit(facts | {"forgotten": False})
            return
        if not as_json:
            _show(facts)
        unasked = "add --yes to forget it without asking"
        if not yes and not confirmed("Forget it for good?", unasked):
            say("nothing was forgotten")
            return
        before = store.versions.active()
        done = forgetting.forget(store, workspace.paths, ids, workspace.clock)
        facts |= {"forgotten": True} | _done(done)
        if not as_json:
            _tell(facts, before)
        _after(workspace, done, before, facts, now, as_json)


def _after(
    workspace: Workspace, done: Forgotten, before: int, facts: dict[str, Any], now: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """The rebuild, where it is wanted and anything is to be built; then the one JSON document.

    `before` is the version that answered: what only others knew is missing nowhere.
    """
    if now and done.waiting:
        tell("--now was not done, as a night is running; when it has ended: sealmate consolidate")
    due = before in done.purged or done.restored or done.rebuild
    if not (now and due) or done.waiting:
        if as_json:
            emit(facts)
        elif now and not done.waiting:
            learnt = "only versions that are not in use were" if done.purged else "nothing was"
            say(f"{learnt} trained on it: there is nothing to build anew")
        else:
            _outlook(done)
        return
    from sealmate.cli.watching import finish, stopping, watch
    from sealmate.night.job import run_night

    # With shards left a night learns by itself what the others had known; so it does where
    # nothing was lost.
    rebuild = before in done.purged and not done.reduced
    with stopping() as cancel:
        result, failure = watch(run_night(workspace, rebuild=rebuild, cancel=cancel))
        if as_json:
            emit(facts | {"night": result})
            if failure is None:
                return
        # Prints a line, or raises what went wrong; the JSON is out already.
        finish(result, failure, asked=cancel.is_set(), as_json=False)


def _outlook(done: Forgotten) -> None:
    """What is still to come, in words."""
    if done.waiting:
        say("a night is running: the rest goes when it ends")
        if done.active in done.reach.versions:
            say(f"  until then version {done.active} may still answer it from its weights")
    elif done.reduced:
        say(
            "what was learnt together with it is learnt again in the next night; "
            "at once: sealmate consolidate"
        )
    elif done.rebuild:
        say("the next night builds the memory without it; at once: sealmate consolidate")


def _chosen(found: Sequence[Source], text: str, every: bool) -> Sequence[Source]:
    if len(found) == 1 or (found and every):
        return found
    if not found and text.isdecimal():
        raise NotFoundError(
            f"there is no source {text}", "list them: sealmate sources list; a number is an id"
        )
    if not found:
        raise NotFoundError(
            f"nothing it was given matches {text!r}", "list it: sealmate sources list"
        )
    shown = ", ".join(f"{source.id} ({source.title})" for source in found[:_MOST_SHOWN])
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    raise NotFoundError(
        f"{text!r} may mean {len(found)} sources: {shown}{more}",
        "use the id, or add --all to forget them all",
    )


def _preview(store: Store, chosen: Sequence[Source], reach: Reach) -> dict[str, Any]:
    titles = [store.sources.get(key) for key in reach.sources]
    named = [
        {"id": source.id, "title": source.title, "kind": source.kind, "uri": source.uri,
         "created_at": plain(source.created_at)}
        for source in chosen
    ]  # fmt: skip
    return {
        "source": named[0] if len(named) == 1 else None,
        "named": named,
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
        "holds_again": [{"edit": edit.id, "question": edit.question, "answer": edit.answer}
                        for edit in done.holding],
        "scrubbed": done.scrubbed,
        "rebuild_needed": done.rebuild or bool(done.reduced),
        "reduced": done.reduced,
        "waiting": done.waiting,
        "logs": list(done.logs),
    }  # fmt: skip


def _show(facts: dict[str, Any]) -> None:
    for source in facts["named"]:
        say(f"source {source['id']}, {source['title']}")
    earlier = len(facts["sources"]) - len(facts["named"])
    if earlier:
        say(f"  earlier versions of {_it(facts)}: {earlier}")
    for name in ("passages", "edits", "probes", "messages"):
        say(f"  {'self-edits' if name == 'edits' else name}: {facts[name]}")
    numbers = ", ".join(map(str, facts["versions"])) or "none"
    say(f"  versions that learnt {_it(facts)}: {numbers}")
    if facts["versions"]:
        say("  adapters exported from such versions stay where you put them, and know it")
    for source in facts["named"]:
        if source["uri"]:
            say(f"  the file {source['uri']} itself stays")


def _it(facts: dict[str, Any]) -> str:
    return "it" if len(facts["named"]) == 1 else "any of them"


def _tell(facts: dict[str, Any], before: int) -> None:
    ids = ", ".join(str(source["id"]) for source in facts["named"])
    say(f"forgot source{'' if len(facts['named']) == 1 else 's'} {ids}")
    if facts["purged"]:
        say(f"  purged versions: {', '.join(map(str, facts['purged']))}")
        now = "now" if facts["active"] != before else "as before"
        say(
            f"  version {facts['active']} answers {now}" if facts["active"]
            else "  no version is active: answers come from the notes alone"
        )  # fmt: skip
    for fact in facts["holds_again"]:
        say(f"  holds again: {fact['question']} {fact['answer']}")
    if facts["backups"]:
        say(f"  deleted database backups: {len(facts['backups'])}")
    for file in facts["logs"]:
        say(f"  {file} could not be cleaned of it: look through it yourself, or delete it")
    if not facts["scrubbed"]:
        say("  the database is in use elsewhere; the next start cleans what is left of it")
