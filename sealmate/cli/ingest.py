"""`sealmate ingest PATH...`: files and folders into the ledger."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import drawing, emit, say, tell
from sealmate.errors import SourceError, UsageError

if TYPE_CHECKING:
    from sealmate.sources import Ingested
    from sealmate.workspace import Workspace

_SUFFIXES_SHOWN = 10
# The beginnings of what a file is read as something else for than its text.
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*)*(?:<!doctype\b|<html\b|<head\b|<\?xml\b|\{\\rtf|%pdf-)",
    re.IGNORECASE | re.DOTALL,
)


def register(app: typer.Typer) -> None:
    """Add the command `ingest`."""
    app.command()(ingest)


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(help="Files and folders; - reads one text from stdin.")
    ],
    title: Annotated[str | None, typer.Option(help="Title of the text from stdin.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in files, folders (with all below them) or standard input.

    Text, Markdown, HTML, PDF, DOCX and EPUB; plain text alone from standard input. The exit code
    is 5 if anything could not be read.
    """
    if not all(paths):  # as a path that would be the current folder, with all below it
        raise UsageError("a path is empty", "is a variable not set? this folder is called .")
    given = [Path(words(path, "path")) for path in paths if path != "-"]
    if len(given) < len(paths) - 1:
        raise UsageError("- can be given once only")
    if title is not None and "-" not in paths:
        raise UsageError(
            "--title is for a text from standard input: a file has its own, or its name",
            "name the file alone, or: sealmate ingest --title TITLE - < FILE",
        )
    title = None if title is None else words(title, "title")
    with open_workspace(ctx) as workspace:
        result = take_in(workspace, given)
        if "-" in paths:
            result += take_text(workspace, read_stdin(), title)
    report(result, as_json)
    if result.failed:
        raise typer.Exit(SourceError.exit_code)


def take_in(workspace: Workspace, paths: list[Path]) -> Ingested:
    """Ingest `paths`, drawing progress on stderr."""
    from sealmate.sources import Ingested, ingest

    result = Ingested()
    if not paths:
        return result
    with drawing() as draw:
        for item in ingest(
            workspace.store,
            paths,
            count=workspace.count_tokens(),
            limit=workspace.settings.passage_tokens,
            clock=workspace.clock,
        ):
            if isinstance(item, Ingested):
                result = item
            else:
                draw(item)
    return result


def take_text(workspace: Workspace, text: str, title: str | None) -> Ingested:
    """Ingest one text that is no file."""
    from sealmate.sources import add_note

    return add_note(
        workspace.store,
        text,
        title,
        count=workspace.count_tokens(),
        limit=workspace.settings.passage_tokens,
        clock=workspace.clock,
    )


def read_stdin() -> str:
    """The text on standard input. Raises SourceError if it is none, or what only a file is
    converted from: without a name nothing says how to read it."""
    from sealmate.sources.text import decode

    instead = "save it to a file and ingest that"
    try:
        text = decode(sys.stdin.buffer.read())
    except SourceError as error:
        raise SourceError(f"standard input {error.message}", instead) from error
    if _MARKUP.match(text):
        raise SourceError("standard input must be plain text or Markdown", instead)
    return text


def report(result: Ingested, as_json: bool) -> None:
    """Say what came of it: counts, and each failure by name and reason."""
    if as_json:
        emit(
            {
                "added": len(result.added),
                "unchanged": len(result.unchanged),
                "replaced": len(result.replaced),
                "failed": [{"path": f.path, "reason": f.message} for f in result.failed],
                "skipped": Counter(result.skipped),
                "passages": result.passages,
                "sources": [
                    *({"id": s.id, "title": s.title, "outcome": "added"} for s in result.added),
                    *(
                        {"id": s.id, "title": s.title, "outcome": "unchanged"}
                        for s in result.unchanged
                    ),
                    *(
                        {"id": new.id, "title": new.title, "outcome": "replaced", "old": old.id}
                        for old, new in result.replaced
                    ),
                ],
            }
        )
        return
    for old, new in result.replaced:
        say(f"{new.title}: changed, source {new.id} replaces {old.id}")
    parts = [f"{len(result.added)} added"]
    parts += [f"{len(result.replaced)} replaced"] if result.replaced else []
    parts += [f"{len(result.unchanged)} unchanged"] if result.unchanged else []
    parts += [f"{len(result.failed)} failed"] if result.failed else []
    say(", ".join(parts) + f" ({result.passages} new passage{'s' * (result.passages != 1)})")
    if result.skipped:
        say(f"{len(result.skipped)} passed over ({_kinds(result.skipped)}); "
            "name a file to take it anyway")  # fmt: skip
    for failure in result.failed:
        tell(f"failed: {failure.message}" + (f" ({failure.hint})" if failure.hint else ""))


def _kinds(suffixes: Sequence[str]) -> str:
    """What files are by their suffixes, the most frequent first where there are many."""
    counted = [suffix for suffix, _ in Counter(filter(None, suffixes)).most_common()]
    shown = " ".join(sorted(counted[:_SUFFIXES_SHOWN]))
    more = len(counted) - _SUFFIXES_SHOWN
    parts = [shown, f"{more} more kinds" if more > 0 else "", "no suffix" * ("" in suffixes)]
    return ", ".join(filter(None, parts))
