"""`sealmate why "question"`: what the weights say, what the notes say, and what taught it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealmate.cli.ask import assistant, facts
from sealmate.cli.common import JsonOption, open_workspace, words
from sealmate.cli.output import emit, say
from sealmate.errors import UsageError
from sealmate.records import brief

if TYPE_CHECKING:
    from sealmate.chat.why import Explanation


def register(app: typer.Typer) -> None:
    """Add the command `why`."""
    app.command()(why)


def why(
    ctx: typer.Context,
    question: Annotated[list[str], typer.Argument(help="The question.")],
    version: Annotated[
        int | None, typer.Option("--version", min=0, help="Another version than the active one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Explain an answer: asked with and without the notes, with the self-edits behind it."""
    text = words(" ".join(question), "question").strip()
    if not text:
        raise UsageError("there is no question", 'ask something: sealmate why "..."')
    with open_workspace(ctx) as workspace:
        ready = assistant(workspace, version)
        from sealmate.chat.why import explain

        explained = explain(ready, workspace.store, text, version)
    if as_json:
        emit(_facts(explained))
    else:
        _show(explained)


def _facts(explained: Explanation) -> dict[str, Any]:
    from sealmate.chat.disputes import as_facts

    return {
        "question": explained.question,
        "version": explained.version,
        "closed_book": facts(explained.known) | {"recital": explained.known.recital},
        "with_notes": facts(explained.read),
        "agree": explained.agree,
        "conflicts": [as_facts(dispute) for dispute in explained.disputes],
        "passages": [
            {
                "id": hit.passage.source_id,
                "title": hit.source_title,
                "passage": hit.passage.id,
                "text": hit.passage.text,
            }
            for hit in explained.hits
        ],
        "edits": [
            {
                "id": edit.id,
                "passage": edit.passage_id,
                "format": edit.format,
                "question": edit.question,
                "answer": edit.answer,
                "text": edit.text,
                "writer": edit.writer,
                "created_at": edit.created_at,
            }
            for edit in explained.edits
        ],
        "known_since": explained.taught_in,
        "recalled_since": explained.recalled_in,
        "in_weights": explained.in_weights,
    }


def _show(explained: Explanation) -> None:
    from sealmate.chat.answer import how_sure
    from sealmate.chat.disputes import told_otherwise
    from sealmate.chat.why import since

    known, read = explained.known, explained.read
    say(
        f"from the weights  {known.text} (version {explained.version}, "
        f"{how_sure(known.confidence)})"
    )
    if known.recital:
        say("recited for it    " + "\n                  ".join(known.recital.splitlines()))
    say(f"with the notes    {read.text}")
    say("                  the two agree" if explained.agree else
        "                  the two do not agree")  # fmt: skip
    for dispute in explained.disputes:
        say(f"                  {told_otherwise(dispute)}")
    for hit in explained.hits:
        say(f"\nfrom {hit.source_title} (source {hit.passage.source_id}, passage {hit.passage.id})")
        say("    " + "\n    ".join(hit.passage.text.splitlines()))
    if explained.edits:
        say("\ntaught by")
    for edit in explained.edits:
        say(f"    {edit.id}  {brief(edit)}")
    say("\n" + since(explained))
