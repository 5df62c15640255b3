"""Steps back are kept up with their notes, and with what a person made of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sealmate.edits.steps import step_back
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new, untrained
from sealmate.night.stepping import keep_up
from sealmate.records import Edit
from sealmate.store import Store
from sealmate.store.reasons import QUOTES
from tests.night.ledger import MARCH, note, teach
from tests.night.test_changed_files import Take, take

__all__ = ["take"]
LATER = MARCH + timedelta(days=40)
ASKED = "Who is our babysitter?"
STEP = step_back("Maria", "Our babysitter is Maria now.")
FILE = "Our babysitter is Maria now. She comes on {} evenings at six.\n"
MINE = "Who minded the children before Maria?"


def steps(store: Store) -> list[Edit]:
    """Those in use."""
    return [edit for edit in store.edits.trainable() if edit.sampling.get(QUOTES)]


def written(store: Store, take: Take, text: str, days: int) -> int:
    """The file as it is now, told and settled; its passage."""
    place = store.passages.of_source(take(text, days=days, name="b.md").id)[0]
    teach(store, place, (ASKED, "Maria"))
    settle_new(store, untrained(store), LATER)
    return place.id


@pytest.fixture
def one(store: Store, take: Take) -> Edit:
    """The step back that there is."""
    teach(store, note(store, "Our babysitter is Anna."), (ASKED, "Anna"))
    written(store, take, FILE.format("Friday"), 2)
    assert keep_up(store, LATER) == 1
    (step,) = steps(store)
    assert step.question == STEP
    return step


def test_one_that_a_person_rejected_is_not_made_again(store: Store, one: Edit) -> None:
    store.edits.set_state([one.id], "rejected", "person", "wrong")
    assert keep_up(store, LATER) == 0
    assert steps(store) == []


def test_one_that_a_person_put_otherwise_stays_so(store: Store, one: Edit) -> None:
    store.edits.amend(one.id, actor="person", question=MINE)
    assert keep_up(store, LATER) == 0
    assert [edit.question for edit in steps(store)] == [MINE]


@pytest.mark.parametrize("words", [STEP, MINE])
def test_where_another_sentence_was_edited_it_goes_on_the_same_night(
    store: Store, take: Take, one: Edit, words: str
) -> None:
    store.edits.amend(one.id, actor="person", question=words)
    for days, day in ((4, "Sunday"), (6, "Monday")):
        place = written(store, take, FILE.format(day), days)
        assert keep_up(store, LATER) == 1
        (step,) = steps(store)
        assert (step.question, step.answer, step.sampling[QUOTES]) == (words, "Anna", place)
        assert keep_up(store, LATER) == 0


def test_where_its_sentence_went_it_goes_whatever_its_words(
    store: Store, take: Take, one: Edit
) -> None:
    store.edits.amend(one.id, actor="person", question=MINE)
    written(store, take, "Maria is our babysitter since May.\n", 4)
    assert keep_up(store, LATER) == 1
    (step,) = steps(store)
    assert "since May" in step.question


def test_a_change_of_mind_makes_none_twice(store: Store, take: Take, one: Edit) -> None:
    written(store, take, FILE.format("Sunday"), 4)
    keep_up(store, LATER)
    (row,) = store.conflicts.list()
    supersession.keep_both(store, row.id)
    supersession.accept(store, row.id, LATER)
    keep_up(store, LATER)
    assert [edit.question for edit in steps(store)] == [STEP]
