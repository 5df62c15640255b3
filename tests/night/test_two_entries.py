"""Notes that are much alike: two entries about two things that happened, or one put right."""

from __future__ import annotations

import pytest

from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new
from sealmate.records import Conflict
from sealmate.store import Store
from tests.night.ledger import MARCH, note, teach

Pair = tuple[str, str]


def says(which: str) -> ScriptedModel:
    """A model to which no two answers are the same, and that says which of two notes holds."""

    def reply(prompt: Prompt, adapter: str | None) -> str:
        return "no" if "First answer" in prompt[-1].content else which

    return ScriptedModel(reply=reply)


def two(
    store: Store, first: str, second: str, asked: str, answers: Pair, which: str = ""
) -> list[Conflict]:
    """Two notes that answer one question, the second of them weeks later."""
    teach(store, note(store, first), (asked, answers[0]))
    fresh = teach(store, note(store, second, "later", days=40), (asked, answers[1]))
    return settle_new(store, fresh, MARCH, says(which) if which else None)


ENTRIES = [
    ("Rex was at the vet today. Dr Hall gave him a shot against {}.",
     "What did Dr Hall give Rex a shot against?", ("rabies", "distemper")),
    ("Lent Tom {} for lunch.", "How much did I lend Tom for lunch?", ("20 euros", "35 euros")),
    ("{} was at Dr Hall's for a vaccination against measles.",
     "Who was at Dr Hall's for a vaccination?", ("Mia", "Ben")),
    ("{} sown on 3 March in the greenhouse.", "What was sown on 3 March?",
     ("Tomatoes", "Peppers")),
    ("Ran {} in the park before breakfast.", "How far did I run in the park?", ("5 km", "8 km")),
    ("Paid Mr Day {} for the garden.", "What did we pay Mr Day?", ("80 euros", "95 euros")),
    ("{} lost a tooth today, the tooth fairy brought 2 euros.", "Who lost a tooth?",
     ("Ben", "Mia")),
    ("Standup on the third: Ann works on the parser, Bob on the {}, I fix the login.",
     "What does Bob work on?", ("docs", "tests")),
]  # fmt: skip


@pytest.mark.parametrize("which", ["", "both", "second"])
@pytest.mark.parametrize(("said", "asked", "answers"), ENTRIES)
def test_of_two_entries_the_first_is_no_less_true(
    store: Store, said: str, asked: str, answers: Pair, which: str
) -> None:
    first, second = map(said.format, answers)
    rows = two(store, first, second, asked, answers, which)
    assert [row.state for row in rows] == ["open"]
    assert [edit.answer for edit in store.edits.trainable()] == list(answers)


@pytest.mark.parametrize("which", ["", "both"])
@pytest.mark.parametrize(("said", "asked", "answers"), ENTRIES)
def test_what_says_that_it_puts_another_right_does(
    store: Store, said: str, asked: str, answers: Pair, which: str
) -> None:
    first = said.format(answers[0])
    second = f"Correction to an earlier note, which was wrong: {said.format(answers[1])}"
    (row,) = two(store, first, second, asked, answers, which)
    assert (row.state, row.new_answer) == ("accepted", answers[1])


VET = "The vet is Dr Hall, phone 12, Mill Street, open on Mondays."


@pytest.mark.parametrize(
    ("second", "which", "state"),
    [
        (VET.replace("Hall", "Lane"), "", "accepted"),
        (VET.replace("Hall", "Lane"), "second", "accepted"),
        # to a small model the two may hold; then a person says
        (VET.replace("Hall", "Lane"), "both", "open"),
        (VET.replace("Hall", "Lane now"), "both", "accepted"),
        (VET.replace("vet", "new vet").replace("Hall", "Lane"), "both", "accepted"),
        ("From today " + VET.replace("Hall", "Lane"), "both", "accepted"),
    ],
)
def test_how_things_are_told_anew(store: Store, second: str, which: str, state: str) -> None:
    rows = two(store, VET, second, "Who is the vet?", ("Dr Hall", "Dr Lane"), which)
    assert [row.state for row in rows] == [state]


def test_what_a_person_says_of_two_entries_holds(store: Store) -> None:
    said, asked, answers = ENTRIES[1]
    (row,) = two(store, *map(said.format, answers), asked, answers)
    supersession.accept(store, row.id, MARCH)
    assert {edit.answer for edit in store.edits.trainable() if edit.valid_to is None} == {
        "35 euros"
    }


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("When does the choir rehearse?", "on Mondays", "at 7 pm"),
        ("How long is the walk to the mill?", "2 hours", "5 km"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_answers_that_complete_each_other_are_no_conflict(
    store: Store, asked: str, first: str, second: str, turned: bool
) -> None:
    answers = (second, first) if turned else (first, second)
    says_it = "I hear that {} is how it is."
    assert two(store, *map(says_it.format, answers), asked, answers, "second") == []


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("Where does Tom live?", "12 Elm Road", "Leeds"),
        ("Where does Tom work?", "at Siemens", "in Munich"),
        ("When is the meeting with Tom?", "Friday", "3 May"),
    ],
)
def test_what_may_be_one_place_or_day_stays_open(
    store: Store, asked: str, first: str, second: str
) -> None:
    rows = two(store, f"It is {first}, says he.", f"{second}, I hear.", asked,
               (first, second), "second")  # fmt: skip
    assert [row.state for row in rows] == ["open"]
