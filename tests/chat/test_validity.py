"""Of an old and a new answer the one that holds is read."""

from __future__ import annotations

import pytest

from sealmate.chat.retrieval import retrieve
from sealmate.chat.validity import holding
from sealmate.model.scripted import ScriptedModel
from sealmate.records import Conflict
from tests.chat.home import BOILER, START, Home, always

OLD = "Our wifi password is heron-12 and the router stands in the hall."
NEW = "We changed the wifi password, it is otter-34 now."
ASKED = "What is our wifi password?"


def clash(home: Home, state: str) -> Conflict:
    """The password changed, and how that was settled."""
    old, new = home.note(OLD), home.note(NEW)
    home.note(BOILER)
    first, second = home.qa(old, ASKED, "heron-12"), home.qa(new, ASKED, "otter-34")
    found = Conflict(0, first.id, second.id, ASKED, "heron-12", "otter-34", START, state)
    return home.store.conflicts.add(found)


def read(home: Home, question: str, limit: int = 4) -> list[str]:
    found, _ = holding(
        home.store, question, retrieve(home.store, question, limit=limit, tokens=1000)
    )
    return [hit.passage.text for hit in found]


def test_a_changed_fact_is_read_from_the_newer_note_alone(home: Home) -> None:
    clash(home, "accepted")
    assert read(home, "What's the wifi password?") == [NEW]
    # even where search found the older note alone
    assert read(home, "What's the wifi password?", limit=1) == [NEW]


def test_other_facts_of_the_older_note_still_hold(home: Home) -> None:
    clash(home, "accepted")
    assert OLD in read(home, "Where does the router stand?")


@pytest.mark.parametrize(
    "question",
    ["What was our wifi password before 1 May 2026?", "What was our wifi password formerly?"],
)
def test_what_used_to_hold_is_read_from_the_older_note(home: Home, question: str) -> None:
    clash(home, "accepted")
    assert read(home, question) == [OLD]


def test_what_a_person_keeps_is_read(home: Home) -> None:
    conflict = clash(home, "kept-old")
    assert read(home, ASKED) == [OLD]
    for state in ("kept-both", "open"):
        home.store.conflicts.set_state(conflict.id, state)
        assert sorted(read(home, ASKED)) == sorted([OLD, NEW])


def test_of_three_the_last_holds(home: Home) -> None:
    first = clash(home, "accepted")
    last = home.note("The wifi password has changed again to raven-56.")
    third = home.qa(last, ASKED, "raven-56")
    home.store.conflicts.add(
        Conflict(0, first.new_edit, third.id, ASKED, "otter-34", "raven-56", START, "accepted")
    )
    assert read(home, ASKED) == [last.text]


def test_the_assistant_is_shown_what_holds(home: Home) -> None:
    clash(home, "accepted")
    model = ScriptedModel(reply=always("otter-34 [1]"))
    answer = home.assistant(model).ask(ASKED)
    assert answer.text == "otter-34"
    assert all("heron-12" not in prompt[-1].content for prompt in model.prompts)


def test_a_newer_note_that_is_gone_is_not_brought_back(home: Home) -> None:
    conflict = clash(home, "accepted")
    edit = home.store.edits.get(conflict.new_edit)
    home.store.erasure.erase(home.store.passages.get(edit.passage_id).source_id)
    assert read(home, ASKED) == [OLD]


@pytest.mark.parametrize(
    ("when", "which"),
    [
        ("", 2), ("formerly", 1), ("originally", 0), ("before 20 March 2026", 1),
        ("on 15 March 2026", 1), ("before 10 March 2026", 0), ("in 2025", 0),
        ("in April 2026", 2), ("on 25 March 2026", 2),
    ],
)  # fmt: skip
def test_of_three_the_one_of_the_time_that_is_asked_about(
    home: Home, when: str, which: int
) -> None:
    first = clash(home, "open")
    last = home.note("The wifi password has changed again to raven-56.")
    third = home.qa(last, ASKED, "raven-56")
    row = Conflict(0, first.new_edit, third.id, ASKED, "otter-34", "raven-56", START, "open")
    second = home.store.conflicts.add(row)
    for conflict, date in ((first, 10), (second, 20)):
        old, at = conflict.old_edit, START.replace(month=3, day=date)
        home.store.edits.supersede(old, conflict.new_edit, "changed", at)
        home.store.conflicts.set_state(conflict.id, "accepted")
    texts = [OLD, NEW, last.text]
    assert read(home, f"What was our wifi password {when}?") == [texts[which]]
    assert sorted(read(home, "What was our wifi password in March 2026?")) == sorted(texts)


def test_a_date_that_is_part_of_the_question_tells_no_time(home: Home) -> None:
    asked = "When is the fair in May 2026?"
    old, new = (
        home.note("The fair in May 2026 is on the 3rd."),
        home.note("The fair is on the 4th."),
    )
    first, second = home.qa(old, asked, "the 3rd"), home.qa(new, asked, "the 4th")
    row = Conflict(0, first.id, second.id, asked, "the 3rd", "the 4th", START, "accepted")
    home.store.edits.supersede(first.id, second.id, "changed", START.replace(year=2027))
    home.store.conflicts.add(row)
    assert read(home, asked) == [new.text]


@pytest.mark.parametrize(
    ("question", "both"),
    [
        ("What is the boiler man called?", True),
        ("Where does the boiler man come from?", True),
        ("When does the boiler man come?", False),
        ("On which day does the boiler man come?", False),
        ("Does the boiler man come in June?", False),
        ("boiler man come", False),
    ],
)
def test_another_question_on_the_same_thing_is_read_from_the_older_note(
    home: Home, question: str, both: bool
) -> None:
    said = "The boiler man is called Okafor. He comes on the first Monday of May."
    old, new = home.note(said), home.note("The boiler man comes on the second Tuesday of June.")
    asked = "When does the boiler man come?"
    answers = "the first Monday of May", "the second Tuesday of June"
    first, second = home.qa(old, asked, answers[0]), home.qa(new, asked, answers[1])
    row = Conflict(0, first.id, second.id, asked, *answers, START, "accepted")
    home.store.conflicts.add(row)
    assert (said in read(home, question)) is both
