"""Of an old and a new answer the one that holds is read."""

from __future__ import annotations

import pytest

from sealmate.chat.retrieval import retrieve
from sealmate.chat.validity import holding
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night.supersession import accept
from sealmate.prompts import NOT_SAID
from sealmate.records import Conflict, Passage
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


VETS = (
    "Our vet is Dr Hall in Mill Street.",
    "Our new vet is Dr Lane.",
    "We have changed to another vet, Dr Okoro.",
)


def vets(home: Home) -> list[Passage]:
    """Three vets, one after the other."""
    names, asked = ("Dr Hall in Mill Street", "Dr Lane", "Dr Okoro"), "Who is our vet?"
    notes = [home.note(text) for text in VETS]
    edits = [home.qa(note, asked, name) for note, name in zip(notes, names, strict=True)]
    for n, day in ((0, 10), (1, 20)):
        old, new = edits[n], edits[n + 1]
        row = Conflict(0, old.id, new.id, asked, old.answer, new.answer, START, "accepted")
        home.store.conflicts.add(row)
        home.store.edits.supersede(old.id, new.id, "changed", START.replace(month=3, day=day))
    return notes


@pytest.mark.parametrize(
    ("when", "which", "asked"),
    [
        ("before Dr Lane", 0, "Who was our vet?"),
        ("before Lane came", 0, "Who was our vet?"),
        ("until Dr Lane", 0, "Who was our vet?"),
        ("before Dr Okoro", 1, "Who was our vet?"),
        ("before we moved", 1, "Who was our vet?"),
        # before the first of all nobody is known: the note is asked whether it tells of anybody
        ("before Dr Hall", 0, "Who was our vet before Dr Hall?"),
    ],
)
def test_before_somebody_is_what_they_took_the_place_of(
    home: Home, when: str, which: int, asked: str
) -> None:
    vets(home)
    question = f"Who was our vet {when}?"
    found, put = holding(home.store, question, retrieve(home.store, question, limit=4, tokens=1000))
    assert [hit.passage.text for hit in found] == [VETS[which]]
    assert put == asked


def test_the_assistant_tells_who_it_was_before_somebody(home: Home) -> None:
    notes = vets(home)

    def reply(prompt: Prompt, adapter: str | None) -> str:
        shown = prompt[-1].content
        named = [name for name in ("Dr Hall", "Dr Lane", "Dr Okoro") if name in shown]
        return f"{named[0]} [1]" if "Question: Who was our vet?" in shown else NOT_SAID

    assistant = home.assistant(ScriptedModel(reply=reply))
    for name, said, note in (("Dr Lane", "Dr Hall", 0), ("Dr Okoro", "Dr Lane", 1)):
        answer = assistant.ask(f"Who was our vet before {name}?")
        assert answer.text == said
        assert [source["passage"] for source in answer.sources] == [notes[note].id]
    assert assistant.ask("Who was our vet before Dr Hall?").abstained


def test_an_answer_that_only_repeats_the_time_it_was_asked_of_is_none(home: Home) -> None:
    clash(home, "accepted")
    model = ScriptedModel(reply=always("heron-12 [1]"))
    question = "What was our wifi password before the router heron-12?"
    for pieces in ([], None):
        on_piece = None if pieces is None else pieces.append
        answer = home.assistant(model).ask(question, on_piece=on_piece)
        assert (answer.text, answer.abstained, answer.sources) == (NOT_SAID, True, ())
        assert pieces in ([NOT_SAID], None)
    asked = ["What was our wifi password formerly?", question]
    assert [a.text for a in home.assistant(model).ask_many(asked)] == ["heron-12", NOT_SAID]


@pytest.mark.parametrize(
    ("said", "asked", "other", "new"),
    [
        ("Phone numbers: Tom 0171 496 0123, Anna 0171 496 0555.",
         "What is Tom's phone number?", "What is Anna's phone number?",
         "Tom's new phone number is 0171 496 0999."),
        ("Codes: front door 4711, back door 0815.", "What is the code of the front door?",
         "What is the code of the back door?", "The code of the front door is 1234 now."),
        ("Piano lessons: Mia on Monday, Ben on Friday.", "When does Mia have piano lessons?",
         "When does Ben have piano lessons?", "Mia has piano lessons on Tuesday now."),
        ("Bins: paper on Monday, glass on Friday.", "What day is the paper bin collected?",
         "What day is the glass bin collected?", "The paper bin is collected on Tuesday now."),
        ("We pay 80 euros for electricity and 60 for gas.",
         "What does the electricity cost a month?", "What does the gas cost a month?",
         "The electricity costs 95 euros a month now."),
        ("Shoe sizes: mine is 41, hers is 38.", "What is my shoe size?",
         "What is her shoe size?", "My shoe size is 42 now."),
        ("Phone numbers: the plumber 0171 496 0123, mine 0171 496 0555.",
         "What is the plumber's phone number?", "What is my phone number?",
         "The plumber's phone number is 0171 496 0999 now."),
        ("Rent: flat 4 pays 850 euros, flat 5 pays 700.", "What is the rent of flat 4?",
         "What is the rent of flat 5?", "The rent of flat 4 is 900 euros now."),
    ],
)  # fmt: skip
def test_what_changed_for_one_is_no_answer_for_another(
    home: Home, said: str, asked: str, other: str, new: str
) -> None:
    old, newer = home.note(said), home.note(new)
    first, second = home.qa(old, asked, "the old one"), home.qa(newer, asked, "the new one")
    row = Conflict(0, first.id, second.id, asked, "the old one", "the new one", START, "accepted")
    home.store.conflicts.add(row)
    assert said in read(home, other)
    assert read(home, asked) == [new]


