"""Files that are edited: what stays keeps its memory, what changed is a changed fact, and what was
corrected away gives back what it had taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from os import utime
from pathlib import Path

import pytest

from sealmate.edits.steps import step_back
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night import supersession
from sealmate.night.clashes import find_clashes
from sealmate.night.conflicts import settle_new, untrained
from sealmate.night.corrections import give_back
from sealmate.night.dates import Dates
from sealmate.night.ledger import UNASKED
from sealmate.night.reasking import reask_waiting
from sealmate.night.stepping import keep_up
from sealmate.night.supersession import successors, untrue_passages
from sealmate.records import Conflict, Edit, Passage, Source
from sealmate.sources import ingest
from sealmate.sources.ingest import Ingested
from sealmate.store import Store
from sealmate.store.reasons import FORMERLY
from tests.night.ledger import MARCH, note, probe, teach
from tests.store.build import START, version

LATER = MARCH + timedelta(days=9)
Take = Callable[..., Source]
VET = "# House\n\n## Vet\n\nOur vet is {}. The practice opens at nine.\n"
CODE = "\n## Gate\n\nThe gate code is {}.\n"


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Take:
    """Write a file and take it in as changed so many days after 3 March 2026."""

    def take(text: str, days: float = 0, name: str = "house.md") -> Source:
        path = tmp_path / name
        path.write_text(text)
        at = MARCH + timedelta(days=days)
        utime(path, (at.timestamp(), at.timestamp()))
        limit = 14 if "##" in text else 60  # a passage for each section
        *_, done = ingest(
            store, [path], count=lambda said: len(said.split()), limit=limit, clock=lambda: LATER
        )
        assert isinstance(done, Ingested)
        return done.added[0] if done.added else done.replaced[0][1]

    return take


def places(store: Store, source: Source) -> dict[str, Passage]:
    return {p.heading.rpartition(" > ")[2]: p for p in store.passages.of_source(source.id)}


def say(store: Store, place: Passage, *pairs: tuple[str, str], at: datetime = LATER) -> list[Edit]:
    """Accepted edits, written after whatever happened so far."""
    return store.edits.add_many(
        replace(edit, id=0, state="accepted", created_at=at)
        for edit in (Edit(0, place.id, "self-qa", f"{q} {a}", MARCH, q, a) for q, a in pairs)
    )


def settle(store: Store) -> list[Conflict]:
    return settle_new(store, untrained(store), LATER)


def told(store: Store) -> set[tuple[str, str]]:
    return {(e.question, e.answer) for e in store.edits.trainable() if e.reason != FORMERLY}


def past(store: Store) -> set[tuple[str, str]]:
    return {(e.question, e.answer) for e in store.edits.trainable() if e.reason == FORMERLY}


@pytest.fixture
def edited(store: Store, take: Take) -> Source:
    """A file that was learnt, then edited: the vet is another, the gate as it was."""
    first = take(VET.format("Anna") + CODE.format("4711"))
    at = places(store, first)
    teach(
        store, at["Vet"],
        ("Who is our vet?", "Anna"),
        ("Which vet do we have?", "Anna"),
        ("When does the practice open?", "at nine"),
    )  # fmt: skip
    teach(store, at["Gate"], ("What is the gate code?", "4711"))
    probe(store, at["Vet"], "Who is it that is our vet?", "Anna")
    card = probe(store, at["Gate"], "Which code has the gate?", "4711")
    store.probes.set_schedule(card.id, {"asked": 3}, LATER)
    store.versions.add(version(1), [edit.id for edit in store.edits.list()])
    store.versions.activate(1, "night")
    return take(VET.format("Maria") + CODE.format("4711"), days=5)


def test_passages_that_stay_keep_their_memory(store: Store, edited: Source) -> None:
    at = places(store, edited)
    assert [p.heading for p in store.passages.without_edits()] == ["House > Vet"]
    assert [e.question for e in store.edits.trainable()] == ["What is the gate code?"]
    (kept,) = store.probes.list()
    assert (kept.passage_id, kept.schedule, kept.due_at) == (at["Gate"].id, {"asked": 3}, LATER)
    assert store.pending().edits == 0


def test_a_fact_that_changed_in_a_file_is_a_changed_fact(store: Store, edited: Source) -> None:
    at = places(store, edited)
    (new, _) = say(
        store, at["Vet"], ("Who is our vet?", "Maria"), ("When does the practice open?", "at nine")
    )
    (conflict,) = settle(store)
    assert (conflict.old_answer, conflict.new_answer, conflict.state) == (
        "Anna", "Maria", "accepted",
    )  # fmt: skip
    for edit in store.edits.list(passage_id=store.edits.get(conflict.old_edit).passage_id):
        if edit.answer == "Anna" and edit.reason != FORMERLY:
            assert (edit.state, edit.superseded_by) == ("superseded", new.id)
            assert edit.valid_to == MARCH + timedelta(days=5)
    assert told(store) == {
        ("What is the gate code?", "4711"),
        ("Who is our vet?", "Maria"),
        ("When does the practice open?", "at nine"),
    }
    assert past(store) == {
        ("Who was our vet before 8 March 2026?", "Anna"),
        ("Who was our vet until 8 March 2026?", "Anna"),
        ("Who was our vet formerly?", "Anna"),
        ("In former times, who was our vet?", "Anna"),
        ("In former times, which vet did we have?", "Anna"),
    }
    assert settle(store) == []
    # The text that was replaced is not to be recited as a whole.
    old = store.edits.get(conflict.old_edit).passage_id
    assert old in untrue_passages(store)
    assert at["Gate"].id not in untrue_passages(store)
    assert successors(store) == {old: at["Vet"].id}


def test_what_vanished_from_a_file_is_no_conflict(store: Store, edited: Source) -> None:
    say(store, places(store, edited)["Vet"], ("Which practice opens at nine?", "the vet's"))
    assert settle(store) == []
    assert ("Who is our vet?", "Anna") not in told(store)


def test_what_the_newer_text_still_says_is_no_conflict(store: Store, take: Take) -> None:
    text = "The choir sings in the gym. Ursula takes the altos."
    first = take(text)
    (place,) = store.passages.of_source(first.id)
    teach(store, place, ("Where does the choir sing?", "in the gym"))
    second = take(f"{text} In June it sings in the church.", days=2)
    (place,) = store.passages.of_source(second.id)
    say(store, place, ("Where does the choir sing?", "in the church"))
    assert settle(store) == []


def test_what_stayed_in_a_file_speaks_against_nothing_it_left_out(store: Store, take: Take) -> None:
    first = take(VET.format("Anna") + CODE.format("4711"))
    at = places(store, first)
    say(store, at["Vet"], ("What is our code?", "4712"), at=START)
    say(store, at["Gate"], ("What is our code?", "4711"), at=START)
    take(VET.format("Maria") + CODE.format("4711"), days=5)
    assert settle(store) == []


def test_a_file_edited_twice_before_a_night(store: Store, edited: Source, take: Take) -> None:
    third = take(VET.format("Zoe") + CODE.format("4711"), days=6)
    say(store, places(store, third)["Vet"], ("Who is our vet?", "Zoe"))
    (conflict,) = settle(store)
    assert (conflict.old_answer, conflict.new_answer) == ("Anna", "Zoe")


def test_a_person_may_keep_what_a_file_does_not_say_any_more(store: Store, edited: Source) -> None:
    say(store, places(store, edited)["Vet"], ("Who is our vet?", "Maria"))
    (conflict,) = settle(store)
    before = told(store), past(store)
    supersession.keep_both(store, conflict.id)
    assert {("Who is our vet?", "Anna"), ("Who is our vet?", "Maria")} <= told(store)
    assert past(store) == set()
    assert {p.answer for p in store.probes.list()} == {"4711", "Anna"}
    assert settle(store) == []
    supersession.keep_old(store, conflict.id)
    assert ("Who is our vet?", "Maria") not in told(store)
    assert ("Who is our vet?", "Anna") in told(store)
    supersession.accept(store, conflict.id, LATER)
    assert (told(store), past(store)) == before
    assert {p.answer for p in store.probes.list()} == {"4711"}
    # Taken back altogether, what the file said before is still not what it says.
    supersession.undo(store, conflict.id)
    assert ("Who is our vet?", "Anna") not in told(store)
    assert {p.answer for p in store.probes.list()} == {"4711"}


def test_the_newer_text_is_asked_what_the_older_was(store: Store, edited: Source) -> None:
    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content.rpartition("Question: ")[2]
        return "Maria" if "vet" in asked else "The notes do not say."

    place = places(store, edited)["Vet"]
    store.state.set(UNASKED, [place.id])
    made = reask_waiting(store, ScriptedModel(reply=reply), LATER)
    assert [(edit.question, edit.answer) for edit in made] == [("Who is our vet?", "Maria")]
    assert [c.state for c in settle(store)] == ["accepted"]


def test_forgetting_the_file_takes_its_past_along(store: Store, edited: Source) -> None:
    say(store, places(store, edited)["Vet"], ("Who is our vet?", "Maria"))
    settle(store)
    store.sources.mark_forgotten(edited.id)
    assert store.edits.trainable() == []
    store.erasure.erase(edited.id)
    assert (store.edits.list(), store.conflicts.list(), store.sources.list(None)) == ([], [], [])


@pytest.fixture
def corrected(store: Store, take: Take) -> Source:
    """A note was superseded by a file."""
    old = note(store, "4711 opens it, they say.")
    teach(store, old, ("What is the gate code?", "4711"))
    probe(store, old, "Which code has the gate?", "4711")
    newer = take(VET.format("Anna") + CODE.format("4712"), days=3)
    say(store, places(store, newer)["Gate"], ("What is the gate code?", "4712"))
    assert [c.state for c in settle(store)] == ["accepted"]
    assert told(store) == {("What is the gate code?", "4712")}
    return newer


def test_a_fact_holds_again_when_the_newer_file_does_not_tell_otherwise(
    store: Store, corrected: Source, take: Take
) -> None:
    assert give_back(store) == []
    take(VET.format("Anna") + "\n## Gate\n\nThe gate has been painted.\n", days=5)
    assert settle(store) == []
    assert [c.state for c in give_back(store)] == ["kept-old"]
    assert told(store) == {("What is the gate code?", "4711")}
    assert past(store) == set()
    assert [p.answer for p in store.probes.list()] == ["4711"]
    assert give_back(store) == []
    # And should the file say it again, it is a conflict again.
    again = take(VET.format("Anna") + CODE.format("4712"), days=6)
    say(store, places(store, again)["Gate"], ("What is the gate code?", "4712"))
    assert [c.state for c in settle(store)] == ["accepted"]
    assert told(store) == {("What is the gate code?", "4712")}


def test_a_fact_stays_superseded_while_the_file_tells_it_in_other_words(
    store: Store, corrected: Source, take: Take
) -> None:
    take(VET.format("Anna") + "\n## Gate\n\nPress 4712, which is the code, at the gate.\n", days=5)
    assert settle(store) == []
    assert give_back(store) == []
    assert told(store) == set()


def test_a_third_answer_of_the_file_keeps_the_first_superseded(
    store: Store, corrected: Source, take: Take
) -> None:
    third = take(VET.format("Anna") + CODE.format("4713"), days=5)
    say(store, places(store, third)["Gate"], ("What is the gate code?", "4713"))
    assert [(c.old_answer, c.new_answer) for c in settle(store)] == [("4712", "4713")]
    assert give_back(store) == []
    assert told(store) == {("What is the gate code?", "4713")}
    # until the file has none of them
    take(VET.format("Anna"), days=6)
    assert [c.old_answer for c in give_back(store)] == ["4711"]
    assert told(store) == {("What is the gate code?", "4711")}


def test_what_was_superseded_does_not_come_back_into_a_text_that_was_replaced(
    store: Store, take: Take
) -> None:
    first = take(VET.format("Anna") + CODE.format("4711"))
    teach(store, places(store, first)["Gate"], ("What is the gate code?", "4711"))
    newer = note(store, "The gate has the code 4712 these days.", days=3)
    teach(store, newer, ("What is the gate code?", "4712"))
    (conflict,) = settle(store)
    take(VET.format("Anna"), days=5)
    supersession.undo(store, conflict.id)
    assert told(store) == {("What is the gate code?", "4712")}


@pytest.mark.parametrize(
    ("apart", "states"), [(timedelta(days=2), ["accepted"]), (timedelta(seconds=2), ["open"])]
)
def test_files_of_one_copy_are_not_older_or_newer(
    store: Store, take: Take, apart: timedelta, states: list[str]
) -> None:
    """The later name does not win; the older file, taken in later, does not either."""
    newer = take("The gate code is 4712 now, they changed it.", 4, "a.txt")
    older = take("4711 opens the gate.", 4 - apart / timedelta(days=1), "b.txt")
    for source, answer in ((newer, "4712"), (older, "4711")):
        (place,) = store.passages.of_source(source.id)
        say(store, place, ("What is the gate code?", answer))
    assert [c.state for c in settle(store)] == states
    both = {("What is the gate code?", "4712"), ("What is the gate code?", "4711")}
    assert told(store) == (both if states == ["open"] else {("What is the gate code?", "4712")})
    assert len({c.old.answer for c in find_clashes(store, store.edits.trainable())}) <= 1


def test_a_file_is_as_old_as_its_last_change(store: Store, take: Take, tmp_path: Path) -> None:
    def dated(days: float, name: str) -> datetime:
        return take(f"This is {name}.", days, name).created_at

    assert dated(4, "a.txt") == MARCH + timedelta(days=4)
    assert dated(400, "b.txt") == LATER  # no file is of tomorrow
    assert dated(-25_000, "c.txt") == LATER  # 1957: no time at all
    # What it says now it did not say before, whatever a copy made of its time.
    assert take("This is a.txt again.", 2, "a.txt").created_at == MARCH + timedelta(days=4)


@pytest.mark.parametrize(
    ("settled", "holds"),
    [(supersession.keep_old, {"4711"}), (supersession.keep_both, {"4711", "4712"})],
)
def test_what_a_person_settled_stays_so_when_the_file_is_mended(
    store: Store, corrected: Source, take: Take,
    settled: Callable[[Store, int], Conflict], holds: set[str],
) -> None:  # fmt: skip
    (conflict,) = store.conflicts.list()
    settled(store, conflict.id)
    mended = take(VET.format("Anna") + CODE.format("4712").replace("is", "now is"), days=5)
    say(store, places(store, mended)["Gate"], ("What is the gate code?", "4712"))
    settle(store)
    assert {answer for _, answer in told(store)} == holds
    assert "accepted" not in {row.state for row in store.conflicts.list()}
    # a third answer is another matter
    third = take(VET.format("Anna") + CODE.format("4713"), days=6)
    say(store, places(store, third)["Gate"], ("What is the gate code?", "4713"))
    assert [row.state for row in settle(store)][-1] == "accepted"
    assert ("What is the gate code?", "4713") in told(store)


def test_the_last_word_of_a_person_counts(store: Store, corrected: Source, take: Take) -> None:
    (first,) = store.conflicts.list()
    supersession.keep_old(store, first.id)
    mended = take(VET.format("Anna") + CODE.format("4712").replace("is", "now is"), days=5)
    say(store, places(store, mended)["Gate"], ("What is the gate code?", "4712"))
    (second,) = settle(store)
    assert second.state == "kept-old"
    supersession.accept(store, second.id, LATER)
    again = take(VET.format("Anna") + CODE.format("4712").replace("is", "is now"), days=6)
    say(store, places(store, again)["Gate"], ("What is the gate code?", "4712"))
    settle(store)
    assert told(store) == {("What is the gate code?", "4712")}


def test_a_person_who_kept_both_is_not_asked_when_the_older_file_is_mended(
    store: Store, take: Take
) -> None:
    """Which of the two is newer then is the other way round."""
    asked = "What is the gate code?"
    first = take(CODE.format("4711"), name="old.md")
    say(store, store.passages.of_source(first.id)[0], (asked, "4711"))
    second = take(CODE.format("4712"), days=3, name="new.md")
    say(store, store.passages.of_source(second.id)[0], (asked, "4712"))
    (conflict,) = settle(store)
    supersession.keep_both(store, conflict.id)
    mended = take(CODE.format("4711").replace("is", "is still"), days=6, name="old.md")
    say(store, store.passages.of_source(mended.id)[0], (asked, "4711"))
    assert settle(store) == []
    assert told(store) == {(asked, "4711"), (asked, "4712")}


def test_a_person_who_settled_one_fact_said_nothing_about_another(store: Store, take: Take) -> None:
    bins, choir = "On which day is the bin emptied?", "On which day is choir practice?"
    first = take("The bin is emptied on Monday. Choir practice is on Monday.", name="old.md")
    place = store.passages.of_source(first.id)[0]
    say(store, place, (bins, "Monday"), (choir, "Monday"))
    second = take("They empty the bin on Tuesday.", days=3, name="new.md")
    say(store, store.passages.of_source(second.id)[0], (bins, "Tuesday"))
    (conflict,) = settle(store)
    supersession.keep_old(store, conflict.id)
    third = take("Choir practice has moved to Tuesday, for good.", days=5, name="new.md")
    say(store, store.passages.of_source(third.id)[0], (choir, "Tuesday"))
    assert [(row.question, row.state) for row in settle(store)] == [(choir, "accepted")]


def test_what_a_night_gave_back_is_no_word_of_a_person(
    store: Store, corrected: Source, take: Take
) -> None:
    """The answer that is told again had been superseded by a third one before."""
    third = take(VET.format("Anna") + CODE.format("4713"), days=5)
    say(store, places(store, third)["Gate"], ("What is the gate code?", "4713"))
    settle(store)
    take(VET.format("Anna"), days=6)
    assert give_back(store)
    again = take(VET.format("Anna") + CODE.format("4712"), days=7)
    say(store, places(store, again)["Gate"], ("What is the gate code?", "4712"))
    settle(store)
    assert told(store) == {("What is the gate code?", "4712")}


def test_words_that_were_deleted_from_a_file_lead_nowhere(store: Store, take: Take) -> None:
    asked = "Who is our babysitter?"
    teach(store, note(store, "Our babysitter is Anna."), (asked, "Anna"))
    long = take("Our babysitter is Maria now, who was in rehab until May.\n", days=2, name="b.md")
    say(store, store.passages.of_source(long.id)[0], (asked, "Maria"))
    settle(store)
    assert keep_up(store, LATER) == 1
    short = take("Our babysitter is Maria now.\n", days=4, name="b.md")
    say(store, store.passages.of_source(short.id)[0], (asked, "Maria"))
    settle(store)
    give_back(store)
    assert keep_up(store, LATER) == 1
    assert [q for q, _ in past(store) if "rehab" in q] == []
    assert (step_back("Maria", "Our babysitter is Maria now."), "Anna") in past(store)


VETS = "Our vet is Dr Hall, {}. The bins go out on Tuesdays.\n"
FLATS = (
    "## Flat 1\n\nThe code is {} and the key hangs in the hall.\n\n"
    "## Flat 2\n\nThe code is {} and the key hangs in the hall.\n"
)
VET_IS, BINS = "Who is our vet?", "When do the bins go out?"


def tell(store: Store, source: Source, *pairs: tuple[str, str]) -> list[Conflict]:
    """The night after a file was taken in: what its last passage says, and what that changes."""
    say(store, store.passages.of_source(source.id)[-1], *pairs)
    return settle(store)


@pytest.fixture
def moved_on(store: Store, take: Take) -> Passage:
    """A file told who the vet was, and a later note that it is another."""
    tell(store, take(VETS.format("Mill Street")), (VET_IS, "Dr Hall"), (BINS, "Tuesdays"))
    new = note(store, "We have a new vet from today, Dr Lane in Park Lane.", days=3)
    say(store, new, (VET_IS, "Dr Lane"))
    (row,) = settle(store)
    assert (row.new_answer, row.state) == ("Dr Lane", "accepted")
    return new


def test_an_old_fact_is_no_newer_for_a_line_that_was_added(
    store: Store, take: Take, moved_on: Passage
) -> None:
    text = VETS.format("Mill Street") + "The chimney sweep comes in October.\n"
    rows = tell(
        store, take(text, days=6),
        (VET_IS, "Dr Hall"), (BINS, "Tuesdays"), ("When does the chimney sweep come?", "October"),
    )  # fmt: skip
    assert [(row.old_answer, row.new_answer, row.state) for row in rows] == [
        ("Dr Hall", "Dr Lane", "accepted")
    ]
    assert store.edits.get(rows[0].old_edit).valid_to == MARCH + timedelta(days=3)
    holds = {(VET_IS, "Dr Lane"), (BINS, "Tuesdays")}
    assert told(store) == {*holds, ("When does the chimney sweep come?", "October")}
    assert ("Who was our vet formerly?", "Dr Hall") in past(store)


def test_what_a_person_accepted_stays_so_when_a_line_is_added(store: Store, take: Take) -> None:
    asked = "Who looks after our dog?"
    tell(store, take(VETS.format("Mill Street")), (asked, "Dr Hall"))
    say(store, note(store, "I hear Dr Lane is it.", days=3), (asked, "Dr Lane"))
    (row,) = settle(store)
    assert row.state == "open"
    supersession.accept(store, row.id, LATER)
    longer = take(VETS.format("Mill Street") + "The roof is new.\n", days=6)
    assert [row.state for row in tell(store, longer, (asked, "Dr Hall"))] == ["accepted"]
    assert told(store) == {(asked, "Dr Lane")}


def test_an_old_fact_is_no_newer_for_another_section_that_was_edited(
    store: Store, take: Take
) -> None:
    """Edited on the day of the note, before the night."""
    first = take(VET.format("Dr Hall") + CODE.format("4711"))
    say(store, places(store, first)["Vet"], (VET_IS, "Dr Hall"))
    new = note(store, "We have a new vet from today, Dr Lane.", days=3)
    second = take(VET.format("Dr Hall") + CODE.format("4712"), days=3.2)
    say(store, new, (VET_IS, "Dr Lane"))
    say(store, places(store, second)["Gate"], ("What is the gate code?", "4712"))
    assert [(row.new_answer, row.state) for row in settle(store)] == [("Dr Lane", "accepted")]
    assert (VET_IS, "Dr Lane") in told(store)


def test_a_sentence_that_was_really_edited_is_as_new_as_the_edit(
    store: Store, take: Take, moved_on: Passage
) -> None:
    (row,) = tell(
        store, take("Our vet is Dr Hall again, Mill Street.", days=6), (VET_IS, "Dr Hall")
    )
    assert (row.old_answer, row.new_answer, row.state) == ("Dr Lane", "Dr Hall", "accepted")
    assert store.edits.get(row.old_edit).valid_to == MARCH + timedelta(days=6)
    # and from then on it is as old as that
    text = "Our vet is Dr Hall again, Mill Street. The roof is new."
    assert tell(store, take(text, days=7), (VET_IS, "Dr Hall")) == []
    assert told(store) == {(VET_IS, "Dr Hall")}


def test_something_else_that_was_edited_in_its_sentence_leaves_it_open(
    store: Store, take: Take, moved_on: Passage
) -> None:
    (row,) = tell(store, take(VETS.format("Elm Road"), days=6), (VET_IS, "Dr Hall"))
    assert (row.old_answer, row.new_answer, row.state) == ("Dr Lane", "Dr Hall", "open")


def test_an_answer_that_came_back_is_as_new_as_its_return(store: Store, take: Take) -> None:
    def at(days: float, answer: str) -> datetime:
        (edit,) = say(
            store,
            store.passages.of_source(take(f"The gate code is {answer}.", days).id)[0],
            ("What is the gate code?", answer),
        )
        return Dates(store).told(edit)

    first, second, third = at(0, "4711"), at(2, "4712"), at(4, "4711")
    assert [first, second, third] == [MARCH + timedelta(days=days) for days in (0, 2, 4)]


@pytest.mark.parametrize(
    ("before", "now", "days"),
    [
        ("## Flat 1\n\nThe code is 4711.\n", "## First flat\n\nThe code is 4711.\n", 0),
        ("- Code: 4711\n", "1. Bins: Monday\n2. Code: 4711\n", 0),
        ("The code\nis 4711.\n", "The code is\n4711.\n", 0),
        ("The code is 4712.\n", "The code is 4711.\n", 4),
        ("The code is 47112.\n", "The code is 4711.\n", 4),
        (FLATS.format("4711", "4712"), FLATS.format("4711", "4711"), 4),
    ],
)  # fmt: skip
def test_what_was_said_before_is_the_same_words_in_the_same_place(
    store: Store, take: Take, before: str, now: str, days: int
) -> None:
    take(before)
    last = store.passages.of_source(take(now, days=4).id)[-1]
    (edit,) = say(store, last, ("What is the code?", "4711"))
    assert Dates(store).told(edit) == MARCH + timedelta(days=days)


def test_a_line_that_was_added_is_not_asked_what_a_newer_note_was(
    store: Store, take: Take, moved_on: Passage
) -> None:
    longer = take(VETS.format("Mill Street") + "The chimney sweep comes in October.\n", days=6)
    (place,) = store.passages.of_source(longer.id)
    model = ScriptedModel(reply=lambda *_: "Dr Hall")
    store.state.set(UNASKED, [place.id])
    made = reask_waiting(store, model, LATER)
    # what its own file was asked before is no question of the note
    of = {store.edits.get(edit.sampling["asked_of"]).passage_id for edit in made}
    assert moved_on.id not in of


def test_a_note_is_asked_what_an_older_section_of_a_newer_file_was(
    store: Store, take: Take
) -> None:
    first = take(VET.format("Dr Hall") + CODE.format("4711"))
    say(store, places(store, first)["Vet"], (VET_IS, "Dr Hall"))
    new = note(store, "We have a new vet from today, Dr Lane.", days=3)
    take(VET.format("Dr Hall") + CODE.format("4712"), days=3.2)
    model = ScriptedModel(reply=lambda *_: "Dr Lane")
    store.state.set(UNASKED, [new.id])
    made = reask_waiting(store, model, LATER)
    assert [(edit.question, edit.answer) for edit in made] == [(VET_IS, "Dr Lane")]


def test_an_answer_holds_since_its_sentence_came_into_the_file(store: Store, take: Take) -> None:
    teach(store, note(store, "Our vet is Dr Hall."), (VET_IS, "Dr Hall"))
    take("Our vet is Dr Lane, Park Lane.\n", days=2)
    longer = take("Our vet is Dr Lane, Park Lane.\nThe roof is new.\n", days=5)
    (row,) = tell(store, longer, (VET_IS, "Dr Lane"))
    assert store.edits.get(row.old_edit).valid_to == MARCH + timedelta(days=2)
