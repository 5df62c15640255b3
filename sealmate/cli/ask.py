"""`sealmate ask "..."`: an answer and its sources; `ask -` answers a question a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.common import open_workspace, words
from sealmate.cli.output import drawing, emit, say, tell
from sealmate.errors import UsageError

if TYPE_CHECKING:
    from sealmate.chat.assistant import Answer, Assistant
    from sealmate.chat.disputes import Dispute
    from sealmate.store import Store
    from sealmate.workspace import Workspace

BATCH = 32


def register(app: typer.Typer) -> None:
    """Add the command `ask`."""
    app.command()(ask)


def ask(
    ctx: typer.Context,
    question: Annotated[
        list[str], typer.Argument(help="The question; - reads one per line from stdin.")
    ],
    closed_book: Annotated[
        bool, typer.Option("--closed-book", help="From the weights alone, without any passage.")
    ] = False,
    version: Annotated[
        int | None, typer.Option("--version", min=0, help="Another version than the active one.")
    ] = None,
    no_memory: Annotated[
        bool, typer.Option("--no-memory", help="The model without any memory adapter.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document (with - one per line).")
    ] = False,
) -> None:
    """Ask: answered by the active version, from the passages that fit the question.

    With - each line of standard input is a question and gets one line of output, in order.
    """
    if no_memory and version:
        raise UsageError(f"--version {version} and --no-memory exclude each other")
    how: dict[str, Any] = {"closed_book": closed_book, "version": version, "memory": not no_memory}
    with open_workspace(ctx) as workspace:
        if question == ["-"]:
            if not _each_line(workspace, how, as_json):
                raise typer.Exit(UsageError.exit_code)
            return
        text = words(" ".join(question), "question").strip()
        if not text:
            raise UsageError("there is no question", 'ask something: sealmate ask "..."')
        answer = assistant(workspace, version if not no_memory else 0).ask(text, **how)
        from sealmate.chat.disputes import as_facts, disputes  # with the model: not for --help

        others = disputes(workspace.store, text, answer)
    if as_json:
        emit(facts(answer) | {"conflicts": [as_facts(dispute) for dispute in others]})
    else:
        show(answer, others)


def assistant(workspace: Workspace, version: int | None) -> Assistant:
    """The assistant of a workspace with its model loaded; drawing on stderr what that takes.

    Raises NotFoundError for an unknown `version` before anything is loaded.
    """
    from sealmate.chat.assistant import Assistant

    store = workspace.store
    if version:
        store.versions.get(version)
    if not store.versions.list() and not store.sources.count():
        tell('note: nothing was taught yet: sealmate note "..." or sealmate ingest PATH')
    with drawing() as draw:
        workspace.model(draw)
    return Assistant(store, workspace.model, workspace.settings, workspace.paths, workspace.clock)


def facts(answer: Answer) -> dict[str, Any]:
    """An answer as JSON."""
    return {
        "answer": answer.text,
        "version": answer.version,
        "closed_book": answer.closed_book,
        "sources": list(answer.sources),
        "confidence": round(answer.confidence, 4),
        "abstained": answer.abstained,
    }


def show(answer: Answer, others: Sequence[Dispute]) -> None:
    """Print an answer, where it came from, and what other notes say to it."""
    from sealmate.chat.answer import how_sure  # not for every command's start
    from sealmate.chat.disputes import told_otherwise

    say(answer.text)
    titles = {source["id"]: source["title"] for source in answer.sources}
    for key, title in titles.items():
        say(f"    from {title} (source {key})")
    if answer.closed_book and not answer.abstained:
        whose = f"version {answer.version}" if answer.version else "the model without memory"
        say(f"    from the weights of {whose}, {how_sure(answer.confidence)}")
    for dispute in others:
        say(f"    {told_otherwise(dispute)}")


def _each_line(workspace: Workspace, how: dict[str, Any], as_json: bool) -> bool:
    """Answer standard input line by line; False if any line could not be answered."""
    from sealmate.cli.lines import Lines

    lines = Lines(sys.stdin.buffer)
    batch = lines.take(1)
    if not batch:
        raise UsageError("standard input has no question", "write one per line")
    ready = assistant(workspace, how["version"] if how["memory"] else 0)
    fine, at = True, 1
    while batch:
        # What came while the model loaded or answered is there by now.
        batch += lines.take(BATCH - len(batch), wait=False)
        for number, (line, answer) in enumerate(_answers(ready, workspace.store, batch, how), at):
            fine &= isinstance(answer, dict) or not answer
            _put(number, line, answer, as_json)
        sys.stdout.flush()
        at += len(batch)
        batch = lines.take(1)
    return fine


def _answers(
    ready: Assistant, store: Store, batch: Sequence[bytes], how: dict[str, Any]
) -> list[tuple[str, dict[str, Any] | str]]:
    """Each line with its answer, or with what is wrong with it; "" for a blank line."""
    from sealmate.chat.disputes import as_facts, disputes

    def told(question: str, answer: Answer) -> dict[str, Any]:
        others = disputes(store, question, answer)
        return facts(answer) | {"conflicts": [as_facts(dispute) for dispute in others]}

    read = [_text(line) for line in batch]
    results: list[dict[str, Any] | str] = [problem for _, problem in read]
    asked = [n for n, (text, problem) in enumerate(read) if text and not problem]
    try:
        found = ready.ask_many([read[n][0] for n in asked], **how)
        for n, answer in zip(asked, found, strict=True):
            results[n] = told(read[n][0], answer)
    except UsageError:
        # One of them cannot be asked (too long): the others still get their answers.
        for n in asked:
            try:
                results[n] = told(read[n][0], ready.ask(read[n][0], **how))
            except UsageError as error:
                results[n] = error.message
    return [(text, result) for (text, _), result in zip(read, results, strict=True)]


def _text(line: bytes) -> tuple[str, str]:
    """A line as text, and what is wrong with it."""
    try:
        return line.decode("utf-8-sig").strip(), ""
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace").strip(), "the line is not UTF-8 text"


def _put(number: int, line: str, answer: dict[str, Any] | str, as_json: bool) -> None:
    """One line of output for one line of input, whatever came of it."""
    if isinstance(answer, dict):
        if as_json:
            emit({"question": line, **answer})
        else:
            say(" ".join(answer["answer"].split()))
        return
    if answer:
        tell(f"line {number}: {answer}")
    if as_json:
        emit({"question": line, "answer": "", "version": None, "closed_book": None, "sources": [],
              "error": answer or "the line is blank"})  # fmt: skip
    else:
        say()
