"""Changed facts: found, settled, told to the person, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sealmate.edits.revision import written_anew
from sealmate.edits.steps import step_back, step_of
from sealmate.errors import NotFoundError
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night import supersession
from sealmate.night.conflicts import settle_new, untrained
from sealmate.night.stepping import keep_up
from sealmate.night.succession import end_conflicts
from sealmate.night.supersession import untrue_passages
from sealmate.records import Conflict, Edit
from sealmate.store import Store
from sealmate.store.reasons import FORMERLY
from tests.night.ledger import MARCH, note, probe, teach
from tests.store.build import version

LATER = MARCH + timedelta(days=9)
TAKEN_OVER = "Maria has taken over as babysitter from today, Anna moved away."


def settled(store: Store, edits: list[Any], **how: Any) -> list[Conflict]:
    return settle_new(store, edits, LATER, **how)


def steps(store: Store) -> dict[str, str]:
    """Steps back that would be trained."""
    return {e.question: e.answer for e in store.edits.trainable() if step_of(e.question)}


def told(store: Store) -> dict[str, str]:
    """What would be trained, without what used to hold."""
    return {
        edit.question or edit.text: edit.answer
        for edit in store.edits.trainable()
        if edit.reason != FORMERLY
    }


@pytest.fixture
def changed(store: Store) -> Store:
    """A babysitter is followed by another, in a note of other words."""
    old = note(store, "Our babysitter is Anna. She comes on Fridays.", "Anna")
    teach(
        store, old,
        ("Who is our babysitter?", "Anna"),
        ("Which babysitter do we have?", "Anna"),
        ("When does the babysitter come?", "Fridays"),
        said="Anna is the babysitter of the family.",
    )  # fmt: skip
    probe(store, old, "Who babysits, who is the babysitter?", "Anna")
    probe(store, old, "On which day does the babysitter come?", "Fridays")
    store.versions.add(version(1), [edit.id for edit in store.edits.list()])
    store.versions.activate(1, "night")
    new = note(store, TAKEN_OVER, days=5)
    settled(store, teach(store, new, ("Who is our babysitter now?", "Maria")))
    return store


def test_the_newer_answer_takes_the_place_of_the_older(changed: Store) -> None:
    (conflict,) = changed.conflicts.list()
    assert (conflict.state, conflict.old_answer, conflict.new_answer) == (
        "accepted", "Anna", "Maria",
    )  # fmt: skip
    assert told(changed) == {
        "When does the babysitter come?": "Fridays",
        "Who is our babysitter now?": "Maria",
    }
    old = changed.edits.get(conflict.old_edit)
    assert (old.state, old.superseded_by) == ("superseded", conflict.new_edit)
    assert old.valid_to == MARCH + timedelta(days=5)
    assert [event.action for event in changed.edits.history(old.id)] == ["written", "superseded"]
    assert [p.answer for p in changed.probes.list()] == ["Fridays"]
    assert changed.state.get("rebuild_needed")
    assert changed.pending().stale == 3
    assert untrue_passages(changed) == {old.passage_id}


def test_what_used_to_hold_can_still_be_told(changed: Store) -> None:
    past = [edit for edit in changed.edits.trainable() if edit.reason == FORMERLY]
    assert [edit.question for edit in past] == [
        "Who was our babysitter before 8 March 2026?",
        "Who was our babysitter until 8 March 2026?",
        "Who was our babysitter formerly?",
        "In former times, who was our babysitter?",
        "In former times, which babysitter did we have?",
    ]
    assert {edit.answer for edit in past} == {"Anna"}
    assert {edit.format for edit in past} == {"self-qa"}
    # Whatever the questions name, this is what it was said of.
    assert {edit.text for edit in past} == {"Our babysitter is Anna."}
    # They hang on the older note, and go with it.
    assert {edit.passage_id for edit in past} == {1}


@pytest.mark.parametrize("forgotten", ["Our babysitter", "Maria"])
def test_a_step_back_goes_with_either_note(changed: Store, forgotten: str) -> None:
    (source,) = [s for s in changed.sources.list() if s.text.startswith(forgotten)]
    keep_up(changed, LATER)
    assert steps(changed) == {step_back("Maria", TAKEN_OVER): "Anna"}
    changed.erasure.erase(source.id)
    assert steps(changed) == {}


def test_a_step_back_is_from_what_the_note_says_by_now(store: Store) -> None:
    teach(store, note(store, HOLIDAY.format("Hesperus")), ("Where does Grandma go?", "Hesperus"))
    texts = [f"This has changed. {HOLIDAY.format('Santorin')}"]
    texts.append(texts[0].replace("at four", "at six, and never on a Monday"))
    second, third = (note(store, text, days=n) for n, text in enumerate(texts, 1))
    settled(store, teach(store, second, ("Where does Grandma go?", "Santorin"),
                         ("When is Grandma's whist?", "at four")))  # fmt: skip
    keep_up(store, LATER)
    (first,) = steps(store)
    settled(store, teach(store, third, ("When is Grandma's whist?", "at six")))
    keep_up(store, LATER)
    assert len(steps(store)) > 1
    asked = [key for key, answer in steps(store).items() if answer == "Hesperus"]
    assert [("six" in key) for key in asked] == [False, True]
    # with the newest note its words go from the oldest one's edits
    store.erasure.erase(third.source_id)
    assert list(steps(store)) == [first]


def test_a_weekday_leads_back_from_the_sentence_that_was_asked_about(store: Store) -> None:
    old = note(store, "The dentist is on Tuesday, upstairs from the bakery in Redcliff.")
    teach(store, old, ("When is the dentist?", "Tuesday"))
    text = "The dentist moved to Monday. The plumber comes on Monday as well, bins go on Monday."
    settled(store, teach(store, note(store, text, days=2), ("When is the dentist?", "Monday")))
    keep_up(store, LATER)
    assert list(steps(store)) == [step_back("Monday", "The dentist moved to Monday.")]


def test_the_same_night_again_finds_nothing_new(changed: Store) -> None:
    model = ScriptedModel()
    assert [edit.answer for edit in untrained(changed)] == ["Maria", *["Anna"] * 5]
    assert settled(changed, changed.edits.trainable(), model=model) == []
    assert model.prompts == []
    assert len(changed.conflicts.list()) == 1


def test_no_word_of_a_note_in_the_history_of_another(changed: Store) -> None:
    for edit in changed.edits.list(passage_id=1):
        for event in changed.edits.history(edit.id):
            assert "Maria" not in event.reason
        assert "Maria" not in edit.reason


def test_keep_both_and_accept_again(changed: Store) -> None:
    before = told(changed)
    changed.state.set("rebuild_needed", None)
    kept = supersession.keep_both(changed, 1)
    assert kept.state == "kept-both"
    assert told(changed) == before | {
        "Who is our babysitter?": "Anna",
        "Which babysitter do we have?": "Anna",
        "Anna is the babysitter of the family.": "",
    }
    assert len(changed.probes.list()) == 2
    assert not [e for e in changed.edits.trainable() if e.reason == FORMERLY]
    assert changed.edits.get(1).valid_to is None
    assert untrue_passages(changed) == set()
    # What was settled by a person is not brought up again.
    assert settled(changed, changed.edits.trainable()) == []

    supersession.accept(changed, 1, LATER)
    assert told(changed) == before
    assert len([e for e in changed.edits.trainable() if e.reason == FORMERLY]) == 5
    assert len(changed.probes.list()) == 1


def test_keep_old(changed: Store) -> None:
    supersession.keep_old(changed, 1)
    answers = told(changed)
    assert "Who is our babysitter now?" not in answers
    assert answers["Who is our babysitter?"] == "Anna"
    assert settled(changed, changed.edits.list()) == []
    # And another change of mind.
    supersession.accept(changed, 1, LATER)
    assert told(changed)["Who is our babysitter now?"] == "Maria"
    assert "Who is our babysitter?" not in told(changed)
    assert supersession.undo(changed, 1).state == "open"
    assert told(changed)["Who is our babysitter?"] == "Anna"
    assert told(changed)["Who is our babysitter now?"] == "Maria"
    with pytest.raises(NotFoundError):
        supersession.accept(changed, 9, LATER)


def test_a_third_answer(changed: Store) -> None:
    third = note(changed, "The babysitter is Zoe.", days=8)
    (conflict,) = settled(changed, teach(changed, third, ("Who is our babysitter?", "Zoe")))
    assert (conflict.old_answer, conflict.new_answer) == ("Maria", "Zoe")
    past = {e.question: e.answer for e in changed.edits.trainable() if e.reason == FORMERLY}
    assert past == {
        "Who was our babysitter before 8 March 2026?": "Anna",
        "Who was our babysitter until 8 March 2026?": "Anna",
        "Who was our babysitter before 11 March 2026?": "Maria",
        "Who was our babysitter until 11 March 2026?": "Maria",
        "Who was our babysitter formerly?": "Maria",
        "In former times, who was our babysitter?": "Maria",
    }
    # each by what came after it
    assert keep_up(changed, LATER) == 2
    assert keep_up(changed, LATER) == 0
    assert steps(changed) == {
        step_back("Maria", "The babysitter is Maria."): "Anna",
        step_back("Zoe", "The babysitter is Zoe."): "Maria",
    }
    supersession.undo(changed, conflict.id)
    past = {e.question: e.answer for e in changed.edits.trainable() if e.reason == FORMERLY}
    assert past["Who was our babysitter formerly?"] == "Anna"
    until = changed.sources.of_passage(told_first(changed, "Maria").passage_id).created_at
    assert {e.valid_to for e in changed.edits.trainable() if e.reason == FORMERLY} == {until}


def told_first(store: Store, answer: str) -> Edit:
    """The first edit with that answer that tells what holds, or held."""
    found = store.edits.list(format="self-qa")
    return next(e for e in found if e.answer == answer and FORMERLY not in e.sampling)


@pytest.mark.parametrize("other", [supersession.keep_old, supersession.keep_both])
@pytest.mark.parametrize("which", [0, 1])
def test_a_chain_settled_otherwise_and_back(
    changed: Store, which: int, other: Callable[[Store, int], Conflict]
) -> None:
    third = note(changed, "The babysitter is Zoe.", days=8)
    settled(changed, teach(changed, third, ("Who is our babysitter?", "Zoe")))

    def past() -> dict[str, tuple[str, Any]]:
        found = [e for e in changed.edits.trainable() if e.reason == FORMERLY]
        asked = {e.question: (e.answer, e.valid_to) for e in found}
        assert len(asked) == len(found), "one question has two answers"
        return asked

    before, holds = past(), told(changed)
    conflict = changed.conflicts.list()[which]
    other(changed, conflict.id)
    supersession.accept(changed, conflict.id, LATER)
    assert (past(), told(changed)) == (before, holds)


def two(store: Store, question: str, first: str, second: str) -> list[Conflict]:
    """Two notes of other words that answer one question."""
    teach(store, note(store, f"Once it was {first}, they say."), (question, first))
    new = note(store, f"I hear {second} is how things are.", days=1)
    return settled(store, teach(store, new, (question, second)))


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("What is the gate code?", "4711", "4712"),
        ("How much is the rent of the garage?", "80 euros", "85 euros"),
        ("Where is the key of the shed?", "under the pot", "on the hook"),
        ("What is our street number?", "12 Mill Street", "14 Mill Street"),
    ],
)
def test_answers_that_cannot_both_hold(
    store: Store, question: str, first: str, second: str
) -> None:
    assert [c.state for c in two(store, question, first, second)] == ["accepted"]


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("Who came?", "Anna", "Ben"),
        ("Is the shop open?", "yes", "on Mondays"),
        ("What is the gate code?", "4711", "The code is 4711."),
        ("How much is the rent of the garage?", "80 euros", "€80"),
        ("Who is the vet?", "Dr Aydin", "Dr Aydin and Dr Weiss"),
        ("What is the gate code?", "4711", "I don't know that yet."),
    ],
)
def test_answers_that_may_both_hold(store: Store, question: str, first: str, second: str) -> None:
    assert two(store, question, first, second) == []
    assert len(store.edits.trainable()) == 2


@pytest.mark.parametrize("question", ["Who came to the party?", "Who plays in the band?"])
def test_doubtful_pairs_stay_open(store: Store, question: str) -> None:
    (conflict,) = two(store, question, "Anna", "Ben")
    assert conflict.state == "open"
    assert len(store.edits.trainable()) == 2
    assert store.state.get("rebuild_needed") is None
    supersession.accept(store, conflict.id, LATER)
    assert told(store) == {question: "Ben"}


def test_one_source_does_not_contradict_itself(store: Store) -> None:
    place = note(store, "The code of the gate is 4711, that of the back gate 4712.")
    assert settled(store, teach(store, place, ("What is the gate code?", "4711"),
                                ("What is the gate code?", "4712"))) == []  # fmt: skip


def test_a_note_written_anew_gives_up_all_wordings(store: Store) -> None:
    text = "Rehearsal in the school gym, Thursday at {}. Altos with Ursula, bring the Fauré."
    old, new = note(store, text.format("19:30")), note(store, text.format("18:15"), days=3)
    teach(
        store, old,
        ("When is the rehearsal?", "19:30"),
        ("By which hour must the altos be there?", "19:30"),
        ("What happens at 19:30 on Thursday?", "the rehearsal"),
        ("Who takes the altos?", "Ursula"),
        said="At 19:30 they sing.",
    )  # fmt: skip
    fresh = teach(
        store, new, ("When is the rehearsal?", "18:15"), ("Who takes the altos?", "Ursula")
    )
    (conflict,) = settled(store, fresh)
    assert conflict.state == "accepted"
    left = [(e.question, e.answer) for e in store.edits.trainable() if e.reason != FORMERLY]
    assert left == [
        ("Who takes the altos?", "Ursula"),
        ("When is the rehearsal?", "18:15"),
        ("Who takes the altos?", "Ursula"),
    ]


def test_an_older_note_that_is_read_later_loses(store: Store) -> None:
    newer = note(store, "The gate has the code 4712 these days.", days=5)
    teach(store, newer, ("What is the gate code?", "4712"))
    older = note(store, "4711 opens it.")
    settled(store, teach(store, older, ("What is the gate code?", "4711")))
    assert told(store) == {"What is the gate code?": "4712"}


@pytest.mark.parametrize(
    ("answer", "same", "which", "states"),
    [("4712", "no", "second", ["accepted"]), ("4712", "no", "both", ["open"]),
     ("4712", "No.", "first", ["open"]), ("the year of birth", "Yes", "second", []),
     ("4712", "yes", "second", ["accepted"])],
)  # fmt: skip
def test_the_model_has_a_word_in_it(
    store: Store, answer: str, same: str, which: str, states: list[str]
) -> None:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        assert adapter is None
        return same if "First answer" in prompt[-1].content else which

    teach(store, note(store, "4711 opens it."), ("What is the gate code?", "4711"))
    new = note(store, "The gate has the code 4712 these days.", days=5)
    fresh = teach(store, new, ("What is the gate code?", answer))
    model = ScriptedModel(reply=reply)
    assert [c.state for c in settled(store, fresh, model=model)] == states
    if states:
        assert "3 March 2026" in model.prompts[-1][-1].content
        assert "8 March 2026" in model.prompts[-1][-1].content


def test_a_note_written_anew_does_not_contradict_what_it_repeats(store: Store) -> None:
    text = "The quail live in the desk until June. Yannis is building the aviary for all of them."
    old = note(store, text, "quail")
    teach(store, old, ("When do the quail live in the desk?", "until June"))
    new = note(store, text.replace("Yannis", "Bohumil"), "again", days=2)
    fresh = teach(store, new, ("When do the quail live in the desk?", "Bohumil"))
    assert settled(store, fresh) == []
    other = note(store, text.replace("June", "July"), "and again", days=3)
    fresh = teach(store, other, ("When do the quail live in the desk?", "until July"))
    assert {c.old_answer for c in settled(store, fresh)} == {"until June", "Bohumil"}


HOLIDAY = (
    "Grandma's idea of a holiday is two weeks at the {} in Redcliff, half board, whist at four."
)


def test_a_note_written_anew_needs_nobody_to_say_that_it_differs(store: Store) -> None:
    """To a small model two weeks here and two weeks there are the same."""
    question = "Where does Grandma go on holiday?"
    old = note(store, HOLIDAY.format("Hesperus"))
    teach(store, old, (question, "two weeks at the Hesperus"))
    new = note(store, f"This has changed. {HOLIDAY.format('Santorin')}", days=2)
    fresh = teach(store, new, (question, "two weeks at the Santorin"))
    (found,) = settled(store, fresh, model=ScriptedModel(reply=lambda *_: "yes"))
    assert (found.state, found.new_answer) == ("accepted", "two weeks at the Santorin")


def test_what_stands_where_it_stood_was_not_changed(store: Store) -> None:
    said = "Tax adviser wants by {}: all invoices over 12.50 euro, and a letter from the bank."
    old = note(store, said.format("21 July"))
    asked = "What does the tax adviser want?"
    teach(
        store,
        old,
        (asked, "all invoices over 12.50 euro"),
        ("When does the tax adviser want it?", "21 July"),
    )
    new = note(store, f"This has changed. {said.format('31 July')}", days=2)
    fresh = teach(
        store, new, (asked, "by 31 July"), ("When does the tax adviser want it?", "31 July")
    )
    assert [row.old_answer for row in settled(store, fresh)] == ["21 July"]
    assert told(store)[asked] == "by 31 July"
    assert [e.answer for e in store.edits.trainable() if e.passage_id == old.id and
            e.reason != FORMERLY] == ["all invoices over 12.50 euro"]  # fmt: skip
    # of two that were alike one is left: the other may be the one that was asked for
    both = "On Monday we meet Jo at the office in town, and on Monday we dine with the twins there."
    old = note(store, both)
    teach(store, old, ("When do we meet Jo?", "Monday"))
    new = note(store, f"Correction. {both.replace('Monday', 'Tuesday', 1)}", days=3)
    (found,) = settled(store, teach(store, new, ("When do we meet Jo?", "Tuesday")))
    assert found.old_answer == "Monday"


def test_an_answer_goes_from_every_note_that_was_written_anew(store: Store) -> None:
    places = [note(store, HOLIDAY.format("Hesperus"))]
    teach(store, places[0], ("Where does Grandma dream of going?", "the Hesperus"),
          ("How much board does Grandma have?", "half board"))  # fmt: skip
    anew = HOLIDAY.replace("half", "full")
    for text in (anew.format("Hesperus"), anew.format("Santorin")):
        places.append(note(store, f"This has changed. {text}", days=len(places)))
    second = (("How much board does Grandma have?", "full board"),
              ("Where does Grandma go?", "the Hesperus"))  # fmt: skip
    settled(store, teach(store, places[1], *second))
    settled(store, teach(store, places[2], ("Where does Grandma go?", "the Santorin")))
    assert "the Hesperus" not in told(store).values()
    row = store.conflicts.list()[0]
    assert (row.old_answer, row.new_answer, row.state) in (
        ("the Hesperus", "the Santorin", "accepted"), ("half board", "full board", "accepted"),
    )  # fmt: skip
    rows = [c for c in store.conflicts.list() if c.new_answer == "the Santorin"]
    assert [store.edits.get(c.old_edit).passage_id for c in rows] == [places[1].id, places[0].id]
    supersession.undo(store, rows[0].id)
    assert told(store)["Where does Grandma dream of going?"] == "the Hesperus"
    supersession.accept(store, rows[0].id, LATER)
    assert "the Hesperus" not in told(store).values()
    assert len(store.conflicts.list()) == len(rows) + 1
    # with the note in the middle gone the oldest stays what it was, and with the newest holds again
    for passage in places[1:]:
        reach = store.erasure.preview(passage.source_id)
        end_conflicts(store, reach, LATER)
        store.erasure.erase(passage.source_id)
        shown = told(store).get("Where does Grandma dream of going?")
        assert shown == (None if passage is places[1] else "the Hesperus")


def test_what_changed_places_has_changed(store: Store) -> None:
    said = "Dad must take {} in the morning and take {} in the evening, says Dr Patel of Ashcombe."
    old = note(store, said.format("Ramipril", "Metformin"))
    teach(store, old, ("What does Dad take in the morning?", "Ramipril"))
    new = note(store, f"Correction. {said.format('Metformin', 'Ramipril')}", days=2)
    (found,) = settled(
        store, teach(store, new, ("What does Dad take in the morning?", "Metformin"))
    )
    assert found.old_answer == "Ramipril"


def test_a_long_note_with_the_words_of_a_short_one_is_another(store: Store) -> None:
    short = "Call Ann about the room on Monday at 10 with Ben and bring the blue folder."
    long = (
        "Minutes. Ann and Ben were there from 10 on, Monday as always. The room is too small, says "
        "Ben, and will call the owner. The blue chairs go to the hall, the folder with the bills "
        "to Otis. Bring cake. About the choir nothing is decided, the roof leaks above the piano."
    )
    assert not written_anew(short, long)


def test_a_short_note_that_says_that_it_is_one_written_anew_is(store: Store) -> None:
    """Saying so takes as many words as are left of it."""
    said = "The two villages have hated each other since {}, when a bull from ours won at the fair."
    question = "Since when have the two villages hated each other?"
    teach(store, note(store, said.format(2012)), (question, "2012"))
    text = f"This has changed, the earlier note no longer holds. {said.format(1941)}"
    fresh = teach(store, note(store, text, days=2), (question, "1941"))
    (found,) = settled(store, fresh)
    assert (found.state, found.old_answer) == ("accepted", "2012")


def test_what_a_person_said_holds_for_the_newer_note_written_anew(store: Store) -> None:
    asked = "Who is our babysitter?"
    said = "Maria is our babysitter from now on, she comes at {} and stays till the film is over."
    teach(store, note(store, "Our babysitter is Anna."), (asked, "Anna"))
    settled(store, teach(store, note(store, said.format("six"), days=1), (asked, "Maria")))
    settled(store, teach(store, note(store, said.format("seven"), days=2), (asked, "Maria")))
    supersession.keep_old(store, store.conflicts.list()[0].id)
    settled(store, untrained(store))
    assert told(store) == {asked: "Anna"}


PIANO = "When does Mia have piano?"


@pytest.mark.parametrize(
    ("older", "newer", "question", "answers", "state"),
    [
        # an amount is put right in another unit
        ("Ben gets 5 ml of paracetamol when he has a fever.",
         "Correction: Ben now gets 250 mg of paracetamol when he has a fever, not 5 ml any more.",
         "How much paracetamol does Ben get?", ("5 ml", "250 mg"), "accepted"),
        ("Rex gets 2 cups of food a day.", "Rex now gets 300 g of food a day, no longer 2 cups.",
         "How much food does Rex get a day?", ("2 cups", "300 g"), "accepted"),
        ("Dad takes 10 ml of insulin.",
         "The doctor has cut it: Dad takes only 8 mg of insulin from today.",
         "How much insulin does Dad take?", ("10 ml", "8 mg"), "accepted"),
        # what may complete the older answer, and says that it changed
        ("Mia has piano on Mondays.",
         "Mia no longer has piano on Mondays, she has it in the morning before school every day.",
         PIANO, ("on Mondays", "in the morning"), "open"),
        ("Mia has piano on Mondays with Ms Lee at school.",
         "Correction: Mia has piano in the morning with Ms Lee at school.",
         PIANO, ("on Mondays", "in the morning"), "accepted"),
        ("Choir practice is on Thursdays.",
         "Choir practice has changed: it is at noon from now on, on no fixed day.",
         "When is choir practice?", ("on Thursdays", "at noon"), "open"),
        ("Mia has piano on Mondays.", "Mia has piano at seven, with Ms Lee.", PIANO,
         ("on Mondays", "at seven"), ""),
        ("Mia has piano on Mondays.", "Correction: Mia has piano on Mondays at seven.", PIANO,
         ("on Mondays", "at seven"), ""),
        ("The flight takes 2 hours.", "The flight is 1200 km.", "How long does the flight take?",
         ("2 hours", "1200 km"), ""),
        # one word or sign more
        ("Rex gets a tablet for his heart every morning.",
         "Rex gets only half a tablet for his heart every morning now, Dr Lane says.",
         "How much heart medicine does Rex get?", ("a tablet", "half a tablet"), "accepted"),
        ("The cleaner comes every Monday.", "The cleaner now comes only every other Monday.",
         "When does the cleaner come?", ("every Monday", "every other Monday"), "accepted"),
        ("Mum takes Ramipril daily.", "Mum takes Ramipril 3x daily now.",
         "How often does Mum take Ramipril?", ("daily", "3x daily"), "accepted"),
        ("Mum takes 20 mg of Ramipril.", "Mum takes 2 x 20 mg of Ramipril now.",
         "How much Ramipril does Mum take?", ("20 mg", "2 x 20 mg"), "accepted"),
        ("The spare key is in the garage.", "The spare key is behind the garage now.",
         "Where is the spare key?", ("in the garage", "behind the garage"), "accepted"),
        ("My blood group is A+.", "Correction: the lab says my blood group is A-.",
         "What is my blood group?", ("A+", "A-"), "accepted"),
        # whoever moves tells the new place in any way
        ("Tom lives in Leeds.", "Tom has moved, he now lives at 12 Elm Road in York.",
         "Where does Tom live?", ("Leeds", "12 Elm Road in York"), "accepted"),
        ("Tom works at Siemens.", "Tom has quit his job and works at the hospital now.",
         "Where does Tom work?", ("Siemens", "at the hospital"), "accepted"),
        ("Grandma is in Leeds.", "Grandma has moved to the nursing home.",
         "Where is Grandma?", ("Leeds", "in the nursing home"), "accepted"),
        ("Mia's dentist appointment is on Friday.",
         "Mia's dentist appointment has moved to 12 May.",
         "When is Mia's dentist appointment?", ("Friday", "12 May"), "accepted"),
        ("Tom lives in Leeds.", "Tom lives at 12 Elm Road.", "Where does Tom live?",
         ("Leeds", "12 Elm Road"), "open"),
    ],
)  # fmt: skip
def test_a_change_however_it_is_told(
    store: Store, older: str, newer: str, question: str, answers: tuple[str, str], state: str
) -> None:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        return "no" if "First answer" in prompt[-1].content else "second"

    teach(store, note(store, older), (question, answers[0]))
    fresh = teach(store, note(store, newer, days=5), (question, answers[1]))
    rows = settled(store, fresh, model=ScriptedModel(reply=reply))
    assert [row.state for row in rows] == [state] * bool(state)


def test_a_settlement_reads_little_of_the_ledger(
    changed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a change costs does not grow with all that was ever learnt."""
    list_edits, asked = changed.edits.list, []

    def listed(**which: Any) -> list[Edit]:
        asked.append(which)
        return list_edits(**which)

    monkeypatch.setattr(changed.edits, "list", listed)
    third = note(changed, "Our babysitter is Olga now, Maria is too busy.", days=20)
    (row,) = settle_new(
        changed, teach(changed, third, ("Who is our babysitter?", "Olga")), MARCH + timedelta(30)
    )
    assert row.state == "accepted"
    assert asked
    assert [which for which in asked if "passage_id" not in which] == []
