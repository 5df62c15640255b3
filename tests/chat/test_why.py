"""Why an answer is what it is."""

from __future__ import annotations

from dataclasses import replace

from sealmate.chat.why import alike, as_markdown, explain
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import NOT_SAID
from sealmate.records import Edit, Probe, ProbeResult
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
    home.version(taught)
    probe = home.store.probes.add_many([Probe(0, sitter.id, "Who minds the twins?", "Ansa", START)])
    home.store.probes.add_results([
        ProbeResult(1, 1, probe[0].id, "Bertil", False, 0.2, START),
        ProbeResult(2, 2, probe[0].id, "Ansa", True, 0.9, START),
    ])  # fmt: skip
    home.version(taught)
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
