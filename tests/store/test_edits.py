"""Edits: every change leaves a row of history."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import EditState
from sealmate.store import Store
from sealmate.store.reasons import (
    AMENDED,
    FORMERLY,
    displaced,
    in_conflict,
    in_own_words,
    is_aside,
    kept_in,
    replaced_by,
    undone,
)
from tests.store.build import START, edit, ingest, source


def test_history_tells_everything(store: Store) -> None:
    place = ingest(store, "Rex is a dog")
    first, second = store.edits.add_many(
        [edit(place.id, "Who?", "Rex"), edit(place.id, "Who?", "Max")]
    )
    assert store.edits.get(first.id) == first
    assert first.sampling == {"temperature": 0.9, "seed": 7}
    store.edits.amend(first.id, actor="me", answer="Rex the dog", reason="fuller")
    store.edits.set_state([first.id], "accepted", "me", "fine")
    store.edits.supersede(first.id, second.id, "newer note", START)
    events = store.edits.history(first.id)
    assert [e.action for e in events] == ["written", "amended", "accepted", "superseded"]
    assert [e.actor for e in events][:3] == ["small+writer", "me", "me"]
    assert (events[1].before, events[1].after) == ("answer: Rex", "answer: Rex the dog")
    now = store.edits.get(first.id)
    assert (now.state, now.superseded_by, now.valid_to) == ("superseded", second.id, START)
    assert (now.answer, now.reason) == ("Rex the dog", "newer note")


def test_a_superseded_edit_can_come_back(store: Store) -> None:
    place = ingest(store, "x")
    old, new = store.edits.add_many([edit(place.id, "Q", "1"), edit(place.id, "Q", "2")])
    store.edits.supersede(old.id, new.id, "newer", START)
    back = store.edits.set_state([old.id], "accepted", "me", "the old one was right")[0]
    assert (back.state, back.superseded_by, back.valid_to) == ("accepted", None, None)


def test_same_state_and_same_words_add_no_history(store: Store) -> None:
    first = store.edits.add_many([edit(ingest(store, "x").id, "Q", "1")])[0]
    store.edits.set_state([first.id], "proposed", "me")
    store.edits.amend(first.id, actor="me", question="Q")
    assert len(store.edits.history(first.id)) == 1
    superseded = store.edits.set_state([first.id], "superseded", "me")[0]
    assert superseded.valid_to is not None


def test_an_unknown_id_changes_nothing(store: Store) -> None:
    first = store.edits.add_many([edit(ingest(store, "x").id, "Q", "1")])[0]
    with pytest.raises(NotFoundError, match="no edit 99"):
        store.edits.set_state([first.id, 99], "accepted", "me")
    assert store.edits.get(first.id).state == "proposed"
    with pytest.raises(NotFoundError):
        store.edits.supersede(first.id, 99, "r", START)
    with pytest.raises(NotFoundError):
        store.edits.history(99)
    with pytest.raises(StoreError, match="cannot be 'fine'"):
        store.edits.set_state([first.id], "fine", "me")  # type: ignore[arg-type]


def test_trainable_counts_and_lists(store: Store) -> None:
    one, two = ingest(store, "one"), ingest(store, "two")
    edits = store.edits.add_many([edit(one.id, "Q", "1"), edit(one.id, text="t"), edit(two.id)])
    ids = [e.id for e in edits]
    store.edits.set_state(ids[:2], "accepted", "me")
    assert [e.id for e in store.edits.trainable()] == ids[:2]
    assert [e.id for e in store.edits.list("proposed")] == ids[2:]
    assert [e.id for e in store.edits.list(passage_id=one.id, format="qa")] == ids[:1]
    assert [e.id for e in store.edits.list(source_id=two.source_id)] == ids[2:]
    assert [e.id for e in store.edits.list(limit=1, offset=1)] == ids[1:2]
    assert [e.id for e in store.edits.list(offset=2)] == ids[2:]
    store.sources.replace(one.source_id, source("new"))
    assert store.edits.trainable() == []
    assert store.edits.count_by_state() == {
        "proposed": 1, "accepted": 0, "rejected": 0, "superseded": 2,
    }  # fmt: skip


def test_history_cannot_be_rewritten(store: Store) -> None:
    store.edits.add_many([edit(ingest(store, "x").id, "Q", "1")])
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
        connection.execute("UPDATE edit_events SET action = 'accepted'")
    connection.close()


def test_edits_need_their_passage(store: Store) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        store.edits.add_many([edit(3, "Q", "1")])


def test_some_of_many(store: Store) -> None:
    first, second = ingest(store, "x"), ingest(store, "y")
    many = store.edits.add_many(
        edit(place.id, f"Q{n}", str(n)) for n in range(4) for place in (first, second)
    )
    ids = [one.id for one in many]
    store.edits.set_state(ids[:3], "accepted", "me")
    assert store.edits.ids() == {*ids}
    assert store.edits.ids("accepted") == {*ids[:3]}
    assert store.edits.get_many([ids[5], 999, ids[0]]) == [store.edits.get(ids[0]), many[5]]
    assert store.edits.passages_of([ids[0], ids[2], 999]) == {first.id}
    assert store.edits.passages_of(ids) == {first.id, second.id}
    assert store.edits.get_many([]) == []
    assert store.edits.passages_of([]) == set()


def test_those_that_were_written_in_a_night(store: Store) -> None:
    place = ingest(store, "x")
    nights = [START + timedelta(days=n) for n in range(4)]
    many = store.edits.add_many(replace(edit(place.id), created_at=at) for at in nights)
    assert store.edits.list(since=nights[1], until=nights[2]) == many[1:3]
    assert store.edits.list("accepted", since=nights[1]) == []


@pytest.mark.parametrize(
    ("state", "reason", "sampling", "aside", "out"),
    [
        ("superseded", replaced_by(7), {}, True, False),
        ("rejected", replaced_by(7), {}, False, False),
        ("superseded", in_conflict(3), {}, False, True),
        ("rejected", in_conflict(31), {}, False, True),
        ("rejected", in_conflict(3), {FORMERLY: 1}, False, False),
        ("accepted", kept_in(3), {}, False, False),
        ("accepted", undone(3), {}, False, False),
        ("rejected", "the passage does not answer it", {}, False, False),
    ],
)
def test_what_is_out_of_use(
    store: Store, state: EditState, reason: str, sampling: dict[str, int], aside: bool, out: bool
) -> None:
    place = ingest(store, "x")
    one = replace(edit(place.id), state=state, reason=reason, sampling=sampling)
    stored = store.edits.add_many([one])[0]
    assert (is_aside(stored), displaced(stored)) == (aside, out)
    assert (stored in store.edits.aside(place.id)) is aside
    # the query may find more, never less
    assert not (aside or out) or store.edits.out_of_use() == [stored]
    if reason.startswith("the passage") or state == "accepted":
        assert store.edits.out_of_use() == []


@pytest.mark.parametrize("state", ["accepted", "rejected", "superseded"])
@pytest.mark.parametrize(
    "said",
    [FORMERLY, AMENDED, in_conflict(1), kept_in(1), undone(1), replaced_by(2), "FORMERLY",
     "In Conflict x, kept", "Replaced by source 2", "in conflict 1 with what I know"],
)  # fmt: skip
def test_a_person_s_reason_is_not_read_as_one_of_ours(
    store: Store, state: EditState, said: str
) -> None:
    place = ingest(store, "x")
    reason = in_own_words(said)
    assert reason == f'"{said}"' == in_own_words(reason)
    (one,) = store.edits.add_many([replace(edit(place.id, "Q", "1"), state=state, reason=reason)])
    assert not is_aside(one)
    assert not displaced(one)
    assert store.edits.aside(place.id) == store.edits.out_of_use() == []
    assert store.conflicts.marked(in_conflict(1)) == []
    assert store.conflicts.wordings() == {}
    store.sources.replace(place.source_id, source("y"))
    assert store.edits.trainable() == []
    assert store.edits.get(one.id).state == ("superseded" if state == "accepted" else state)


@pytest.mark.parametrize("said", ["", "wrong", "formerly he was", "it is in conflict 1", '"no"'])
def test_other_reasons_stay_as_they_were_said(said: str) -> None:
    assert in_own_words(said) == said
