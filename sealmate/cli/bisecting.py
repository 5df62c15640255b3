"""`sealmate versions bisect "question"`: which night broke it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import drawing, emit, say, tell
from sealmate.errors import NotFoundError, UsageError, VersionError

if TYPE_CHECKING:
    from sealmate.chat.assistant import Assistant
    from sealmate.model.protocol import ModelInfo
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

    What past nights tested is looked up; where nothing is stored, that version is asked. Those that
    are purged, damaged or made for another model cannot be.
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
        knower = _Knower(workspace, text, known, newest)
        found, dark = _search(chain, knower)
        facts = _facts(workspace, text, knower, chain, found, dark)
    if as_json:
        emit(facts)
    else:
        _show(facts)


class _UnaskedError(VersionError):
    """A version of which nobody can tell any more what it knew; the message says why."""


class _Knower:
    """Whether a version knows it, from what is stored or by asking it; notes both in `asked`."""

    def __init__(self, workspace: Workspace, question: str, known: Known, newest: int) -> None:
        self.known = known
        self.asked: list[dict[str, Any]] = []
        self._workspace = workspace
        self._question = question
        self._newest = newest
        self._told: dict[int, bool] = {}
        # The active one answers on until it is rebuilt.
        store = workspace.store
        self._erased = {*store.versions.with_erased_edits()} - {store.versions.active()}

    def __call__(self, number: int) -> bool:
        """Raises _UnaskedError for a version that nothing is stored of and that cannot answer,
        ModelError."""
        if number not in self._told:
            right, said, how = self.known.results.get(number), None, "stored"
            if right is None:
                from sealmate.edits.screen import correct

                self._refuse(number)
                said, how = self._ask(number), "asked"
                right = any(correct(said, answer) for answer in self.known.answers)
            self.asked.append({"version": number, "knows": right, "how": how, "answer": said})
            self._told[number] = right
        return self._told[number]

    def gone(self, number: int) -> str:
        """Why nothing is left of it that could be asked, nor stored; else ""."""
        if number in self.known.results:
            return ""
        if self._workspace.store.versions.get(number).purged_at is not None:
            return "it was deleted, and no night has tested this"
        return "it was trained on something that is forgotten now" if number in self._erased else ""

    def _refuse(self, number: int) -> None:
        """Without the model, which takes seconds to load."""
        from sealmate.versions.check import verify

        if why := self.gone(number):
            raise _UnaskedError(why)
        version = self._workspace.store.versions.get(number)
        for finding in verify(self._workspace.paths, version, self._identity):
            if finding.fatal:
                raise _UnaskedError(_of(number, finding.message), finding.hint)

    @cached_property
    def _identity(self) -> ModelInfo | None:
        return self._workspace.identity()

    @cached_property
    def _assistant(self) -> Assistant:
        from sealmate.chat.assistant import Assistant

        workspace = self._workspace
        with drawing() as draw:
            workspace.model(draw)
        return Assistant(
            workspace.store, workspace.model, workspace.settings, workspace.paths, workspace.clock
        )

    def _ask(self, number: int) -> str:
        from sealmate.recall import same_reader, way_of

        assistant, info = self._assistant, self._workspace.model().info
        manifest = self._workspace.store.versions.get(number).manifest
        same = same_reader(manifest, info)
        # What it is asked now is what a person sees; but it is no measure of an earlier night.
        if number != self._newest and way_of(manifest) == "recite" and not same:
            raise _UnaskedError("its answers were read by another reader")
        tell(f"asking version {number} ...")
        try:
            return assistant.ask(self._question, closed_book=True, version=number).text
        except VersionError as error:
            raise _UnaskedError(_of(number, error.message), error.hint) from error


def _of(number: int, message: str) -> str:
    """What is wrong with a version, without its number."""
    name = f"version {number}"
    return message.removeprefix(f"{name}: ").replace(f"{name} ", "it ", 1)


def _search(chain: list[int], knower: _Knower) -> tuple[Break | None, dict[int, str]]:
    """Where it broke, as far as versions can be asked, and why others cannot.

    Raises VersionError if the newest one cannot: no other tells what that one knows.
    """
    from sealmate.versions.bisect import bisect as search

    *older, newest = chain
    dark = {number: why for number in older if (why := knower.gone(number))}
    number = newest

    def knows(asked: int) -> bool:
        nonlocal number
        number = asked
        return knower(asked)

    while True:
        try:
            return search([one for one in chain if one not in dark], knows), dark
        except _UnaskedError as error:
            if number == newest:
                raise VersionError(
                    f"version {newest} cannot be asked: {error.message}",
                    error.hint or "name another: sealmate versions bisect --version N",
                ) from error
            dark[number] = error.message


def _facts(
    workspace: Workspace,
    question: str,
    knower: _Knower,
    chain: list[int],
    found: Break | None,
    dark: dict[int, str],
) -> dict[str, Any]:
    asked = sorted(knower.asked, key=lambda item: item["version"])
    facts: dict[str, Any] = {
        "question": question,
        "expected": list(knower.known.answers),
        "outcome": "broken" if found else "known" if knower(chain[-1]) else "never known",
        "good": None,
        "bad": None,
        "run": None,
        "nights": [],
        "unasked": [],
        "added": [],
        "removed": [],
        "asked": asked,
    }
    if found is None:
        return facts
    from sealmate.records import brief
    from sealmate.versions.diff import diff

    change = diff(workspace.store, found.good, found.bad)
    bad = workspace.store.versions.get(found.bad)
    # any of these may be the one that broke it
    suspects = chain[chain.index(found.good) + 1 : chain.index(found.bad) + 1]
    runs: set[Any] = {workspace.store.versions.get(one).manifest.get("run") for one in suspects}
    # forgetting makes versions, too
    nights = sorted(runs) if all(runs) else []
    return facts | {
        "good": found.good,
        "bad": found.bad,
        "run": nights[0] if len(nights) == 1 else None,
        "nights": nights,
        "unasked": [{"version": one, "why": dark[one]} for one in suspects[:-1]],
        "kind": bad.manifest.get("kind"),
        "created_at": bad.created_at,
        "added": [{"id": edit.id, "text": brief(edit)} for edit in change.added],
        "removed": [{"id": edit.id, "text": brief(edit)} for edit in change.removed],
    }


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
        case _:
            night = f", built in night {facts['run']}," if facts["run"] else ""
            say(f"version {facts['good']} knew it, version {facts['bad']}{night} does not")
            for item in facts["unasked"]:
                say(f"version {item['version']} cannot be asked: {item['why']}")
            if facts["unasked"] and not facts["run"]:
                say(f"{_suspects(facts)} cannot be told apart")
            for name in ("added", "removed"):
                say(f"self-edits {name}: {len(facts[name])}")
                for edit in facts[name][:10]:
                    say(f"{edit['id']:>7}  " + " ".join(edit["text"].split()))
            say(f"more: sealmate versions diff {facts['good']} {facts['bad']}")


def _suspects(facts: dict[str, Any]) -> str:
    """The nights that may have broken it; the versions where not all are of a night."""
    what, numbers = "nights", facts["nights"]
    if not numbers:
        what, numbers = "versions", [*(one["version"] for one in facts["unasked"]), facts["bad"]]
    return f"{what} {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
