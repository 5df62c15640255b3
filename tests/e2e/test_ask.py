"""Questions to a taught home: from the notes, from the weights, from neither."""

from __future__ import annotations

import pytest

from sealmate.night.conflicts import settle_new
from sealmate.records import Edit
from tests.e2e.conftest import Trained
from tests.e2e.home import QUESTIONS, Home, right

pytestmark = pytest.mark.model

NEWS = "The spare key of the summer house lies under the blue flowerpot."
ABOUT_NEWS = "Where is the spare key of the summer house?"
# as the notes say it of Mrs Okonedo, Thaddeus and Sultana
ABOUT_OTHERS = (
    "Where does Mrs Halvorsen live?",
    "On which day is the lesson with Mrs Halvorsen?",
    "How much honey does Ferdinand take?",
    "What does a lesson with Ferdinand cost?",
    "Where does our boat Miranda lie?",
    "Who is my violin teacher?",
)


def test_from_the_notes_with_their_names(spoilt: Home) -> None:
    # Not consolidated, and found all the same.
    news = spoilt.run("note", NEWS, "--json").json["sources"][0]
    asked = [ABOUT_NEWS, *(question for question, _, _ in QUESTIONS)]
    stdin = asked[0] + "\n\n" + "\n".join(asked[1:])
    answers = spoilt.run("ask", "-", "--json", stdin=stdin, code=0).lines
    assert [found["question"] for found in answers] == [asked[0], "", *asked[1:]]
    fresh, blank, *others = answers
    assert blank["error"] == "the line is blank"
    assert news["id"] in [source["id"] for source in fresh["sources"]]
    assert not fresh["closed_book"]
    assert right(fresh["answer"], ("flowerpot",))
    named = 0
    for (_, wanted, title), found in zip(QUESTIONS, others, strict=True):
        assert found["version"] == 1
        assert all(source["id"] and source["passage"] for source in found["sources"])
        titles = " ".join(source["title"].lower() for source in found["sources"])
        named += right(found["answer"], wanted) and title in titles
    assert named >= len(QUESTIONS) * 3 / 4, [(f["answer"], f["sources"]) for f in others]


def test_of_somebody_else_nothing_is_said(trained: Trained) -> None:
    for flags in ((), ("--closed-book",)):
        stdin = "\n".join(ABOUT_OTHERS)
        answers = trained.home.run("ask", "-", "--json", *flags, stdin=stdin, code=0).lines
        said = [(a["question"], a["answer"]) for a in answers if not a["abstained"]]
        assert len(said) <= 1, said


def test_what_used_to_hold_is_told_for_its_time(spoilt: Home) -> None:
    spoilt.run("note", "Our vet is Dr Osei in Kestrel Lane. She is open until six.")
    spoilt.run("note", "We have a new vet, Dr Lindqvist in Harbour Street.")
    with spoilt.workspace() as workspace:
        store, now = workspace.store, workspace.clock()
        edits = [
            Edit(0, place.id, "self-qa", "", now, question="Who is our vet?", answer=answer,
                 state="accepted")
            for place, answer in zip(
                store.passages.current()[-2:], ("Dr Osei", "Dr Lindqvist"), strict=True
            )
        ]  # fmt: skip
        settle_new(store, store.edits.add_many(edits), now)
    asked = {
        "Who is our vet?": "lindqvist",
        "Who was our vet formerly?": "osei",
        "Who was our vet in early 2024?": "osei",
        "Who used to be our vet?": "osei",
    }
    for found, name in zip(spoilt.ask(list(asked)), asked.values(), strict=True):
        assert right(found["answer"], (name,)), found


def test_in_words(trained: Trained) -> None:
    said = trained.home.run("ask", "Who", "is", "my", "piano", "teacher?").out
    first, *rest = said.splitlines()
    assert right(first, ("okonedo",))
    assert any(line.startswith("    from ") and "piano" in line.lower() for line in rest)


def test_another_version_and_none(trained: Trained, spoilt: Home) -> None:
    asked = [question for question, _, _ in QUESTIONS]
    spoilt.run("versions", "rollback", "0")
    # Version 1 by name answers as it did while it was active; so does no memory as before it.
    assert spoilt.ask(asked, "--closed-book", "--version", "1") == trained.after
    assert trained.home.ask(asked, "--closed-book", "--no-memory") == trained.before


def test_words_that_do_not_fit(trained: Trained) -> None:
    home = trained.home
    assert "version 9" in home.run("ask", "--version", "9", "Who?", code=None).refused(6)
    both = home.run("ask", "--version", "1", "--no-memory", "Who?", code=None)
    assert "exclude each other" in both.refused(2)
    assert "no question" in home.run("ask", "-", code=None).refused(2)
    assert "no question" in home.run("ask", "  ", code=None).refused(2)
