"""Steps back kept up with what the notes say by now.

From what holds, in the sentence that tells it, to what it took the place of (`edits.steps`). Notes
are written anew and files edited: then the sentence is another, and the old one may be in no note
any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sealmate.edits.safe import safely
from sealmate.edits.screen import grounded_answer, same_answer
from sealmate.edits.steps import step_back, step_of, tellings
from sealmate.edits.units import units_of
from sealmate.errors import NotFoundError
from sealmate.night.former import former
from sealmate.night.supersession import fact, successors
from sealmate.records import Conflict, Edit, Passage
from sealmate.store import Store
from sealmate.store.reasons import AMENDED, FORMERLY, QUOTES

MOST = 4  # steps back for one change


def keep_up(store: Store, now: datetime) -> int:
    """Add the steps back of accepted conflicts that are not there yet, and take those out of use
    that quote a text which was replaced; how many were added. One transaction, at the end.

    Each is made once: one that a person rejected or put otherwise is not made again, and one whose
    sentence stands in the newer text goes on as it is, quoting that."""
    rows = store.conflicts.list("accepted")
    if not rows:
        return 0
    after = successors(store)
    changes: dict[int, list[Conflict]] = {}  # by the passage whose answer was changed
    for row in rows:
        changes.setdefault(store.edits.get(row.old_edit).passage_id, []).append(row)
    added: list[Edit] = []
    gone: list[tuple[int, Edit | None]] = []  # with what takes its place
    for row in rows:
        made = _made(store, row)
        mine = [edit for edit in made if edit.state == "accepted"]
        if not mine:
            continue
        wanted = _wanted(store, row, changes, after)
        there = {edit.question for edit in made if edit.state == "rejected"}
        there |= {edit.question for edit in made if edit.reason == AMENDED}
        held: set[str] = set()  # what is asked by a step in use, in whatever words
        steps = [edit for edit in mine if step_of(edit.question) or QUOTES in edit.sampling]
        lost = [edit for edit in steps if not _stands(store, int(edit.sampling.get(QUOTES, 0)))]
        for edit in steps:
            if edit not in lost:
                held.update(_questions(edit, made))
        for edit in lost:
            asked = _questions(edit, made)
            again = next((one for one in asked if one in wanted and one not in held), "")
            quoting = {**edit.sampling, QUOTES: wanted.get(again, 0)}
            anew = replace(edit, created_at=now, sampling=quoting) if again else None
            gone.append((edit.id, anew))
            if again:
                held.update(asked)
        there |= held
        fresh = {asked: key for asked, key in wanted.items() if asked not in there}
        old, until = store.edits.get(row.old_edit), mine[0].valid_to
        if fresh and until is not None:
            added += former(store, row, old, until, now, fresh)
    with store.transaction():
        count = len(store.edits.add_many(added)) if added else 0
        for key, anew in gone:
            newer = store.edits.add_many([anew])[0].id if anew else None
            store.edits.supersede(key, newer, "its note says it otherwise now", now)
            count += anew is not None
        return count


def _made(store: Store, row: Conflict) -> list[Edit]:
    """All edits that a conflict was the reason for, in any state, also with words they had once."""
    passage = store.edits.get(row.old_edit).passage_id
    found = store.edits.list(passage_id=passage, format="self-qa")
    return [edit for edit in found if edit.sampling.get(FORMERLY) == row.id]


def _questions(edit: Edit, made: Sequence[Edit]) -> list[str]:
    """The question of an edit, and those of the edits that it took the place of."""
    asked, line = [edit.question], [edit.id]
    for key in line:
        before = [other for other in made if other.superseded_by == key]
        asked += [other.question for other in before]
        line += [other.id for other in before]
    return asked


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
    for passage in safely(store, _tells(store, last, after)):
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
