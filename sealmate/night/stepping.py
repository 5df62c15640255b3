"""Steps back kept up with what the notes say by now.

From what holds, in the sentence that tells it, to what it took the place of (`edits.steps`). Notes
are written anew and files edited: then the sentence is another, and the old one may be in no note
any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sealmate.edits.screen import grounded_answer, same_answer
from sealmate.edits.steps import step_back, step_of, tellings
from sealmate.edits.units import units_of
from sealmate.errors import NotFoundError
from sealmate.night.former import former, former_edits
from sealmate.night.supersession import fact, successors
from sealmate.records import Conflict, Edit, Passage
from sealmate.store import Store
from sealmate.store.edits import QUOTES

MOST = 4  # steps back for one change


def keep_up(store: Store, now: datetime) -> int:
    """Add the steps back of accepted conflicts that are not there yet, and take those out of use
    that quote a text which was replaced; how many were added. One transaction, at the end."""
    rows = store.conflicts.list("accepted")
    if not rows:
        return 0
    after = successors(store)
    changes: dict[int, list[Conflict]] = {}  # by the passage whose answer was changed
    for row in rows:
        changes.setdefault(store.edits.get(row.old_edit).passage_id, []).append(row)
    added: list[Edit] = []
    gone: list[int] = []
    for row in rows:
        mine = [edit for edit in former_edits(store, row) if edit.state == "accepted"]
        if not mine:
            continue
        steps = {edit.question: edit for edit in mine if step_of(edit.question)}
        gone += [
            edit.id
            for edit in steps.values()
            if not _stands(store, int(edit.sampling.get(QUOTES, 0)))
        ]
        wanted = _wanted(store, row, changes, after)
        fresh = {asked: key for asked, key in wanted.items() if asked not in steps}
        old, until = store.edits.get(row.old_edit), mine[0].valid_to
        if fresh and until is not None:
            added += former(store, row, old, until, now, fresh)
    with store.transaction():
        for key in gone:
            store.edits.supersede(key, None, "its note says it otherwise now", now)
        return len(store.edits.add_many(added)) if added else 0


def _wanted(
    store: Store,
    row: Conflict,
    changes: Mapping[int, Sequence[Conflict]],
    after: Mapping[int, int],
) -> dict[str, int]:
    """The steps back of a conflict, each with the passage that it quotes."""
    first = store.edits.get(row.new_edit)
    last = _at_last(store, first, changes)
    held = [store.edits.get(key) for key in fact(store, last, store.edits.get(row.old_edit))[0]]
    alike = [edit for edit in held if same_answer(edit.answer, last.answer)] or [last]
    asked = " ".join({edit.question for edit in (last, *alike)})
    answers = list({edit.answer.casefold(): edit.answer for edit in (last, *alike)}.values())
    made: dict[str, int] = {}
    for passage in _tells(store, last, after):
        for answer in answers:
            for said in tellings(answer, units_of(passage), asked):
                if last.id == first.id:
                    made.setdefault(step_back(answer, said), passage.id)
                elif answer in said:  # as it is gone back to from what came after
                    before = said.replace(answer, first.answer)
                    made.setdefault(step_back(first.answer, before), passage.id)
    return dict(list(made.items())[:MOST])


def _at_last(store: Store, edit: Edit, changes: Mapping[int, Sequence[Conflict]]) -> Edit:
    """What took the place of an answer in the end; itself where nothing did."""
    passed = {edit.id}
    while True:
        after = [
            row.new_edit
            for row in changes.get(edit.passage_id, ())
            if same_answer(row.old_answer, edit.answer)
        ]
        if not after or after[-1] in passed:
            return edit
        passed.add(after[-1])
        edit = store.edits.get(after[-1])


def _tells(store: Store, edit: Edit, after: Mapping[int, int]) -> Iterator[Passage]:
    """The passages that tell an answer by now: that of its edit, or what it was written anew as."""
    passage = store.passages.get(after.get(edit.passage_id, edit.passage_id))
    source = store.sources.get(passage.source_id)
    if source.state == "current":
        yield passage
    elif source.state == "replaced":
        for newer in store.passages.of_source(store.sources.latest(source.id).id):
            if grounded_answer(edit.answer, newer.text):
                yield newer


def _stands(store: Store, passage_id: int) -> bool:
    """Whether a passage is in a note as it is now."""
    with suppress(NotFoundError):
        return store.sources.of_passage(passage_id).state == "current"
    return False
