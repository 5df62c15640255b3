"""Changes for which the newer note names the day: one that is past, or one that is to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sealmate.chat import validity
from sealmate.chat.retrieval import retrieve
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new, untrained
from sealmate.night.forgetting import forget
from sealmate.records import Conflict
from sealmate.store import Store
from sealmate.store.reasons import FORMERLY
from tests.night.ledger import MARCH, note, teach
from tests.store.build import version
from tests.versions.build import Lab

CODE, ASKED = "The gate code is 4711.", "What is the gate code?"
TO_COME = "From 1 April the gate code is 4712."
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def says(which: str) -> ScriptedModel:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        return "no" if "First answer" in prompt[-1].content else which

    return ScriptedModel(reply=reply)


def tell(store: Store, text: str, answer: str, days: int, asked: str = ASKED) -> list[Conflict]:
    """A note and the night after it."""
    fresh = teach(store, note(store, text, text[:9], days=days), (asked, answer))
    return settle_new(store, fresh, MARCH + timedelta(days=days), says("second"))


def night(store: Store, at: datetime, which: str = "second") -> list[Conflict]:
    """A later night: what was trained is not looked at again."""
    if not store.versions.active():
        store.versions.add(version(1), [edit.id for edit in store.edits.trainable()])
        store.versions.activate(1, "night")
    return settle_new(store, untrained(store), at, says(which))


def holding(store: Store) -> set[str]:
    return {edit.answer for edit in store.edits.trainable() if edit.reason != FORMERLY}


def read(store: Store, question: str, monkeypatch: pytest.MonkeyPatch, at: datetime) -> list[str]:
    """What is read for a question that is asked at a time."""

    monkeypatch.setattr(store, "clock", lambda: at)
    hits, _ = validity.holding(store, question, retrieve(store, question, limit=4, tokens=1000))
    return sorted(hit.passage.text for hit in hits)


def test_the_older_answer_held_until_the_day_that_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "Who is our vet?"
    hall, lane = "Our vet is Dr Hall.", "Since April our vet is Dr Lane."
    tell(store, hall, "Dr Hall", 0, asked)
    (row,) = tell(store, lane, "Dr Lane", 92, asked)
    assert row.state == "accepted"
    assert store.edits.get(row.old_edit).valid_to == APRIL
    june = MARCH + timedelta(days=100)
    for question, text in (
        ("Who was our vet in May?", lane),
        ("Who was our vet in April?", lane),
        ("Who was our vet in March?", hall),
        ("Who was our vet before 1 April 2026?", hall),
        ("Who is our vet?", lane),
    ):
        assert read(store, question, monkeypatch, june) == [text]
    past = [edit.question for edit in store.edits.trainable() if edit.reason == FORMERLY]
    assert "Who was our vet before 1 April 2026?" in past


def test_a_day_before_the_older_note_came_is_named_as_well(store: Store) -> None:
    """A note may be told long after it began to hold: the older one here was."""
    asked = "Who is our vet?"
    tell(store, "Our vet is Dr Hall.", "Dr Hall", 0, asked)
    (row,) = tell(store, "Since 2024 our vet is Dr Lane.", "Dr Lane", 5, asked)
    assert row.state == "accepted"
    assert store.edits.get(row.old_edit).valid_to == datetime(2024, 1, 1, tzinfo=UTC)


def test_what_is_to_come_changes_nothing_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(store, CODE, "4711", 0)
    (row,) = tell(store, TO_COME, "4712", 10)
    assert row.state == "open"
    assert holding(store) == {"4711", "4712"}
    assert night(store, APRIL - timedelta(hours=1)) == []
    assert CODE in read(store, ASKED, monkeypatch, APRIL - timedelta(hours=1))
    # on the first night after the day it holds, with nothing new told
    (row,) = night(store, APRIL + timedelta(hours=2))
    assert (row.state, row.id) == ("accepted", 1)
    assert holding(store) == {"4712"}
    assert store.edits.get(row.old_edit).valid_to == APRIL
    after = APRIL + timedelta(days=3)
    assert read(store, ASKED, monkeypatch, after) == [TO_COME]
    assert read(store, "What was the gate code in March?", monkeypatch, after) == [CODE]
    assert night(store, after) == []
    assert len(store.conflicts.list()) == 1


def test_what_has_come_needs_the_word_of_the_model_as_any_other(store: Store) -> None:
    tell(store, CODE, "4711", 0)
    tell(store, TO_COME, "4712", 10)
    assert night(store, APRIL + timedelta(days=1), "both") == []
    assert holding(store) == {"4711", "4712"}


@pytest.mark.parametrize(
    ("settle", "holds"),
    [(supersession.keep_both, {"4711", "4712"}), (supersession.keep_old, {"4711"}),
     (supersession.accept, {"4712"})],
)  # fmt: skip
def test_a_person_may_settle_it_before(store: Store, settle: object, holds: set[str]) -> None:
    tell(store, CODE, "4711", 0)
    (row,) = tell(store, TO_COME, "4712", 10)
    if settle is supersession.accept:
        supersession.accept(store, row.id, MARCH + timedelta(days=11))
    else:
        settle(store, row.id)  # type: ignore[operator]
    assert night(store, APRIL + timedelta(days=1)) == []
    assert holding(store) == holds


def test_what_a_person_accepts_early_is_read_from_its_day_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(store, CODE, "4711", 0)
    (row,) = tell(store, TO_COME, "4712", 10)
    supersession.accept(store, row.id, MARCH + timedelta(days=11))
    for at, said in ((APRIL - timedelta(days=9), CODE), (APRIL + timedelta(days=9), TO_COME)):
        assert read(store, ASKED, monkeypatch, at) == [said]
    assert read(store, "What was the gate code formerly?", monkeypatch, at) == [CODE]


def test_what_a_person_took_back_stays_open(store: Store) -> None:
    tell(store, CODE, "4711", 0)
    (row,) = tell(store, TO_COME, "4712", 10)
    supersession.accept(store, row.id, MARCH + timedelta(days=11))
    supersession.undo(store, row.id)
    assert night(store, APRIL + timedelta(days=1)) == []
    assert holding(store) == {"4711", "4712"}


def test_another_change_before_that_day_is_no_less_new(store: Store) -> None:
    tell(store, CODE, "4711", 0)
    tell(store, TO_COME, "4712", 10)
    rows = tell(store, "They changed the gate code, it is 4713.", "4713", 15)
    assert {(row.old_answer, row.new_answer): row.state for row in rows} == {
        ("4711", "4713"): "accepted", ("4712", "4713"): "open",
    }  # fmt: skip
    night(store, APRIL + timedelta(days=1))
    assert holding(store) == {"4712", "4713"}


def test_forgetting_another_note_settles_nothing_that_has_come(lab: Lab) -> None:
    store = lab.store
    tell(store, CODE, "4711", 0)
    tell(store, TO_COME, "4712", 10)
    other = note(store, "The cat is Mia.")
    forget(store, lab.paths, [other.source_id], lambda: APRIL + timedelta(days=1))
    assert holding(store) == {"4711", "4712"}
    forget(store, lab.paths, [2], lambda: APRIL + timedelta(days=1))
    assert night(store, APRIL + timedelta(days=1)) == []
    assert holding(store) == {"4711"}


@pytest.mark.parametrize(
    "said",
    [
        "Our vet is Dr Lane, who has been in practice since 1998.",
        "Dr Hall was our vet since 2015, but now our vet is Dr Lane.",
        "Dr Hall had been our vet since 2015, Dr Lane is now.",
        "From 2019 to 2025 our vet was Dr Hall, now it is Dr Lane.",
        "Our new vet is Dr Lane, from 2012 on the best one here.",
        "Our vet is now Dr Lane, who is on leave from 1 July.",
    ],
)
def test_the_day_of_something_else_is_not_that_of_the_change(store: Store, said: str) -> None:
    asked = "Who is our vet?"
    tell(store, "Our vet is Dr Hall.", "Dr Hall", 0, asked)
    (row,) = tell(store, said, "Dr Lane", 90, asked)
    assert row.state == "accepted"
    assert store.edits.get(row.old_edit).valid_to == MARCH + timedelta(days=90)


def test_what_is_new_is_not_older_than_what_it_took_the_place_of(store: Store) -> None:
    asked = "Who is our vet?"
    tell(store, "Our vet is Dr Hall.", "Dr Hall", 0, asked)
    (row,) = tell(store, "Our vet is Dr Lane now, since 2024.", "Dr Lane", 5, asked)
    assert store.edits.get(row.old_edit).valid_to == MARCH + timedelta(days=5)
