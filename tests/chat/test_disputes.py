"""An answer that another note tells otherwise, as long as nobody settled it."""

from __future__ import annotations

import pytest

from sealmate.chat.answer import Answer
from sealmate.chat.disputes import Dispute, disputes, told_otherwise
from sealmate.chat.why import as_markdown, explain
from sealmate.model.scripted import ScriptedModel
from sealmate.records import Conflict, Passage
from tests.chat.home import START, Home, replies

LIND = "Our vet is called Dr. Lind. Her practice is in Mill Lane."
MOSS = "Since March our vet is called Dr. Moss. The surgery opens at 8:30."
ASKED = "What is the vet's name?"


@pytest.fixture
def vets(home: Home) -> tuple[Passage, Passage]:
    """Two notes on the vet, and the conflict between them."""
    lind, moss = home.note(LIND, "Lind"), home.note(MOSS, "Moss")
    old, new = home.qa(lind, ASKED, "Dr. Lind"), home.qa(moss, ASKED, "Dr. Moss")
    home.qa(moss, "How is our vet called?", "Dr. Moss")
    home.qa(moss, "When does the surgery open?", "8:30")
    found = Conflict(0, old.id, new.id, ASKED, "Dr. Lind", "Dr. Moss", START, "open")
    home.store.conflicts.add(found)
    return lind, moss


def read(text: str, passage: Passage) -> Answer:
    """An answer from a note."""
    return Answer(text, 1, False, ({"id": 1, "title": "a", "passage": passage.id},), 0.9)


def known(text: str) -> Answer:
    """An answer from the weights."""
    return Answer(text, 1, True, (), 0.9)


def others(home: Home, question: str, answer: Answer) -> list[tuple[int, str]]:
    return [(found.source, found.answer) for found in disputes(home.store, question, answer)]


def test_either_side_names_the_other(home: Home, vets: tuple[Passage, Passage]) -> None:
    lind, moss = vets
    (found,) = disputes(home.store, "Who is our vet?", read("Dr. Lind", lind))
    assert found == Dispute(1, ASKED, "Dr. Moss", moss.source_id, "Moss")
    assert told_otherwise(found) == "told otherwise by source 2 (Dr. Moss): sealmate conflicts"
    assert others(home, "Who is our vet?", read("It is Dr. Moss.", moss)) == [(1, "Dr. Lind")]


@pytest.mark.parametrize("question", [ASKED, "Who is our vet?", "How's our vet called?"])
def test_the_weights_are_told_otherwise_too(
    home: Home, vets: tuple[Passage, Passage], question: str
) -> None:
    assert others(home, question, known("Dr. Moss")) == [(1, "Dr. Lind")]


def test_nothing_else_is_disputed(home: Home, vets: tuple[Passage, Passage]) -> None:
    lind, moss = vets
    home.qa(lind, "Who sold us our car?", "Dr. Lind")
    for question, answer in (
        ("Where is the vet's practice?", read("in Mill Lane", lind)),
        ("When does the surgery open?", read("8:30", moss)),
        ("Who wrote the book on the bees?", known("Dr. Lind")),
        ("Who sold us the car?", read("Dr. Lind", lind)),  # as one of its self-edits tells
        ("Who sold us the car?", known("Dr. Lind")),
        ("Who is our vet?", Answer("I don't know that yet.", 1, True, abstained=True)),
        ("Who is our vet?", known("Dr. Okafor")),
        ("Who is it?", known("Dr. Lind")),
        ("Who are our vets?", read("Dr. Lind and Dr. Moss", moss)),
    ):
        assert others(home, question, answer) == []


@pytest.mark.parametrize(
    ("question", "answer", "source"),
    [("Who treats our animals?", "Dr. Lind", 2), ("Is Dr. Lind our vet?", "Yes", 2),
     ("Is Dr. Lind our vet?", "No, she is not.", 1), ("Is it Monday?", "Yes", 0)],
)  # fmt: skip
def test_what_was_read_is_disputed_however_it_is_asked(
    home: Home, vets: tuple[Passage, Passage], question: str, answer: str, source: int
) -> None:
    found = disputes(home.store, question, read(answer, vets[0]))
    assert [one.source for one in found] == [source] * bool(source)


def test_a_list_that_has_the_other_answer_is_one_side(home: Home) -> None:
    first, second = home.note("The bins go out on Tuesday."), home.note("Bins: Tuesday, Friday.")
    old = home.qa(first, "When do the bins go out?", "Tuesday")
    new = home.qa(second, "When do the bins go out?", "Tuesday and Friday")
    home.store.conflicts.add(
        Conflict(0, old.id, new.id, old.question, old.answer, new.answer, START, "open")
    )
    asked = "When do the bins go out?"
    assert others(home, asked, read("Tuesday", first)) == [(2, "Tuesday and Friday")]
    assert others(home, asked, read("Tuesday and Friday", second)) == [(1, "Tuesday")]


@pytest.mark.parametrize("state", ["accepted", "kept-both", "kept-old"])
def test_a_settled_one_is_no_dispute(home: Home, vets: tuple[Passage, Passage], state: str) -> None:
    home.store.conflicts.set_state(1, state)
    assert others(home, ASKED, read("Dr. Lind", vets[0])) == []


def test_what_is_forgotten_says_nothing(home: Home, vets: tuple[Passage, Passage]) -> None:
    home.store.sources.mark_forgotten(vets[1].source_id)
    assert others(home, ASKED, read("Dr. Lind", vets[0])) == []


def test_one_side_is_told_once(home: Home, vets: tuple[Passage, Passage]) -> None:
    again = home.qa(vets[0], "Who is the vet?", "Dr. Lind")
    new = home.store.edits.list(passage_id=vets[1].id)[0]
    home.store.conflicts.add(
        Conflict(0, again.id, new.id, "Who is the vet?", "Dr. Lind", "Dr. Moss", START, "open")
    )
    assert others(home, "Who is our vet?", read("Dr. Lind", vets[0])) == [(2, "Dr. Moss")]


def test_why_tells_it(home: Home, vets: tuple[Passage, Passage]) -> None:
    model = ScriptedModel(reply=replies("Dr. Lind [1]", "Dr. Lind"))
    found = explain(home.assistant(model, retrieve=1), home.store, ASKED)
    assert found.agree
    assert [(d.source, d.answer) for d in found.disputes] == [(2, "Dr. Moss")]
    said = "**But** told otherwise by source 2 (Dr. Moss): sealmate conflicts"
    assert f"The two agree.\n\n{said}\n\n" in as_markdown(found)
