"""What used to hold, as nights teach it: edits that ask for a superseded answer by its time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sealmate.edits.questions import in_the_past
from sealmate.edits.safe import safely
from sealmate.edits.screen import grounded_answer, same_answer
from sealmate.edits.steps import step_of
from sealmate.edits.units import sentences
from sealmate.records import Conflict, Edit
from sealmate.store import Store
from sealmate.store.reasons import AMENDED, FORMERLY, IN_CONFLICT, QUOTES
from sealmate.times import day

OTHERS = 8  # other wordings in which what used to hold is taught


def tell_formerly(
    store: Store, conflict: Conflict, old: Edit, since: datetime, now: datetime,
    others: Iterable[str], mark: str,
) -> None:  # fmt: skip
    """Edits that ask for the superseded answer by its time, in the words of `old` and, without a
    date, in some of the `others` that were superseded with it. They go with the older passage.
    `mark` is the reason of what the conflict supersedes.

    Questions without a date ask for the last answer before the present one: they are taken from
    what held earlier, and left to what held later."""
    mine = former_edits(store, conflict)
    if mine:
        store.edits.set_state([edit.id for edit in mine], "accepted", "sealmate", FORMERLY)
    else:
        asking = dict.fromkeys(_past_wordings(old.question, others, day(since)), 0)
        mine = store.edits.add_many(former(store, conflict, old, since, now, asking))
    new = store.edits.get(conflict.new_edit)
    if new.state == "superseded" and IN_CONFLICT.fullmatch(new.reason):
        for edit in filter(undated, mine):
            store.edits.supersede(edit.id, None, new.reason, now)
        mine = [edit for edit in mine if not undated(edit)]
    asked = {edit.question.casefold() for edit in mine}
    led_here = {
        row.id
        for row in store.conflicts.into(old.passage_id, None)
        if same_answer(store.edits.get(row.new_edit).answer, old.answer)
    }
    for key, question, number in store.conflicts.told_formerly():
        if number == conflict.id:
            continue
        led = number in led_here
        if question.casefold() in asked or (led and undated(store.edits.get(key))):
            store.edits.supersede(key, None, mark, now)


def former(
    store: Store, conflict: Conflict, old: Edit, since: datetime, now: datetime,
    asking: Mapping[str, int],
) -> list[Edit]:  # fmt: skip
    """Edits, without rows yet, that answer each question with what held until `since`; its value is
    the id of another passage that the question quotes (0: none)."""
    said = _told(store, old)
    return [
        Edit(
            id=0,
            passage_id=old.passage_id,
            format="self-qa",
            text=said or f"{question} {old.answer}",
            created_at=now,
            question=question,
            answer=old.answer,
            state="accepted",
            reason=FORMERLY,
            sampling={FORMERLY: conflict.id, **({QUOTES: quoted} if quoted else {})},
            writer="sealmate",
            valid_from=old.valid_from,
            valid_to=since,
        )
        for question, quoted in asking.items()
    ]


def _told(store: Store, old: Edit) -> str:
    """The sentence in which the older note told it; "" where none has the answer's words."""
    (passage,) = safely(store, [store.passages.get(old.passage_id)])
    return next((one for one in sentences(passage.text) if grounded_answer(old.answer, one)), "")


def _past_wordings(question: str, others: Iterable[str], date: str) -> list[str]:
    """Questions for what held until `date`: all of one wording, and the last of some others."""
    made = in_the_past(question, date)
    more = [past[-1] for other in others if other and (past := in_the_past(other, date))]
    seen = {text.casefold() for text in made}
    fresh = {text.casefold(): text for text in more if text.casefold() not in seen}
    return [*made, *list(fresh.values())[:OTHERS]]


def undated(edit: Edit) -> bool:
    """Whether a question for what used to hold names no day, and so asks for the last of it. A
    step back asks for what came before one answer, whatever came after that."""
    if step_of(edit.question):
        return False
    return edit.valid_to is None or day(edit.valid_to) not in edit.question


def former_edits(store: Store, conflict: Conflict) -> list[Edit]:
    """The edits that a settlement of the conflict made for what used to hold, in any state."""
    passage = store.edits.get(conflict.old_edit).passage_id
    return [
        edit
        for edit in store.edits.list(passage_id=passage, format="self-qa")
        if edit.sampling.get(FORMERLY) == conflict.id and edit.reason != AMENDED
    ]
