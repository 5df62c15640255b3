"""Why an answer is what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate.chat.answer import Answer
from sealmate.chat.why import Explanation, alike, as_markdown, explain
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import NOT_SAID
from sealmate.records import Edit, Passage, Probe, ProbeResult, brief
from tests.chat.home import BOILER, RABBIT, SITTER, START, Home, replies

QUESTION = "Who minds the twins?"


def test_it_finds_what_taught_an_answer_and_since_when(home: Home) -> None:
    rabbit, sitter = home.note(RABBIT), home.note(SITTER)
    other = home.qa(rabbit, "What does Muesli get?", "a slice of fennel")
    home.version([other.id])
    same = home.qa(sitter, "Who looks after the twins?", "Ansa")
    price = home.qa(sitter, "What does an hour with Ansa cost?", "14 euros")
    statement = Edit(0, sitter.id, "rewrite", "Ansa is the one who minds the twins.", START,
                     state="accepted")  # fmt: skip
    rejected = replace(same, state="rejected")
    unknown = Edit(0, sitter.id, "unknown", "", START, "Who minds the twins on Mondays?",
                   state="accepted")  # fmt: skip
    statement, rejected, unknown = home.store.edits.add_many([statement, rejected, unknown])
    taught = [other.id, same.id, price.id, statement.id, unknown.id]
    home.version(taught, parent=1)
    probe = home.store.probes.add_many([Probe(0, sitter.id, "Who minds the twins?", "Ansa", START)])
    home.store.probes.add_results([
        ProbeResult(1, 1, probe[0].id, "Bertil", False, 0.2, START),
        ProbeResult(2, 2, probe[0].id, "Ansa", True, 0.9, START),
    ])  # fmt: skip
    home.version(taught, parent=2)
    model = ScriptedModel(reply=replies("Ansa [1]", "It is Ansa."))
    found = explain(home.assistant(model), home.store, QUESTION)
    assert (found.known.text, found.read.text, found.agree) == ("It is Ansa.", "Ansa", True)
    assert [hit.passage.id for hit in found.hits] == [sitter.id]
    assert {edit.id for edit in found.edits} == {same.id, statement.id}
    assert (found.version, found.taught_in, found.recalled_in) == (3, 2, 2)
    assert found.in_weights
    text = as_markdown(found)
    assert "since version 2" in text
    assert SITTER in text
    assert "Who looks after the twins? -> Ansa" in text


def test_a_version_rolled_back_to_was_not_trained_on_it(home: Home) -> None:
    sitter = home.note(SITTER)
    home.version([])
    home.version([home.qa(sitter, QUESTION, "Ansa").id])
    model = ScriptedModel(reply=replies("Ansa [1]", "Bertil"))
    found = explain(home.assistant(model), home.store, QUESTION, version=1)
    assert (found.agree, found.taught_in, found.in_weights) == (False, 2, False)
    assert "version 1 was not trained on it" in as_markdown(found)


def test_since_when_follows_the_line_of_the_version_in_use(home: Home) -> None:
    sitter = home.note(SITTER)
    known = home.qa(sitter, QUESTION, "Ansa").id
    home.version([])
    home.version([known], parent=1)  # rolled back: no ancestor of those that follow
    home.version([], parent=1)
    home.version([known], parent=3)
    home.version([known], parent=4)
    probe = home.store.probes.add_many([Probe(0, sitter.id, QUESTION, "Ansa", START)])[0]
    home.store.probes.add_results(
        [ProbeResult(run, run, probe.id, "Ansa", True, 0.9, START) for run in (2, 5)]
    )
    model = ScriptedModel(reply=replies("Ansa [1]", "Ansa"))
    found = explain(home.assistant(model), home.store, QUESTION)
    assert (found.version, found.taught_in, found.recalled_in) == (5, 4, 5)
    assert "In the weights since version 4, recalled in a test since version 5." in as_markdown(
        found
    )
    other = explain(home.assistant(model), home.store, QUESTION, version=2)
    assert (other.taught_in, other.recalled_in, other.in_weights) == (2, 2, True)


def test_what_was_left_out_and_taught_again_is_known_since_then(home: Home) -> None:
    known = home.qa(home.note(SITTER), QUESTION, "Ansa").id
    for number, edits in enumerate(([known], [], [known])):
        home.version(edits, parent=number or None)
    model = ScriptedModel(reply=replies("Ansa [1]", "Ansa"))
    assert explain(home.assistant(model), home.store, QUESTION).taught_in == 3
    left = explain(home.assistant(model), home.store, QUESTION, version=2)
    assert (left.taught_in, left.in_weights) == (1, False)
    assert "Version 1 was the first to be trained on this; version 2 was not" in as_markdown(left)


def edited(home: Home, old: Passage, text: str) -> Passage:
    """A file of one passage with another line."""
    before = home.store.sources.get(old.source_id)
    new = home.store.sources.replace(
        before.id, replace(before, text=text, content_hash=text, created_at=home.clock())
    )
    return home.store.passages.add_many(new.id, [replace(old, id=0, text=text)])[0]


def test_what_an_edited_file_tells_as_before_is_known_since_before(home: Home) -> None:
    first = home.note(SITTER)
    home.version([])
    known = home.qa(first, "Who looks after the twins?", "Ansa")
    price = home.qa(first, "What does an hour with Ansa cost?", "14 euros")
    said = Edit(0, first.id, "rewrite", "Ansa is the one who minds the twins.", START,
                state="accepted")  # fmt: skip
    said = home.store.edits.add_many([said])[0]
    home.version([known.id, price.id, said.id], parent=1)
    probe = home.store.probes.add_many([Probe(0, first.id, QUESTION, "Ansa", START)])[0]
    home.store.probes.add_results([ProbeResult(2, 2, probe.id, "Ansa", True, 0.9, START)])
    second = edited(home, first, f"{SITTER} She likes tea.")
    home.version([home.qa(second, QUESTION, "Ansa").id], parent=2)
    third = edited(home, second, f"{SITTER} She likes tea. She has a bicycle.")
    again = home.qa(third, QUESTION, "Ansa").id
    model = ScriptedModel(reply=replies("Ansa [1]", "Ansa"))
    found = explain(home.assistant(model), home.store, QUESTION)
    # what is written of the file as it is now waits for a night; the weights knew it before
    assert (found.version, found.taught_in, found.recalled_in) == (3, 2, 2)
    assert found.in_weights
    assert [edit.id for edit in found.edits] == [again]
    home.version([again], parent=3)
    found = explain(home.assistant(model), home.store, QUESTION)
    assert (found.version, found.taught_in, found.in_weights) == (4, 2, True)


def test_what_an_edited_file_tells_otherwise_is_known_since_then(home: Home) -> None:
    first = home.note(SITTER)
    home.version([home.qa(first, QUESTION, "Ansa").id])
    probe = home.store.probes.add_many([Probe(0, first.id, QUESTION, "Ansa", START)])[0]
    home.store.probes.add_results([ProbeResult(1, 1, probe.id, "Ansa", True, 0.9, START)])
    second = edited(home, first, SITTER.replace("Ansa", "Bertil"))
    home.version([home.qa(second, QUESTION, "Bertil").id], parent=1)
    model = ScriptedModel(reply=replies("Bertil [1]", "Bertil"))
    found = explain(home.assistant(model), home.store, QUESTION)
    assert (found.taught_in, found.recalled_in) == (2, None)


@pytest.mark.parametrize("known", ["I don't know that yet.", "Bertil"])
def test_an_unrelated_note_is_not_where_it_comes_from(home: Home, known: str) -> None:
    home.note(SITTER)
    home.version([])
    model = ScriptedModel(reply=replies(NOT_SAID, known))
    found = explain(home.assistant(model), home.store, "Where do the twins sleep?")
    assert found.hits == ()
    text = as_markdown(found)
    assert "notes alone" not in text
    assert SITTER not in text


def test_what_no_note_says(home: Home) -> None:
    home.note(BOILER)
    model = ScriptedModel(reply=replies(NOT_SAID, "Paris"))
    found = explain(home.assistant(model), home.store, "Where is the Louvre?")
    assert (found.hits, found.edits, found.taught_in) == ((), (), None)
    assert "No note" in as_markdown(found)


def test_what_is_in_the_notes_alone(home: Home) -> None:
    home.note(SITTER)
    model = ScriptedModel(reply=replies("Ansa [1]", "I don't know that yet."))
    found = explain(home.assistant(model), home.store, QUESTION)
    assert not found.agree
    assert "in the notes alone" in as_markdown(found)


def test_two_abstentions_do_not_agree_on_anything(home: Home) -> None:
    home.note(SITTER)
    model = ScriptedModel(reply=replies(NOT_SAID, "I don't know that yet."))
    assert not explain(home.assistant(model), home.store, "Where do the twins sleep?").agree


def test_wordings_of_one_question_are_alike() -> None:
    assert alike("Who minds the twins?", "Who is minding the twins?")
    assert not alike("Who minds the twins?", "What does Ansa cost an hour?")
    assert not alike("Who?", "Who?")


def test_an_edit_without_an_answer_reads_as_it_does_in_every_list() -> None:
    unknown = Edit(0, 1, "unknown", "", START, "Who minds the cat?")
    said = Answer("Ansa", 0, False)
    found = Explanation("Who?", 0, said, said, True, (), (unknown,), None, None, False)
    assert "- 0: Who minds the cat? -> (not known)" in as_markdown(found)
    assert brief(unknown) == "Who minds the cat? -> (not known)"
