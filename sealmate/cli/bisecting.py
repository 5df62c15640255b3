"""`sealmate versions bisect "question"`: which night broke it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import drawing, emit, say, tell
from sealmate.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sealmate.versions.bisect import Break, Known
    from sealmate.workspace import Workspace


def register_into(versions_app: typer.Typer) -> None:
    """Add the command to the group `versions`."""
    versions_app.command()(bisect)


def bisect(
    ctx: typer.Context,
    question: Annotated[list[str], typer.Argument(help="The question.")],
    answer: Annotated[
        str | None, typer.Option(help="The right answer. Default: as the notes have it.")
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Where it is broken. Default: active.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the night that broke an answer: the last version that knew it, and the next.

    What past nights tested is looked up; where nothing is stored, that version is asked.
    """
    from sealmate.versions import bisect as search

    text = words(" ".join(question), "question").strip()
    if not text:
        raise UsageError("there is no question", 'ask something: sealmate versions bisect "..."')
    with open_workspace(ctx) as workspace:
        store = workspace.store
        newest = version or store.versions.active()
        if not newest and not store.versions.list():
            raise NotFoundError(
                "there are no versions yet, so none can have broken it",
                "a night makes one: sealmate consolidate",
            )
        if not newest:
            raise NotFoundError(
                "no version is active, so none can have broken it",
                "name one: sealmate versions bisect --version N",
            )
        chain = search.ancestry(store, newest)
        known = search.look_up(store, text)
        if answer is not None:
            # Results were judged by another answer.
            known = search.Known((words(answer, "answer"),), {}, ())
        if not known.answers:
            raise NotFoundError(
                "nothing in the notes asks this, so the right answer is not known",
                'give it: --answer "..."',
            )
        dark = {v.number for v in store.versions.list() if v.purged_at is not None}
        dark |= set(store.versions.with_erased_edits())
        chain = [number for number in chain if number in known.results or number not in dark]
        asked: list[dict[str, Any]] = []
        found = search.bisect(chain, _knower(workspace, text, known, asked))
        facts = _facts(workspace, text, known, asked, chain, found)
    if as_json:
        emit(facts)
    else:
        _show(facts)


def _knower(
    workspace: Workspace, question: str, known: Known, asked: list[dict[str, Any]]
) -> Callable[[int], bool]:
    """Whether a version knows it, from what is stored or by asking it; notes both in `asked`."""
    ready: list[Any] = []

    def knows(number: int) -> bool:
        if number in known.results:
            right, said, how = known.results[number], None, "stored"
        else:
            from sealmate.chat.assistant import Assistant
            from sealmate.edits.screen import correct

            if not ready:
                with drawing() as draw:
                    workspace.model(draw)
                ready.append(
                    Assistant(workspace.store, workspace.model, workspace.settings,
                              workspace.paths, workspace.clock)
                )  # fmt: skip
            tell(f"asking version {number} ...")
            answer = ready[0].ask(question, closed_book=True, version=number)
            said, how = answer.text, "asked"
            right = any(correct(answer.text, right) for right in known.answers)
        asked.append({"version": number, "knows": right, "how": how, "answer": said})
        return right

    return knows


def _facts(
    workspace: Workspace,
    question: str,
    known: Known,
    asked: list[dict[str, Any]],
    chain: list[int],
    found: Break | None,
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "question": question,
        "expected": list(known.answers),
        "outcome": _outcome(asked, chain, found),
        "good": None,
        "bad": None,
        "run": None,
        "added": [],
        "removed": [],
        "asked": sorted(asked, key=lambda item: item["version"]),
    }
    if found is None:
        return facts
    from sealmate.cli.edits import brief
    from sealmate.versions.diff import diff

    change = diff(workspace.store, found.good, found.bad)
    bad = workspace.store.versions.get(found.bad)
    return facts | {
        "good": found.good,
        "bad": found.bad,
        "run": bad.manifest.get("run"),
        "kind": bad.manifest.get("kind"),
        "created_at": bad.created_at,
        "added": [{"id": edit.id, "text": brief(edit)} for edit in change.added],
        "removed": [{"id": edit.id, "text": brief(edit)} for edit in change.removed],
    }


def _outcome(asked: list[dict[str, Any]], chain: list[int], found: Break | None) -> str:
    if found is not None:
        return "broken"
    newest = next((item for item in asked if chain and item["version"] == chain[-1]), None)
    if newest is None:
        return "nothing to ask"
    return "known" if newest and newest["knows"] else "never known"


def _show(facts: dict[str, Any]) -> None:
    for item in facts["asked"]:
        said = f": {item['answer']}" if item["answer"] is not None else ""
        say(f"version {item['version']:>4}  {'knows' if item['knows'] else 'does not know'} "
            f"({item['how']}){said}")  # fmt: skip
    match facts["outcome"]:
        case "known":
            say("nothing is broken: it is known")
        case "never known":
            say("no version that can be asked ever knew it")
        case "nothing to ask":
            say("every version was purged, and no night has tested this")
        case _:
            night = f", built in night {facts['run']}" if facts["run"] else ""
            say(f"version {facts['good']} knew it, version {facts['bad']}{night}, does not")
            for name in ("added", "removed"):
                say(f"self-edits {name}: {len(facts[name])}")
                for edit in facts[name][:10]:
                    say(f"{edit['id']:>7}  " + " ".join(edit["text"].split()))
            say(f"more: sealmate versions diff {facts['good']} {facts['bad']}")
