"""`sealmate forget SOURCE|"what"`: out of search, out of the weights, out of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, confirmed, open_workspace, words
from sealmate.cli.output import emit, plain, say, tell
from sealmate.errors import NotFoundError, SealmateError, UsageError

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
        typer.Argument(metavar='SOURCE|"WHAT"', help="Ids, title, path, or words of its text."),
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

    Numbers are ids. Shows first what would go. With --json and without --yes that is all it
    does. What an earlier one had left undone is finished first.
    """
    from sealmate.night import forgetting

    text = words(" ".join(what), "name").strip()
    if not text:
        raise UsageError("nothing is named", "list what there is: sealmate sources list")
    with open_workspace(ctx) as workspace:
        workspace.on_store = None  # here what keeps a forgetting from its end is said
        store = workspace.store
        left = _finish_left(workspace)
        if all(word.strip().isdecimal() for word in what):
            ids = dict.fromkeys(word.strip() for word in what)
            chosen: Sequence[Source] = _by_id(store, ids, left)
        else:
            chosen = _chosen(store, forgetting.find(store, text), text, every)
        if left is not None and not chosen:
            facts = _counts(left.reach) | {"forgotten": True} | _done(left)
            emit(facts) if as_json else _tell(facts, 0)
            return
        keys = [source.id for source in chosen]
        facts = _preview(store, chosen, forgetting.preview(store, keys))
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
        done = forgetting.forget(store, workspace.paths, keys, workspace.clock, tell)
        facts |= {"forgotten": True} | _done(done)
        if not as_json:
            _tell(facts, before)
        _after(workspace, done, before, facts, now, as_json)


def _finish_left(workspace: Workspace) -> Forgotten | None:
    """Finish what an earlier forgetting left, and say so; None where there was nothing, `waiting`
    where a night is running. Raises what keeps it from its end."""
    from sealmate.night import forgetting
    from sealmate.store.state import FORGETTING

    if not workspace.store.state.get(FORGETTING):
        return None
    done = forgetting.finish_soon(workspace.store, workspace.paths, workspace.clock, tell)
    if done.waiting:
        return done
    if not done.reach.sources:
        return None
    tell(f"finished what an earlier forget had left: {_sources(done.reach.sources)}")
    return done


def _by_id(store: Store, ids: Iterable[str], left: Forgotten | None) -> list[Source]:
    """The sources with these ids, without those that are gone since a moment ago."""
    from sealmate.night import forgetting

    gone = {str(key) for key in left.reach.sources} if left and not left.waiting else set()
    keeper = left.keeper if left else None
    when = f"{keeper.until}: {keeper.who}" if keeper else "with the next night"
    waiting = {str(source.id) for source in store.sources.list("forgotten")}
    chosen: list[Source] = []
    for text in ids:
        found = forgetting.find(store, text)
        if not found and text in waiting:
            raise NotFoundError(
                f"source {text} is forgotten already", f"what is left of it goes {when}"
            )
        if not found and text not in gone:
            raise NotFoundError(
                f"there is no source {text}", "list them: sealmate sources list; a number is an id"
            )
        chosen += found
    return chosen


