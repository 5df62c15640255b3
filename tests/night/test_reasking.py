"""Old questions asked of new notes. The model is scripted: its words are given."""

from __future__ import annotations

from dataclasses import replace
from threading import Event as Flag

import pytest

from sealmate.errors import Cancelled
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import forget
from sealmate.night.ledger import UNASKED
from sealmate.night.reasking import ASKED, reask_waiting
from sealmate.night.supersession import successors
from sealmate.records import Edit, Passage
from sealmate.store import Store
from tests.night.ledger import MARCH, note, probe, teach
from tests.store.build import turn, version
from tests.versions.build import Lab

LOAF = "Under the will of Magda Hart a loaf is given each Tuesday at the church door to six people."
ANEW = "This has changed. " + LOAF.replace("Tuesday", "Monday")


def says(*answers: tuple[str, str]) -> ScriptedModel:
    """Answers by a part of the question; what nothing is given for is not said."""

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content.rpartition("Question: ")[2]
        return next((said for part, said in answers if part in asked), "The notes do not say.")

    return ScriptedModel(reply=reply)


def ask(store: Store, passage: Passage, model: ScriptedModel, **how: bool) -> list[Edit]:
    store.state.set(UNASKED, [passage.id])
    return reask_waiting(store, model, MARCH, **how)


def test_a_note_written_anew_is_asked_what_the_older_was(store: Store) -> None:
    old = note(store, LOAF)
    edits = teach(
        store, old, ("On which day is the loaf given?", "Tuesday"), ("Who gets it?", "six people")
    )
    new = note(store, ANEW, "another", days=3)
    model = says(("loaf given", "Monday [1]"), ("Who gets", "Magda Hart"))
    (made,) = ask(store, new, model)
    assert (made.passage_id, made.question, made.answer) == (
        new.id, "On which day is the loaf given?", "Monday",
    )  # fmt: skip
    assert (made.state, made.reason, made.sampling) == (
        "accepted", ASKED, {"asked_of": edits[0].id, "own": True},
    )  # fmt: skip
    # what the new note says as well was not asked
    assert all("Who gets it" not in prompt[-1].content for prompt in model.prompts)
    (conflict,) = settle_new(store, [made], MARCH)
    assert (conflict.old_answer, conflict.new_answer, conflict.state) == (
        "Tuesday", "Monday", "accepted",
    )  # fmt: skip
    assert successors(store) == {old.id: new.id}


def test_words_of_the_older_note_alone_go_when_it_is_forgotten(store: Store) -> None:
    """The newer note leaves out why, and only the older one's question tells it."""
    said = "Dr Patel sees Mum about her {}visits and her knee on {}, quarter past nine, in room 4."
    old = note(store, said.format("depression, ", "Monday"))
    edits = teach(
        store, old,
        ("On which day does Dr Patel see Mum about her depression?", "Monday"),
        ("On which day does Dr Patel see Mum about her knee?", "Monday"),
    )  # fmt: skip
    new = note(store, said.format("", "Tuesday"), "another", days=3)
    made = ask(store, new, says(("depression", "Tuesday"), ("knee", "Tuesday")))
    assert [edit.sampling["own"] for edit in made] == [False, True]
    # a third note is asked in those words in its turn
    third = note(store, said.format("", "Friday"), "a third", days=5)
    again = ask(store, third, says(("depression", "Friday"), ("knee", "Friday")))
    store.versions.add(version(1), [edit.id for edit in made])
    store.versions.add(version(2), [made[1].id])
    taken = {e.id for e in (*edits, *made, *again) if "depression" in e.question} | {edits[1].id}
    assert len(taken) == 4
    reach = store.erasure.preview(old.source_id)
    assert (set(reach.edits), reach.versions) == (taken, (1,))
    # what the newer note says is no word of the forgotten one
    talk = store.chats.start("Patel")
    store.chats.add_message(turn(talk.id, "user", "When does he come?"))
    store.chats.add_message(turn(talk.id, "assistant", "Tuesday."))
    assert reach.messages == ()
    store.erasure.erase(old.source_id)
    assert [m.text for m in store.chats.messages(talk.id)] == ["When does he come?", "Tuesday."]
    kept = store.edits.list()
    assert kept
    assert not [edit for edit in kept if "depression" in f"{edit.question} {edit.text}"]
    assert {edit.passage_id for edit in kept} == {new.id, third.id}


def test_an_older_fact_does_not_come_back_with_the_words_that_went(lab: Lab) -> None:
    """What the newer note says otherwise it goes on saying in its own words."""
    store, asked = lab.store, "On which day does Dr Patel see Mum?"
    old = note(store, "Dr Patel sees Mum on Mondays.")
    (first,) = teach(store, old, (asked, "Monday"))
    third = note(store, "Dr Patel comes on Friday, says the receptionist.", "news", days=2)
    teach(store, third, (asked, "Friday"))
    new = note(store, "Dr Patel sees Mum on Tuesday.", "another", days=3)
    made, own = store.edits.add_many(
        replace(first, id=0, passage_id=new.id, question=question, answer="Tuesday", sampling=how)
        for question, how in (
            (asked, {"asked_of": first.id, "own": False}),
            ("Which day does Dr Patel see Mum on?", {}),
        )
    )
    store.edits.supersede(first.id, made.id, "another day", MARCH)
    (conflict,) = settle_new(store, [made], MARCH)
    assert (conflict.old_answer, conflict.state) == ("Friday", "accepted")
    assert settle_new(store, [own], MARCH) == []
    forget(store, lab.paths, [old.source_id], lambda: MARCH)
    edits = [edit for edit in store.edits.trainable() if "formerly" not in edit.sampling]
    assert edits == [own]


