"""A person's say over self-edits: accept, reject, amend; every step is kept in the history."""

from __future__ import annotations

from collections.abc import Iterable

from sealmate.errors import UsageError
from sealmate.records import Edit, EditState
from sealmate.store import Store
from sealmate.store.reasons import IN_CONFLICT

PERSON = "person"


def accept(
    store: Store, ids: Iterable[int], *, actor: str = PERSON, reason: str = ""
) -> list[Edit]:
    """Let edits be trained; those accepted already stay as they are.

    Raises NotFoundError, or UsageError for one that a conflict or a newer text took out of
    training, and then changes none.
    """
    return _settle(store, ids, "accepted", actor, reason)


def reject(
    store: Store, ids: Iterable[int], *, actor: str = PERSON, reason: str = ""
) -> list[Edit]:
    """Keep edits out of training; the next night leaves them out of the weights.

    Raises NotFoundError, or UsageError for a superseded one, and then changes none.
    """
    return _settle(store, ids, "rejected", actor, reason)


def proposed(store: Store, source_id: int | None = None) -> list[int]:
    """The ids of the edits that wait for a person, of one source or of all."""
    return [edit.id for edit in store.edits.list(state="proposed", source_id=source_id)]


def amend(
    store: Store,
    edit_id: int,
    *,
    question: str | None = None,
    answer: str | None = None,
    text: str | None = None,
    actor: str = PERSON,
    reason: str = "",
) -> Edit:
    """Change the words of an edit; None leaves a part alone. Its history keeps the old words.

    Raises NotFoundError, and UsageError if nothing is given, a part is empty, a part does not
    belong to an edit of this kind, or the edit is superseded.
    """
    given = {
        name: " ".join(value.split())
        for name, value in (("question", question), ("answer", answer), ("text", text))
        if value is not None
    }
    if not given:
        raise UsageError("nothing to change", "give a question, an answer or a text")
    for name, value in given.items():
        if not value:
            raise UsageError(f"the {name} must not be empty", "reject the self-edit instead")
    with store.transaction():
        edit = store.edits.get(edit_id)
        _still_holds(edit)
        asks = bool(edit.question)
        for name in given:
            if (name == "text") == asks:
                kind = "a question with its answer" if asks else "a statement"
                raise UsageError(f"self-edit {edit_id} is {kind} and has no {name} to change")
        if "answer" in given and edit.format == "unknown":
            raise UsageError(f"self-edit {edit_id} teaches not to know: it has no answer")
        return store.edits.amend(edit_id, actor=actor, reason=reason, **given)


def _settle(
    store: Store, ids: Iterable[int], state: EditState, actor: str, reason: str
) -> list[Edit]:
    chosen = list(dict.fromkeys(ids))
    with store.transaction():
        for edit_id in chosen:
            edit = store.edits.get(edit_id)
            _still_holds(edit)
            if state == "accepted" and edit.state != state:
                _may_hold(store, edit)
        return store.edits.set_state(chosen, state, actor, reason)


def _may_hold(store: Store, edit: Edit) -> None:
    if edit.state == "rejected" and IN_CONFLICT.fullmatch(edit.reason):
        raise UsageError(
            f"self-edit {edit.id} was rejected {edit.reason}", "settle that otherwise instead"
        )
    source = store.sources.of_passage(edit.passage_id)
    if source.state != "current":
        raise UsageError(
            f"self-edit {edit.id} is about a text that was {source.state}",
            "the text that took its place has its own: sealmate edits",
        )


def _still_holds(edit: Edit) -> None:
    if edit.state == "superseded":
        by = f" by {edit.superseded_by}" if edit.superseded_by else ""
        raise UsageError(
            f"self-edit {edit.id} was superseded{by} and no longer holds",
            "settle the conflict it belongs to, or add a new note",
        )
