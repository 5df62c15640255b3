"""One conflict settled, either way and back: edits superseded or restored, probes with them.

Everything a settlement changes carries the conflict's number, never words of either note, so
that it can be undone and that forgetting one note leaves nothing of it in the other's history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sealmate.edits.questions import NEAR, near, take_apart
from sealmate.edits.revision import written_anew
from sealmate.edits.screen import grounded_answer, same_answer
from sealmate.edits.words import tokens, within
from sealmate.night.backlog import Backlog
from sealmate.night.dates import Dates
from sealmate.night.former import former_edits, tell_formerly
from sealmate.records import Conflict, Edit
from sealmate.store import Store
from sealmate.store.reasons import (
    FORMERLY,
    displaced,
    in_conflict,
    is_aside,
    kept_in,
    replaced_by,
    tells_the_past,
    undone,
)


def accept(store: Store, conflict_id: int, now: datetime) -> Conflict:
    """The newer answer holds; the older one is superseded since the newer note came, or since the
    day that it names.

    All wordings of the older fact leave training, its probes are retired, and edits that ask for
    what used to hold are added. That it was set aside already, because its file says something
    else by now, is no other case. Where the active weights hold any of it a rebuild is noted.
    Raises NotFoundError.
    """
    with store.transaction():
        conflict = store.conflicts.get(conflict_id)
        if conflict.state == "accepted":
            return conflict
        _undo(store, conflict)
        old, new = store.edits.get(conflict.old_edit), store.edits.get(conflict.new_edit)
        since = Dates(store).since(new, old)
        edits, probes = fact(store, old, new, aside=True)
        for key in edits:
            store.edits.supersede(key, new.id, in_conflict(conflict.id), since)
        store.probes.retire(probes, in_conflict(conflict.id), instead_of=_set_aside(store, old))
        others = [store.edits.get(key).question for key in edits]
        tell_formerly(store, conflict, old, since, now, others, in_conflict(conflict.id))
        note_rebuild(store, edits, "a fact has changed")
        done = store.conflicts.set_state(conflict.id, "accepted")
        for earlier in _told_before(store, old, new):
            # each has a row of its own, as each of the notes may be forgotten
            pair = earlier.id, new.id
            rows = (c for c in store.conflicts.list() if (c.old_edit, c.new_edit) == pair)
            row = next(rows, None) or store.conflicts.add(
                replace(conflict, old_edit=earlier.id, old_answer=earlier.answer, state="open")
            )
            accept(store, row.id, now)
        return done


def keep_both(store: Store, conflict_id: int) -> Conflict:
    """Both answers hold; whatever was superseded comes back, even if its file does not say it
    any more. Raises NotFoundError."""
    with store.transaction():
        conflict = store.conflicts.get(conflict_id)
        others = of_one_fact(store, conflict)
        _undo(store, conflict)
        _keep(store, conflict)
        done = store.conflicts.set_state(conflict.id, "kept-both")
        for other in others:
            keep_both(store, other.id)
        return done


def keep_old(store: Store, conflict_id: int) -> Conflict:
    """The older answer holds after all, even if its file does not say it any more; the newer
    one's edits are rejected, its probes retired.

    Raises NotFoundError.
    """
    with store.transaction():
        conflict = store.conflicts.get(conflict_id)
        if conflict.state == "kept-old":
            return conflict
        others = of_one_fact(store, conflict)
        _undo(store, conflict)
        _keep(store, conflict)
        old, new = store.edits.get(conflict.old_edit), store.edits.get(conflict.new_edit)
        edits, probes = fact(store, new, old)
        store.edits.set_state(edits, "rejected", "person", in_conflict(conflict.id))
        store.probes.retire(probes, in_conflict(conflict.id))
        note_rebuild(store, edits, "an answer was taken back")
        done = store.conflicts.set_state(conflict.id, "kept-old")
        for other in others:
            keep_old(store, other.id)
        return done


def undo(store: Store, conflict_id: int) -> Conflict:
    """Take a settlement back: the conflict is open again. Raises NotFoundError."""
    with store.transaction():
        conflict = store.conflicts.get(conflict_id)
        others = of_one_fact(store, conflict)
        _undo(store, conflict)
        done = store.conflicts.set_state(conflict.id, "open")
        for other in others:
            undo(store, other.id)
        return done


def of_one_fact(store: Store, conflict: Conflict) -> list[Conflict]:
    """Where this one is accepted, the others that are, between the same newer edit and the same
    answer of still older notes."""
    if conflict.state != "accepted":
        return []
    return [
        row
        for row in store.conflicts.list("accepted")
        if row.id != conflict.id
        and row.new_edit == conflict.new_edit
        and same_answer(row.old_answer, conflict.old_answer)
    ]


def fact(
    store: Store, edit: Edit, other: Edit, *, aside: bool = False
) -> tuple[list[int], list[int]]:
    """The accepted edits and live probes of `edit`'s passage that tell the same fact, by id; with
    `aside` those as well that went out of use with their source, and retired probes.

    Where `other`'s passage is this one written anew without the answer, that is all that names
    the answer; else the wordings with the same answer to nearly the same question, and the
    statements that hold both.
    """
    here, there = store.passages.get(edit.passage_id), store.passages.get(other.passage_id)
    older, newer = sorted((here, there), key=lambda passage: passage.id)
    anew = written_anew(older.text, newer.text)
    gone = anew and not grounded_answer(edit.answer, there.text)

    def tells(question: str, answer: str, said: str) -> bool:
        if gone and grounded_answer(edit.answer, f"{question}\n{answer}\n{said}"):
            return True
        if question and answer:
            return same_answer(answer, edit.answer) and near(question, edit.question)
        return grounded_answer(edit.answer, said) and names(edit.question, said)

    known = store.edits.list(state="accepted", passage_id=here.id)
    if aside:
        known = sorted([*known, *store.edits.aside(here.id)], key=lambda found: found.id)
    edits = [
        found.id
        for found in known
        if found.id == edit.id
        or (
            found.format != "unknown"
            and not tells_the_past(found)
            and tells(found.question, found.answer, found.text)
        )
    ]
    probes = [
        probe.id
        for probe in store.probes.list(retired=None if aside else False, passage_id=here.id)
        if tells(probe.question, probe.answer, "")
    ]
    return edits, probes


def names(question: str, said: str) -> bool:
    """Whether a statement holds at least half of what a question names."""
    named, there = take_apart(question).content, tokens(said)
    held = sum(within(token, there) for token in named)
    return bool(named) and held / len(named) >= NEAR


def _undo(store: Store, conflict: Conflict) -> None:
    """Put everything back that carries the conflict's number; nothing for an open one. What came
    from a text that was replaced goes out of use with it."""
    mark = in_conflict(conflict.id)
    told = {edit.id for edit in former_edits(store, conflict)}
    marked = [store.edits.get(key) for key in store.conflicts.marked(mark) if key not in told]
    old = store.edits.get(conflict.old_edit)
    accepted = store.edits.list(state="accepted", passage_id=old.passage_id)
    marked += [edit for edit in accepted if edit.reason == kept_in(conflict.id)]
    for edit in marked:
        gone = "" if tells_the_past(edit) else _set_aside(store, edit)
        if gone:
            when = [event.at for event in store.edits.history(edit.id) if event.reason == gone]
            store.edits.supersede(edit.id, None, gone, (*when, conflict.found_at)[0])
            continue
        reason = FORMERLY if tells_the_past(edit) else undone(conflict.id)
        store.edits.set_state([edit.id], "accepted", "sealmate", reason)
    if told:
        note_rebuild(store, told, "a conflict was settled otherwise")
        store.edits.set_state(sorted(told), "rejected", "sealmate", mark)
    store.probes.revive(mark)
    if conflict.state in ("kept-both", "kept-old") and _set_aside(store, old):
        _, probes = fact(store, old, store.edits.get(conflict.new_edit), aside=True)
        store.probes.retire(probes, mark)


def _keep(store: Store, conflict: Conflict) -> None:
    """Teach the older fact again although its text was replaced; nothing if it was not."""
    old, new = store.edits.get(conflict.old_edit), store.edits.get(conflict.new_edit)
    gone, mark = _set_aside(store, old), in_conflict(conflict.id)
    if gone:
        edits, probes = fact(store, old, new, aside=True)
        store.edits.set_state(edits, "accepted", "person", kept_in(conflict.id))
        store.probes.retire(probes, mark, instead_of=gone)
        store.probes.revive(mark, replaced=True)


def _set_aside(store: Store, edit: Edit) -> str:
    """The reason for which an edit is out of use if its source was replaced, else ""."""
    source = store.sources.of_passage(edit.passage_id)
    if source.state != "replaced" or source.replaced_by is None:
        return ""
    return replaced_by(source.replaced_by)


def untrue_passages(store: Store) -> set[int]:
    """Ids of the passages that lost a fact in a conflict, or whose text was replaced: it still
    tells that as a whole."""
    return {
        edit.passage_id for edit in store.edits.out_of_use() if is_aside(edit) or displaced(edit)
    }


def successors(store: Store) -> dict[int, int]:
    """Passages that were written anew, by id, each with the newest that took its place."""
    after: dict[int, int] = {}
    for conflict in store.conflicts.list():
        if conflict.state != "accepted":
            continue
        old, new = store.edits.get(conflict.old_edit), store.edits.get(conflict.new_edit)
        here, there = store.passages.get(old.passage_id), store.passages.get(new.passage_id)
        if there.id > here.id and written_anew(here.text, there.text):
            after[here.id] = max(after.get(here.id, 0), there.id)
    for key in after:
        while after[key] in after:  # ids grow on the way: this ends
            after[key] = after[after[key]]
    return after


def _told_before(store: Store, old: Edit, new: Edit) -> list[Edit]:
    """Of each passage that was written anew as that of `old`, an edit that tells the same."""
    found: dict[int, Edit] = {}
    there = store.passages.get(old.passage_id)
    for row in store.conflicts.into(old.passage_id):
        passage = store.passages.get(store.edits.get(row.old_edit).passage_id)
        if passage.id in found or not written_anew(passage.text, there.text):
            continue
        edits, _ = fact(store, replace(old, passage_id=passage.id), new)
        asked = [edit for key in edits if (edit := store.edits.get(key)).question and edit.answer]
        same = [edit for edit in asked if same_answer(edit.answer, old.answer)]
        if same:
            found[passage.id] = same[0]
    return [found[key] for key in sorted(found)]


def note_rebuild(store: Store, edit_ids: Iterable[int], why: str) -> bool:
    """Ask the next night for a rebuild if the active version holds any of these edits."""
    active = store.versions.active()
    if not active or set(edit_ids).isdisjoint(store.versions.edit_ids(active)):
        return False
    backlog = Backlog(store)
    if not backlog.flagged:
        backlog.flag(why)
    return True