def test_where_a_person_reviews_it_waits_for_them(store: Store) -> None:
    teach(store, note(store, LOAF), ("On which day is the loaf given?", "Tuesday"))
    new = note(store, ANEW, "another", days=3)
    assert [e.state for e in ask(store, new, says(("loaf", "Monday")), review=True)] == ["proposed"]


def test_a_note_on_other_things_is_not_asked(store: Store) -> None:
    teach(store, note(store, "Our glazier is Wim."), ("Who is our glazier?", "Wim"))
    new = note(store, "Our plumber is Otto, he comes on Mondays.", "another", days=3)
    model = says(("glazier", "Otto"))
    assert ask(store, new, model) == []
    assert model.prompts == []


def test_a_note_that_names_the_same_thing_is_asked(store: Store) -> None:
    teach(store, note(store, "Our glazier is Wim."), ("Who is our glazier?", "Wim"))
    new = note(store, "The glazier is Otto from now on.", "another", days=3)
    assert [e.answer for e in ask(store, new, says(("glazier", "Otto")))] == ["Otto"]


def test_what_it_does_not_say_or_has_not_is_no_edit(store: Store) -> None:
    teach(store, note(store, LOAF), ("On which day is the loaf given?", "Tuesday"))
    new = note(store, ANEW, "another", days=3)
    for answer in ("The notes do not say.", "Wednesday", "the loaf", ""):
        assert ask(store, new, says(("loaf", answer))) == []


def test_an_older_note_is_not_asked_what_a_newer_was(store: Store) -> None:
    old = note(store, LOAF)
    teach(store, note(store, ANEW, "another", days=3), ("When is the loaf given?", "Monday"))
    assert ask(store, old, says(("loaf", "Tuesday"))) == []


def test_what_used_to_hold_is_not_asked_again(store: Store) -> None:
    old = note(store, LOAF)
    (edit,) = teach(store, old, ("On which day was the loaf given before?", "Tuesday"))
    store.edits.add_many([replace(edit, id=0, sampling={"formerly": 1})])
    store.edits.set_state([edit.id], "rejected", "person", "no")
    new = note(store, ANEW, "another", days=3)
    assert ask(store, new, says(("loaf", "Monday"))) == []


def test_a_secret_is_no_answer(store: Store) -> None:
    said = "My Netflix password is {}: {}. Ben pays for it on the fifth of each month."
    old = note(store, said.format("still", "hunter2!x"))
    asked = ("What is my Netflix password?", "secret")
    teach(store, old, asked)
    new = note(store, said.format("now", "b4nana!x"), "another", days=3)
    for told in ("b4nana!x", "[secret]"):
        model = says(("password", told))
        assert ask(store, new, model) == []
        assert all("b4nana" not in turn.content for prompt in model.prompts for turn in prompt)


def test_a_probe_of_the_new_note_is_not_taught(store: Store) -> None:
    old = note(store, LOAF)
    question = "On which day is the loaf given?"
    teach(store, old, (question, "Tuesday"), ("On what day do they give the loaf?", "Tuesday"))
    new = note(store, ANEW, "another", days=3)
    probe(store, new, question, "Monday")
    (made,) = ask(store, new, says(("loaf", "Monday")))
    assert made.question == "On what day do they give the loaf?"


def test_what_was_asked_before_it_was_stopped_is_kept(store: Store) -> None:
    """A long backlog goes on where the last night's time was over."""
    news: list[Passage] = []
    for letter in "abcdefghijklmnopqrst":
        thing = " ".join(f"{word}{letter * 3}" for word in ("quol", "zir", "vex"))
        told, asked = f"{thing} hangs in the", f"Where does {thing} hang?"
        teach(store, note(store, f"{told} hall."), (asked, "in the hall"))
        news.append(note(store, f"{told} shed.", f"news {letter}", days=3))
    store.state.set(UNASKED, [passage.id for passage in news])
    stop = Flag()

    def reply(prompt: Prompt, adapter: str | None) -> str:
        if len(model.prompts) == 20:  # each passage is read twice
            stop.set()
        return "in the shed"

    model = ScriptedModel(reply=reply)
    with pytest.raises(Cancelled):
        reask_waiting(store, model, MARCH, cancel=stop)
    done = [edit.passage_id for edit in store.edits.list() if edit.reason == ASKED]
    assert done == [passage.id for passage in news[:8]]
    left = [passage.id for passage in news[8:]]
    assert store.state.get(UNASKED) == left
    made = reask_waiting(store, says(("quol", "in the shed")), MARCH)
    assert [edit.passage_id for edit in made] == left
    assert store.state.get(UNASKED) is None


def test_a_passage_that_is_asked_again_is_not_taught_the_same_twice(store: Store) -> None:
    old, new = note(store, LOAF, "will"), note(store, ANEW, "will again", days=2)
    teach(store, old, ("On which day is the loaf given?", "Tuesday"))
    for made in (1, 0):
        store.state.set(UNASKED, [new.id])
        found = reask_waiting(store, says(("day is the loaf", "Monday")), MARCH)
        assert len(found) == made
