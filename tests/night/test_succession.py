"""Forgetting a note in the middle of a chain of changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.night import supersession
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import forget
from sealmate.night.ledger import UNASKED
from sealmate.night.reasking import ASKED as REASKED
from sealmate.records import Conflict, Edit, Passage
from sealmate.store.reasons import FORMERLY
from sealmate.times import day
from tests.night.ledger import MARCH, note, probe, teach
from tests.versions.build import Lab, open_lab

ASKED = "What is the gate code?"
AGAIN = "Which code opens the gate?"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = open_lab(tmp_path / "home", tmp_path)
    yield found
    found.store.close()


def tell(lab: Lab, code: str, days: int, question: str = ASKED) -> int:
    """A note with the code; the id of its source."""
    place = note(lab.store, f"{code} opens it.", f"news {days}", days)
    probe(lab.store, place, question, code)
    settle_new(lab.store, teach(lab.store, place, (question, code), (AGAIN, code)), MARCH)
    return place.source_id


def present(lab: Lab) -> list[str]:
    """The codes that are trained as what holds."""
    edits = lab.store.edits.trainable()
    return sorted({edit.answer for edit in edits if FORMERLY not in edit.sampling})


def former(lab: Lab) -> dict[str, str]:
    """The questions after what used to hold that are trained, with their answers."""
    found = [edit for edit in lab.store.edits.trainable() if FORMERLY in edit.sampling]
    asked = {edit.question: edit.answer for edit in found}
    assert len(asked) == len(found), "one question has two answers"
    return asked


def rows(lab: Lab) -> list[tuple[str, str, str]]:
    return [(c.old_answer, c.new_answer, c.state) for c in lab.store.conflicts.list()]


def of(lab: Lab, answer: str) -> list[Edit]:
    found = lab.store.edits.list()
    return [e for e in found if e.answer == answer and FORMERLY not in e.sampling]


def dated(lab: Lab, source: int) -> str:
    return day(lab.store.sources.get(source).created_at)


def test_the_oldest_does_not_come_back(lab: Lab) -> None:
    tell(lab, "4711", 0)
    middle = tell(lab, "4712", 5)
    last = tell(lab, "4713", 9)
    assert present(lab) == ["4713"]
    hidden = dated(lab, middle)
    done = forget(lab.store, lab.paths, [middle], lab.clock)
    assert (present(lab), done.restored) == (["4713"], ())
    assert ("4711", "4713", "accepted") in rows(lab)
    assert not [row for row in rows(lab) if "4712" in row]
    (newest,) = {e.id for e in of(lab, "4713") if e.question == ASKED}
    since = lab.store.sources.get(last).created_at
    assert {e.question for e in of(lab, "4711")} == {ASKED, AGAIN}
    for edit in of(lab, "4711"):
        assert (edit.state, edit.valid_to) == ("superseded", since)
        assert edit.superseded_by is not None
    assert newest in {e.superseded_by for e in of(lab, "4711")}
    assert former(lab)["What was the gate code formerly?"] == "4711"
    assert former(lab)[f"What was the gate code before {dated(lab, last)}?"] == "4711"
    # When the forgotten note came is forgotten with it.
    assert not [e for e in lab.store.edits.list() if hidden in e.question]
    assert [p.answer for p in lab.store.probes.list()] == ["4713"]


def test_two_forgotten_in_a_row(lab: Lab) -> None:
    tell(lab, "4711", 0)
    gone = [tell(lab, "4712", 5), tell(lab, "4713", 7)]
    tell(lab, "4714", 9)
    forget(lab.store, lab.paths, gone, lab.clock)
    assert present(lab) == ["4714"]
    assert set(rows(lab)) == {("4711", "4714", "accepted")}
    assert former(lab)["What was the gate code formerly?"] == "4711"


def test_the_last_before_the_present_one_stays_what_was_formerly(lab: Lab) -> None:
    tell(lab, "4711", 0)
    gone = tell(lab, "4712", 5)
    third = tell(lab, "4713", 7)
    fourth = tell(lab, "4714", 9)
    forget(lab.store, lab.paths, [gone], lab.clock)
    assert present(lab) == ["4714"]
    assert set(rows(lab)) == {("4711", "4713", "accepted"), ("4713", "4714", "accepted")}
    asked = former(lab)
    assert asked["What was the gate code formerly?"] == "4713"
    assert asked[f"What was the gate code before {dated(lab, fourth)}?"] == "4713"
    assert asked[f"What was the gate code before {dated(lab, third)}?"] == "4711"
    # And it is undone as if it had always been so.
    forget(lab.store, lab.paths, [fourth], lab.clock)
    assert present(lab) == ["4713"]
    assert former(lab)["What was the gate code formerly?"] == "4711"


def test_an_answer_that_came_back_by_itself_holds(lab: Lab) -> None:
    tell(lab, "4711", 0)
    gone = tell(lab, "4712", 5)
    tell(lab, "4711", 9)
    forget(lab.store, lab.paths, [gone], lab.clock)
    assert present(lab) == ["4711"]
    assert rows(lab) == []
    assert former(lab) == {}


def test_an_answer_that_came_back_and_went_again(lab: Lab) -> None:
    tell(lab, "4711", 0)
    gone = tell(lab, "4712", 5)
    tell(lab, "4711", 7)
    tell(lab, "4713", 9)
    forget(lab.store, lab.paths, [gone], lab.clock)
    assert present(lab) == ["4713"]
    assert {(old, new) for old, new, _ in rows(lab)} == {("4711", "4713")}


def test_both_were_kept(lab: Lab) -> None:
    tell(lab, "4711", 0)
    gone = tell(lab, "4712", 5)
    tell(lab, "4713", 9)
    for conflict in lab.store.conflicts.list():
        if (conflict.old_answer, conflict.new_answer) == ("4712", "4713"):
            supersession.keep_both(lab.store, conflict.id)
    assert present(lab) == ["4712", "4713"]
    forget(lab.store, lab.paths, [gone], lab.clock)
    assert present(lab) == ["4713"]
    assert set(rows(lab)) == {("4711", "4713", "accepted")}


def test_the_newest_goes_and_the_one_before_it_holds_again(lab: Lab) -> None:
    tell(lab, "4711", 0)
    second = tell(lab, "4712", 5)
    last = tell(lab, "4713", 9)
    forget(lab.store, lab.paths, [last], lab.clock)
    assert present(lab) == ["4712"]
    assert former(lab)["What was the gate code formerly?"] == "4711"
    since = lab.store.sources.get(second).created_at
    past = [edit for edit in lab.store.edits.trainable() if FORMERLY in edit.sampling]
    assert {edit.valid_to for edit in past} == {since}  # taught as what was, not as what is


WHO = "Who repairs the boiler?"


def reasked(lab: Lab, of: Edit, place: Passage, answer: str) -> Edit:
    """What a newer note was asked in the words of an older one."""
    how = {"asked_of": of.id, "own": False}
    made = replace(of, id=0, passage_id=place.id, answer=answer, reason=REASKED, sampling=how)
    return lab.store.edits.add_many([made])[0]


def settle(lab: Lab, old: Edit, new: Edit, state: str = "accepted") -> None:
    row = lab.store.conflicts.add(
        Conflict(0, old.id, new.id, new.question, old.answer, new.answer, MARCH, "open")
    )
    if state == "accepted":
        supersession.accept(lab.store, row.id, MARCH)
    else:
        supersession.keep_old(lab.store, row.id)


@pytest.mark.parametrize("own", [(), ("Which man repairs the boiler?",)])
def test_an_outdated_answer_does_not_come_back_while_the_note_that_changed_it_stays(
    lab: Lab, own: tuple[str, ...]
) -> None:
    store = lab.store
    first = note(store, "Okafor repairs the boiler, he is good.", "first")
    third = note(store, "The boiler: Okafor repairs it.", "third", 1)
    fourth = note(store, "Boiler repairs: Okafor.", "fourth", 2)
    newer = note(store, "The boiler: now it is Bauer, the new man.", "newer", 9)
    (a,) = teach(store, first, (WHO, "Okafor"))
    c, reworded = teach(store, third, (WHO, "Okafor"), ("Who is the boiler man?", "Okafor"))
    (d,) = teach(store, fourth, (WHO, "Okafor"))
    probe(store, third, WHO, "Okafor")
    b = reasked(lab, a, newer, "Bauer")
    mine = teach(store, newer, *((question, "Bauer") for question in own))
    for old in (a, c, d):
        settle(lab, old, b)
    store.edits.supersede(reworded.id, b.id, store.edits.get(c.id).reason, MARCH)
    lab.publish((b.id,))
    done = forget(store, lab.paths, [first.source_id], lab.clock)
    assert (done.restored, done.purged) == ((), (1,))
    assert present(lab) == ["Bauer"]
    (heir,) = of(lab, "Bauer")
    assert (heir.id in [edit.id for edit in mine]) == bool(own)
    assert heir.passage_id == newer.id
    assert heir.question == (*own, WHO)[0]
    if not own:
        assert (heir.reason, heir.sampling) == (REASKED, {"asked_of": c.id, "own": False})
    assert rows(lab) == [("Okafor", "Bauer", "accepted")] * 2
    for edit in map(store.edits.get, (c.id, reworded.id, d.id)):
        assert (edit.state, edit.superseded_by) == ("superseded", heir.id)
    assert "Okafor" in former(lab).values()
    assert store.probes.list() == []
    assert store.state.get(UNASKED) == [newer.id]
    # when that one goes as well, the older answer holds again
    forget(store, lab.paths, [newer.source_id], lab.clock)
    assert present(lab) == ["Okafor"]
    assert {e.id for e in store.edits.trainable()} >= {c.id, reworded.id, d.id}


def test_where_the_note_cannot_be_asked_in_other_words_the_older_answer_stays_down(
    lab: Lab,
) -> None:
    store = lab.store
    first = note(store, "Okafor repairs the boiler.", "first")
    third = note(store, "Our boiler from Junkers: Okafor repairs it.", "third", 1)
    newer = note(store, "The boiler is repaired by Bauer now.", "newer", 9)
    (a,) = teach(store, first, (WHO, "Okafor"))
    (c,) = teach(store, third, ("Who repairs the boiler from Junkers?", "Okafor"))
    b = reasked(lab, a, newer, "Bauer")
    settle(lab, a, b)
    settle(lab, c, b)
    done = forget(store, lab.paths, [first.source_id], lab.clock)
    assert done.restored == ()
    assert (present(lab), rows(lab)) == ([], [])
    assert store.edits.get(c.id).state == "superseded"
    assert store.state.get(UNASKED) == [newer.id]


def test_what_a_person_kept_stays_kept_in_other_words(lab: Lab) -> None:
    store = lab.store
    first = note(store, "Okafor repairs the boiler.", "first")
    kept = note(store, "The boiler is repaired by Bauer now.", "kept", 3)
    newest = note(store, "The boiler: Lem repairs it.", "newest", 9)
    (a,) = teach(store, first, (WHO, "Okafor"))
    b = reasked(lab, a, kept, "Bauer")
    d, reworded = teach(store, newest, (WHO, "Lem"), ("Who is the boiler man?", "Lem"))
    settle(lab, a, b)
    settle(lab, b, d, "kept-old")
    store.edits.set_state([reworded.id], "rejected", "person", store.edits.get(d.id).reason)
    forget(store, lab.paths, [first.source_id], lab.clock)
    assert (present(lab), rows(lab)) == (["Bauer"], [("Bauer", "Lem", "kept-old")])
    assert {store.edits.get(key).state for key in (d.id, reworded.id)} == {"rejected"}