@pytest.mark.parametrize(
    "question",
    [
        "What's the wifi password?", "what is our wifi password", "Is our wifi password heron-12?",
        "Is otter-34 our wifi password?", "What is our wifi password at the moment?",
        "What is the new wifi password?", "What is our wifi's password?", "wifi password",
    ],
)  # fmt: skip
def test_another_wording_is_read_from_the_newer_note_alone(home: Home, question: str) -> None:
    clash(home, "accepted")
    assert OLD not in read(home, question)


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


@pytest.mark.parametrize(
    ("older", "newer", "asked", "answers", "questions"),
    [
        ("The babysitter costs 12 euros per hour.", "The babysitter costs 15 euros per hour now.",
         "How much does the babysitter cost per hour?", ("12 euros", "15 euros"),
         ["How much do we pay the babysitter per hour?", "How much is the babysitter per hour?",
          "What does the babysitter charge per hour?"]),
        ("The monthly rent for our flat is 900 euros.", "Our flat's monthly rent is 950 euros now.",
         "How much is the monthly rent for our flat?", ("900 euros", "950 euros"),
         ["How much rent do we pay for the flat?", "How high is the rent of the flat?"]),
        ("Our vet is Dr Hall.", "Our new vet is Dr Lane.", "Who is our vet?",
         ("Dr Hall", "Dr Lane"),
         ["Who is Rex's vet?", "Who is the vet for Rex?", "Which vet do we go to?"]),
        ("Our rent is 900 euros.", "Our rent is 950 euros now.", "How much is our rent?",
         ("900 euros", "950 euros"), ["Is our rent 900 euros?", "Is the rent still 900 euros?"]),
        ("The spare key is hidden under the mat.", "The spare key is hidden in the shed now.",
         "Where is the spare key hidden?", ("under the mat", "in the shed"),
         ["Where do we keep the spare key?", "Where can I find the spare key?"]),
    ],
)  # fmt: skip
def test_other_plain_words_ask_for_the_same(
    home: Home, older: str, newer: str, asked: str, answers: tuple[str, str], questions: list[str]
) -> None:
    old, new = home.note(older), home.note(newer)
    first, second = home.qa(old, asked, answers[0]), home.qa(new, asked, answers[1])
    row = Conflict(0, first.id, second.id, asked, *answers, START, "accepted")
    home.store.conflicts.add(row)
    for question in questions:
        assert read(home, question) == [newer]


@pytest.mark.parametrize(
    ("older", "asked", "other"),
    [
        ("We pay 80 euros for the garage and charge 30 for it.",
         "How much do we pay for the garage?", "How much do we charge for the garage?"),
        ("The shop opens at 8 and closes at 6.", "When does the shop open?",
         "When does the shop close?"),
        ("Bread is bought at the bakery and kept in the tin.", "Where do we buy bread?",
         "Where do we keep bread?"),
        ("Our vet is Dr Hall, Rex's vet is Dr Weiss.", "Who is our vet?", "Who is Rex's vet?"),
    ],
)  # fmt: skip
def test_other_verbs_ask_for_something_else(home: Home, older: str, asked: str, other: str) -> None:
    newer = "It has changed, it is the new one now."
    old, new = home.note(older), home.note(newer)
    first, second = home.qa(old, asked, "the old one"), home.qa(new, asked, "the new one")
    row = Conflict(0, first.id, second.id, asked, "the old one", "the new one", START, "accepted")
    home.store.conflicts.add(row)
    assert older in read(home, other)
    assert older not in read(home, asked)


def test_any_wording_that_was_superseded_tells_what_changed(home: Home) -> None:
    row = clash(home, "open")
    old = home.store.edits.get(row.old_edit)
    passage = home.store.passages.get(old.passage_id)
    other = home.qa(passage, "Which code lets guests into the router?", "heron-12")
    asked = "Which code lets my guests into the router?"
    accept(home.store, row.id, START)
    assert OLD in read(home, asked)
    home.store.edits.supersede(other.id, row.new_edit, f"in conflict {row.id}", START)
    assert OLD not in read(home, asked)


def test_one_of_long_ago_is_followed_to_what_holds(home: Home) -> None:
    asked = "Who is our vet?"
    names = ["Dr Hall", "Dr Lane", "Dr Okoro"]
    notes = [home.note(f"Our vet is {name}.") for name in names]
    edits = [home.qa(place, asked, name) for place, name in zip(notes, names, strict=True)]
    for n in (0, 1):
        row = Conflict(
            0, edits[n].id, edits[n + 1].id, asked, names[n], names[n + 1], START, "accepted"
        )
        home.store.conflicts.add(row)
    for question in ("Is Dr Hall our vet?", "Is Dr Hall still our vet?", "Is Hall our vet?"):
        assert read(home, question) == [notes[2].text]