def _after(
    workspace: Workspace, done: Forgotten, before: int, facts: dict[str, Any], now: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """The rebuild, where it is wanted and anything is to be built; then the one JSON document.

    `before` is the version that answered: what only others knew is missing nowhere.
    """
    if now and done.keeper:
        who = done.keeper.who
        tell(f"--now was not done, as {who}; when it has ended: sealmate consolidate")
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
        try:
            result, failure = watch(run_night(workspace, rebuild=rebuild, cancel=cancel))
        except (SealmateError, KeyboardInterrupt):
            if as_json:  # it is forgotten all the same
                emit(facts | {"night": None})
            raise
        stopped = cancel.is_set() and result.get("outcome") == "stopped"
        if as_json:
            emit(facts | {"night": result})
            if failure is None and not stopped:
                return
        # Prints a line, or leaves with what went wrong; the JSON is out already.
        finish(result, failure, asked=cancel.is_set(), as_json=False)


def _outlook(done: Forgotten) -> None:
    """What is still to come, in words."""
    if done.keeper:
        say(f"{done.keeper.who}: the rest goes {done.keeper.until}")
        if done.active in done.reach.versions:
            say(f"  until then version {done.active} may still answer it from its weights")
    elif done.reduced:
        say(
            "what was learnt together with it is learnt again in the next night; "
            "at once: sealmate consolidate"
        )
    elif done.rebuild:
        say("the next night builds the memory without it; at once: sealmate consolidate")


def _chosen(store: Store, found: Sequence[Source], text: str, every: bool) -> Sequence[Source]:
    if len(found) == 1 or (found and every):
        return found
    if not found:
        raise NotFoundError(
            f"nothing it was given matches {text!r}", "list it: sealmate sources list"
        )
    shown = ", ".join(f"{source.id} ({_called(store, source)})" for source in found[:_MOST_SHOWN])
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    raise NotFoundError(
        f"{text!r} may mean {len(found)} sources: {shown}{more}",
        "use the id, or add --all to forget them all",
    )


def _called(store: Store, source: Source) -> str:
    if source.state == "current":
        return source.title
    return f"{source.title}, what {store.sources.latest(source.id).id} said before"


def _preview(store: Store, chosen: Sequence[Source], reach: Reach) -> dict[str, Any]:
    from sealmate.night import forgetting

    named = [
        {"id": source.id, "title": source.title, "kind": source.kind, "uri": source.uri,
         "created_at": plain(source.created_at), "state": source.state,
         "latest": store.sources.latest(source.id).id}
        for source in chosen
    ]  # fmt: skip
    titles = [store.sources.get(key) for key in reach.sources]
    along = forgetting.company(store, [source.id for source in chosen], reach)
    return _counts(reach) | {
        "source": named[0] if len(named) == 1 else None,
        "named": named,
        "sources": [{"id": s.id, "title": s.title, "state": s.state} for s in titles],
        "earlier": list(along.earlier),
        "copies": list(along.copies),
    }


def _counts(reach: Reach) -> dict[str, Any]:
    """What goes; the sources by their ids alone, as they may be gone already."""
    return {
        "source": None,
        "named": [],
        "sources": [{"id": key} for key in reach.sources],
        "earlier": [],
        "copies": [],
        "passages": len(reach.passages),
        "edits": len(reach.edits),
        "probes": len(reach.probes),
        "conflicts": len(reach.conflicts),
        "messages": len(reach.messages),
        "versions": list(reach.versions),
    }


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
        "kept_by": done.keeper.who if done.keeper else None,
        "logs": list(done.logs),
    }  # fmt: skip


def _show(facts: dict[str, Any]) -> None:
    titles = {source["id"]: source["title"] for source in facts["sources"]}
    for source in facts["named"]:
        say(f"source {source['id']}, {source['title']}")
        if source["state"] != "current" and source["latest"] not in titles:
            say(f"  an earlier version of source {source['latest']}, which stays")
    if facts["earlier"]:
        say(f"  earlier versions of {_it(facts)}: {len(facts['earlier'])}")
    for key in facts["copies"][:_MOST_SHOWN]:
        say(f"  with the same text, and goes too: source {key}, {titles[key]}")
    if len(facts["copies"]) > _MOST_SHOWN:
        say(f"  and {len(facts['copies']) - _MOST_SHOWN} more with the same text")
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


def _sources(ids: Sequence[int]) -> str:
    return f"source{'' if len(ids) == 1 else 's'} {', '.join(map(str, ids))}"


def _tell(facts: dict[str, Any], before: int) -> None:
    if facts["named"]:
        say(f"forgot {_sources([source['id'] for source in facts['named']])}")
    if facts["purged"]:
        say(f"  deleted versions: {', '.join(map(str, facts['purged']))}")
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
