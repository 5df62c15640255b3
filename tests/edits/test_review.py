from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.edits import review
from sealmate.errors import NotFoundError, UsageError
from sealmate.records import Conflict, Edit
from sealmate.store import Store
from tests.store.build import START, edit, ingest, opened, source, version


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "home") as store:
        yield store


@pytest.fixture
def edits(store: Store) -> list[Edit]:
    passage = ingest(store, "Rex is our dog.")
    return store.edits.add_many(
        [
            edit(passage.id, "Who is our dog?", "Rex"),
            edit(passage.id, text="Our dog is Rex."),
            edit(passage.id, "What is the dog called?", "Rex"),
        ]
    )


def test_accept_and_reject_leave_a_history(store: Store, edits: list[Edit]) -> None:
    ids = [found.id for found in edits]
    assert review.proposed(store) == ids
    assert [e.state for e in review.accept(store, ids, reason="fine")] == ["accepted"] * 3
    assert review.reject(store, ids[:1])[0].state == "rejected"
    assert review.proposed(store) == []
    history = store.edits.history(ids[0])
    assert [(event.action, event.actor) for event in history[1:]] == [
        ("accepted", "person"),
        ("rejected", "person"),
    ]
    assert history[1].reason == "fine"


def test_one_bad_id_changes_none(store: Store, edits: list[Edit]) -> None:
    with pytest.raises(NotFoundError, match="999"):
        review.accept(store, [edits[0].id, 999])
    assert store.edits.get(edits[0].id).state == "proposed"


def test_a_superseded_edit_stays_so(store: Store, edits: list[Edit]) -> None:
    store.edits.supersede(edits[0].id, edits[2].id, "moved", START)
    with pytest.raises(UsageError, match=f"superseded by {edits[2].id}"):
        review.accept(store, [edits[1].id, edits[0].id])
    assert store.edits.get(edits[1].id).state == "proposed"
    with pytest.raises(UsageError, match="superseded"):
        review.amend(store, edits[0].id, answer="Max")


def test_what_a_conflict_or_a_newer_text_took_out_stays_out(
    store: Store, edits: list[Edit]
) -> None:
    store.edits.set_state([edits[0].id], "rejected", "person", "in conflict 3")
    with pytest.raises(UsageError, match="rejected in conflict 3"):
        review.accept(store, [edits[0].id])
    store.edits.set_state([edits[1].id], "rejected", "person", "no")
    assert review.accept(store, [edits[1].id])[0].state == "accepted"
    store.edits.set_state([edits[2].id], "rejected", "person", "no")
    store.sources.replace(1, source("Rex was our dog."))
    with pytest.raises(UsageError, match="replaced"):
        review.accept(store, [edits[2].id])
    assert store.edits.trainable() == []


def test_amend(store: Store, edits: list[Edit]) -> None:
    assert review.amend(store, edits[0].id, answer="  Max\n").answer == "Max"
    assert review.amend(store, edits[1].id, text="Our dog is Max.").text == "Our dog is Max."
    event = store.edits.history(edits[0].id)[-1]
    assert (event.before, event.after) == ("answer: Rex", "answer: Max")


def test_amending_what_was_learnt_takes_the_old_words_out_of_the_weights(store: Store) -> None:
    here, there = ingest(store, "Rex is our dog."), ingest(store, "Our dog was Bo, once.", "old")
    made = edit(here.id, "Who is our dog?", "Rex", text="Who is our dog? Rex")
    (learnt,) = store.edits.add_many([replace(made, state="accepted")])
    (older,) = store.edits.add_many([edit(there.id, "Who is our dog?", "Bo")])
    store.edits.supersede(older.id, learnt.id, "in conflict 1", START)
    row = Conflict(0, older.id, learnt.id, "Who is our dog?", "Bo", "Rex", START, "accepted")
    store.conflicts.add(row)
    store.versions.add(version(1), [learnt.id])
    store.versions.activate(1, "night")
    assert (store.pending().edits, store.pending().stale) == (0, 0)
    now = review.amend(store, learnt.id, answer="Max")
    assert (now.question, now.answer, now.text) == ("Who is our dog?", "Max", "Who is our dog? Max")
    assert now.id != learnt.id
    assert store.edits.trainable() == [now]
    assert (store.pending().edits, store.pending().stale) == (1, 1)
    was = store.edits.get(learnt.id)
    assert (was.state, was.superseded_by, was.answer) == ("superseded", now.id, "Rex")
    assert (store.edits.history(now.id)[-1].before, now.state) == ("answer: Rex", "accepted")
    # what it had won it goes on winning
    assert store.edits.get(older.id).superseded_by == now.id
    assert store.conflicts.list()[0].new_edit == now.id
    # a night that runs may be training those words just now
    again = review.amend(store, now.id, answer="Moritz")
    assert (again.id, again.text) == (now.id + 1, "Who is our dog? Moritz")
    assert store.edits.trainable() == [again]


def test_amending_while_it_is_rejected_leaves_no_old_words_either(store: Store) -> None:
    made = edit(ingest(store, "Rex is our dog.").id, "Who is our dog?", "Rex")
    (learnt,) = store.edits.add_many([replace(made, state="accepted")])
    store.versions.add(version(1), [learnt.id])
    review.reject(store, [learnt.id])
    now = review.amend(store, learnt.id, answer="Max")
    assert (now.state, store.edits.trainable()) == ("rejected", [])
    assert [e.answer for e in review.accept(store, [now.id])] == ["Max"]
    assert learnt.id not in {e.id for e in store.edits.trainable()}


def test_amending_what_is_proposed_changes_it_where_it_is(store: Store, edits: list[Edit]) -> None:
    assert review.amend(store, edits[0].id, answer="Max").id == edits[0].id


@pytest.mark.parametrize(
    ("which", "given", "message"),
    [
        (0, {}, "nothing"),
        (0, {"answer": "  "}, "empty"),
        (0, {"text": "Rex"}, "question"),
        (1, {"answer": "Rex"}, "statement"),
    ],
)
def test_amend_refuses(
    store: Store, edits: list[Edit], which: int, given: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        review.amend(store, edits[which].id, **given)
    assert "\n" not in caught.value.message
    assert len(store.edits.history(edits[which].id)) == 1
