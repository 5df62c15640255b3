"""`sealmate edits list|show|accept|reject|amend`: the texts it teaches itself with."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from sealmate.cli.common import JsonOption, hand_on, one_source, open_workspace, words
from sealmate.cli.output import emit, plain, say, table, when
from sealmate.errors import UsageError
from sealmate.records import Edit, EditFormat, EditState, Source, brief

_STATES = get_args(EditState)
_FORMATS = get_args(EditFormat)
Ids = Annotated[list[int] | None, typer.Argument(help="Ids of self-edits.", show_default=False)]
Every = Annotated[bool, typer.Option("--all", help="All that are proposed.")]
SourceOption = Annotated[str | None, typer.Option(help="Only those of this source (id or title).")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


def register(app: typer.Typer) -> None:
    """Add the group `edits`."""
    group = typer.Typer(help="Self-edits: what it wrote from the notes to train itself with.")
    group.callback(invoke_without_command=True)(_default)
    group.command("list")(list_edits)
    group.command()(show)
    group.command()(accept)
    group.command()(reject)
    group.command()(amend)
    app.add_typer(group, name="edits")


def _default(ctx: typer.Context, as_json: JsonOption = False) -> None:
    if not hand_on(ctx, as_json):
        list_edits(ctx, as_json=as_json)


def list_edits(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help=", ".join(_STATES))] = None,
    format: Annotated[str | None, typer.Option(help=", ".join(_FORMATS))] = None,
    source: SourceOption = None,
    passage: Annotated[int | None, typer.Option(help="Only those of this passage.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Most rows.")] = None,
    offset: Annotated[int, typer.Option(min=0, help="Rows to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List self-edits by id."""
    _one_of(state, _STATES, "--state")
    _one_of(format, _FORMATS, "--format")
    with open_workspace(ctx) as workspace:
        store = workspace.store
        found = store.edits.list(
            state=state,  # type: ignore[arg-type]
            format=format,  # type: ignore[arg-type]
            source_id=one_source(store, source).id if source else None,
            passage_id=passage,
            limit=limit,
            offset=offset,
        )
        total = len(found) or sum(store.edits.count_by_state().values())
    if as_json:
        emit(found)
        return
    table(
        ["id>", "passage>", "format", "state", "text"],
        [(edit.id, edit.passage_id, edit.format, edit.state, brief(edit)) for edit in found],
        empty=f"none of {total} match"
        if total
        else "no self-edits: `sealmate consolidate` writes them",
    )


def show(
    ctx: typer.Context,
    edit_id: Annotated[int, typer.Argument(metavar="ID")],
    as_json: JsonOption = False,
) -> None:
    """Show a self-edit, the passage it came from, and its history."""
    with open_workspace(ctx) as workspace:
        store = workspace.store
        edit, history = store.edits.get(edit_id), store.edits.history(edit_id)
        passage = store.passages.get(edit.passage_id)
        source = store.sources.get(passage.source_id)
    if as_json:
        facts: dict[str, Any] = plain(edit)
        emit(
            facts
            | {
                "held": {"from": source.created_at, "to": edit.valid_to},
                "source": {"id": source.id, "title": source.title},
                "passage": passage,
                "history": history,
            }
        )
        return
    say(f"self-edit {edit.id}, {edit.format}, {edit.state}" + _because(edit.reason))
    if edit.question:
        say(f"  question  {edit.question}")
        say(f"  answer    {edit.answer or '(not known)'}")
    if edit.text and edit.text != brief(edit):
        say(f"  text      {edit.text}")
    elif not edit.question:
        say(f"  {edit.text}")
    say(f"  from      source {source.id}, {source.title}, passage {passage.id}:")
    say(f"            {passage.text}")
    if held := _held(edit, source):
        say(f"  {held}")
    say(f"  writer    {edit.writer}")
    for event in history:
        say(f"  {when(event.at)}  {event.action} by {event.actor or '?'}" + _because(event.reason))
        if event.before or event.after:
            say(f"      before: {event.before}\n      after:  {event.after}")


def _held(edit: Edit, source: Source) -> str:
    """When it held. It does from the day of its note on: `valid_from` is the night it was written
    in."""
    since = when(source.created_at)[:10]
    if edit.valid_to is not None:
        return f"held      from {since} to {when(edit.valid_to)[:10]}"
    return f"holds     since {since}" if edit.state == "accepted" else ""


def accept(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Every = False,
    source: SourceOption = None,
    reason: Reason = "",
    as_json: JsonOption = False,
) -> None:
    """Let self-edits be trained."""
    _settle(ctx, "accepted", ids, everything, source, reason, as_json)


def reject(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Every = False,
    source: SourceOption = None,
    reason: Reason = "",
    as_json: JsonOption = False,
) -> None:
    """Keep self-edits out of training; the next night leaves them out of the weights."""
    _settle(ctx, "rejected", ids, everything, source, reason, as_json)


def _settle(
    ctx: typer.Context,
    state: EditState,
    ids: list[int] | None,
    everything: bool,
    source: str | None,
    reason: str,
    as_json: bool,
) -> None:
    if bool(ids) == everything:
        raise UsageError(
            "name the ids of self-edits, or --all for all that are proposed",
            "list them: sealmate edits list --state proposed",
        )
    if ids and source:
        raise UsageError("--source goes with --all", "leave out the ids, or --source")
    from sealmate.edits import review

    settle = review.accept if state == "accepted" else review.reject
    with open_workspace(ctx) as workspace:
        store = workspace.store
        with store.transaction():
            of = one_source(store, source).id if source else None
            chosen = ids or review.proposed(store, of)
            changed = settle(store, chosen, reason=_said(reason))
    if as_json:
        emit(changed)
    else:
        say(f"{len(changed)} {state}")


def amend(
    ctx: typer.Context,
    edit_id: Annotated[int, typer.Argument(metavar="ID")],
    question: Annotated[str | None, typer.Option(help="The new question.")] = None,
    answer: Annotated[str | None, typer.Option(help="The new answer.")] = None,
    text: Annotated[str | None, typer.Option(help="The new text of a statement.")] = None,
    reason: Reason = "",
    as_json: JsonOption = False,
) -> None:
    """Change the words of a self-edit; the old ones stay in its history.

    One that was accepted gives way to a new one, and the next night learns that in its place.
    """
    from sealmate.edits import review

    given = {"question": question, "answer": answer, "text": text}
    said = {name: words(value, name) for name, value in given.items() if value is not None}
    with open_workspace(ctx) as workspace:
        changed = review.amend(workspace.store, edit_id, reason=_said(reason), **said)
    if as_json:
        emit(changed)
    else:
        say(f"self-edit {changed.id}: {brief(changed)}")
        if changed.id != edit_id:
            say(f"in place of self-edit {edit_id}, which the weights lose if they have learnt it")


def _one_of(value: str | None, known: tuple[str, ...], option: str) -> None:
    if value is not None and value not in known:
        raise UsageError(f"{option} cannot be {value!r}", f"use one of {', '.join(known)}")


def _said(reason: str) -> str:
    """What a person gave as the reason, as the ledger keeps it. Raises UsageError."""
    from sealmate.store.reasons import in_own_words  # SQLAlchemy with it: not for --help

    return in_own_words(words(reason, "reason"))


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
