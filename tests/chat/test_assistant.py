"""Questions in, answers out: from the notes, from the weights, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from threading import Event as Flag
from typing import Any

import pytest

from sealmate.chat.assistant import Assistant
from sealmate.edits.units import all_units
from sealmate.errors import Cancelled, NotFoundError, UsageError, VersionError
from sealmate.model.protocol import Completion, ModelInfo, Prompt, Request, Turn
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import DONT_KNOW, NOT_SAID, RECALL
from sealmate.records import Passage, Source
from tests.chat.home import BOILER, RABBIT, SITTER, Careful, Home, always, replies


class Unsure(ScriptedModel):
    """Says everything with one confidence, and counts the calls of `generate`."""

    logprob = -2.0
    calls = 0

    def generate(
        self, requests: Sequence[Request], *, adapter: str | None = None, cancel: Flag | None = None
    ) -> list[list[Completion]]:
        self.calls += 1
        done = super().generate(requests, adapter=adapter, cancel=cancel)
        return [[Completion(one.text, (self.logprob,)) for one in each] for each in done]


class Small(ScriptedModel):
    """Reads 120 words at most."""

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("small", super().info.folder, "", "", "", "", "", "cpu", "", 1, 120)


def shown(model: ScriptedModel) -> str:
    return model.prompts[-1][-1].content


def test_an_answer_names_the_passage_it_gave_the_number_of(home: Home) -> None:
    home.note(RABBIT)
    sitter = home.note(SITTER, "The babysitter")
    model = ScriptedModel(reply=always("Ansa [1]."))
    answer = home.assistant(model).ask("Who minds the twins?")
    assert answer.text == "Ansa."
    assert answer.sources == (
        {"id": sitter.source_id, "title": "The babysitter", "passage": sitter.id},
    )
    assert (answer.version, answer.closed_book, answer.abstained) == (0, False, False)
    assert answer.confidence == pytest.approx(0.905, abs=0.001)
    assert all(f"The babysitter\n{SITTER}" in prompt[-1].content for prompt in model.prompts)


def test_a_title_that_is_but_the_first_words_is_not_repeated(home: Home) -> None:
    home.note(SITTER + " She brings her own tea and never stays longer than until midnight.")
    model = ScriptedModel(reply=always("Ansa [1]"))
    home.assistant(model).ask("Who minds the twins?")
    assert f"[1] {SITTER}" in model.prompts[0][-1].content


def test_the_number_of_a_file_is_shown_only_where_it_was_asked_for(home: Home) -> None:
    home.note(SITTER, "note-003")
    model = ScriptedModel(reply=always("Ansa [1]"))
    answer = home.assistant(model).ask("Who minds the twins?")
    assert f"[1] {SITTER}" in model.prompts[0][-1].content
    assert answer.sources[0]["title"] == "note-003"
    again = ScriptedModel(reply=always("Ansa [1]"))
    home.assistant(again).ask("Who minds the twins in note-003?")
    assert f"[1] note-003\n{SITTER}" in again.prompts[0][-1].content


def test_an_answer_without_a_number_names_what_shares_its_words(home: Home) -> None:
    home.note("The twins and Otto have a canoe.")
    sitter = home.note(SITTER)
    answer = home.assistant(ScriptedModel(reply=always("Ansa"))).ask("Who minds the twins?")
    assert [source["passage"] for source in answer.sources] == [sitter.id]


def test_a_name_that_no_note_has_is_not_given_for_an_answer(home: Home) -> None:
    home.note(SITTER)
    model = ScriptedModel(reply=always("Bertil [1]"))
    answer = home.assistant(model).ask("Who minds the twins?")
    assert (answer.text, answer.abstained, answer.sources) == (NOT_SAID, True, ())


def test_what_is_read_of_all_passages_is_put_right_by_the_one_that_says_it(home: Home) -> None:
    home.note("Otto minds the canoe of the twins.")
    sitter = home.note(SITTER)

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content
        if SITTER in asked and "Otto" in asked:
            return "Otto [2]"
        return "Ansa [1]" if SITTER in asked else NOT_SAID

    answer = home.assistant(ScriptedModel(reply=reply)).ask("Who minds the twins on Thursdays?")
    assert answer.text == "Ansa"
    assert [source["passage"] for source in answer.sources] == [sitter.id]


def test_a_long_answer_and_one_of_several_passages_stand(home: Home) -> None:
    home.note("The twins have a canoe called Otter.")
    home.note(SITTER)
    long = "The twins have a canoe, and Ansa minds them on Thursdays for 14 euros an hour."
    for said in (long, "Otter and Ansa [1] [2]"):
        model = ScriptedModel([said])
        answer = home.assistant(model).ask("What of the twins?")
        assert answer.text == said.partition(" [")[0]
        assert len(model.prompts) == 1


def test_without_any_hit_the_weights_answer(home: Home) -> None:
    home.note(RABBIT)
    model = ScriptedModel(["Paris"])
    answer = home.assistant(model).ask("Where is the Louvre?")
    assert (answer.text, answer.closed_book, answer.sources) == ("Paris", True, ())
    assert shown(model) == "Where is the Louvre?"


def test_closed_book_shows_no_passage(home: Home) -> None:
    home.note(SITTER)
    model = ScriptedModel(["Ansa"])
    answer = home.assistant(model).ask("Who minds the twins?", closed_book=True)
    assert (answer.text, answer.closed_book, answer.sources) == ("Ansa", True, ())
    assert shown(model) == "Who minds the twins?"


def test_the_active_version_answers_another_one_on_request_and_none(home: Home) -> None:
    home.note(SITTER)
    home.version()
    home.version()
    says = {"v1": "14 euros [1]", "v2": "Ansa [1]", None: "an hour [1]"}
    model = ScriptedModel(reply=lambda prompt, adapter: says[adapter])
    assistant = home.assistant(model)
    assert assistant.ask("What of the twins?").text == "Ansa"
    assert assistant.ask("What of the twins?").version == 2
    assert assistant.ask("What of the twins?", version=1).text == "14 euros"
    assert assistant.ask("What of the twins?", memory=False).text == "an hour"
    assert assistant.ask("Who minds the twins?", version=0).version == 0
    assert set(model.attached) == {"v1", "v2"}


def test_a_version_that_is_not_there_is_told_before_the_model_is_loaded(home: Home) -> None:
    def never() -> Any:
        raise AssertionError("loaded")

    assistant = Assistant(home.store, never, home.settings, home.paths, home.clock)
    with pytest.raises(NotFoundError, match="no version 7"):
        assistant.ask("Who?", version=7)
    with pytest.raises(UsageError, match="cannot answer without it"):
        assistant.ask("Who?", version=7, memory=False)


def test_a_damaged_version_does_not_answer(home: Home) -> None:
    version = home.version()
    file = home.paths.versions / version.folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(VersionError):
        home.assistant(ScriptedModel(["Ansa"])).ask("Who?")


def test_a_closed_book_answer_below_the_threshold_is_not_given(home: Home) -> None:
    home.version(threshold=0.5)
    assistant = home.assistant(Unsure(["Bertil"] * 2))
    answer = assistant.ask("Who minds the twins?", closed_book=True)
    assert (answer.text, answer.abstained) == (DONT_KNOW, True)
    assert answer.confidence == pytest.approx(0.135, abs=0.001)
    # Without a memory there is no threshold.
    assert not assistant.ask("Who minds the twins?", closed_book=True, memory=False).abstained


def test_an_open_book_answer_needs_no_threshold(home: Home) -> None:
    home.note(SITTER)
    home.version(threshold=0.5)
    model = Unsure(reply=always("Ansa [1]"))
    model.logprob = -0.6
    assert home.assistant(model).ask("Who minds the twins?").text == "Ansa"


def test_what_a_passage_rather_does_not_say_is_not_said(home: Home) -> None:
    home.note(SITTER)
    answer = home.assistant(Unsure(reply=always("Ansa [1]"))).ask("Who minds the twins?")
    assert (answer.text, answer.abstained) == (NOT_SAID, True)


def test_where_the_notes_do_not_say_the_weights_are_tried(home: Home) -> None:
    home.note(SITTER)
    home.version(threshold=0.5)
    model = ScriptedModel(reply=replies(NOT_SAID, "Blue"))
    answer = home.assistant(model).ask("What colour is the bag of the twins?")
    assert (answer.text, answer.closed_book, answer.abstained) == ("Blue", True, False)
    assert answer.sources == ()
    unsure = Unsure(reply=replies(NOT_SAID, "Blue"))
    answer = home.assistant(unsure).ask("What colour is the bag of the twins?")
    assert (answer.text, answer.closed_book, answer.abstained) == (DONT_KNOW, False, True)


def test_without_memory_the_weights_are_not_tried_for_what_the_notes_do_not_say(home: Home) -> None:
    home.note(SITTER)
    model = ScriptedModel(reply=replies(NOT_SAID, "Blue"))
    answer = home.assistant(model).ask("What colour is the bag of the twins?")
    assert (answer.text, answer.closed_book, answer.abstained) == (NOT_SAID, False, True)
    assert answer.sources == ()


def test_a_bare_number_or_nothing_is_no_answer(home: Home) -> None:
    home.note(SITTER)
    for reply in ("[1]", "", "  "):
        answer = home.assistant(ScriptedModel([reply])).ask("Who minds the twins?")
        assert (answer.text, answer.abstained, answer.sources) == (NOT_SAID, True, ())
        answer = home.assistant(ScriptedModel([reply])).ask("Who?", closed_book=True)
        assert answer.abstained


def test_what_follows_an_abstention_is_not_said(home: Home) -> None:
    home.note(SITTER)
    pieces: list[str] = []
    for reply, closed in ((NOT_SAID, False), (DONT_KNOW, True)):
        model = ScriptedModel([f"{reply}\n\nQuestion: Who? Bertil [1]"] * 2)
        assistant = home.assistant(model)
        answer = assistant.ask("Who minds the twins?", closed_book=closed)
        assert (answer.text, answer.abstained, answer.sources) == (reply, True, ())
        pieces.clear()
        assistant.ask("Who minds the twins?", closed_book=closed, on_piece=pieces.append)
        assert pieces == [reply]


def test_pieces_add_up_to_the_text(home: Home) -> None:
    home.note(SITTER)
    home.version(threshold=0.5)
    pieces: list[str] = []
    for model in (
        ScriptedModel(reply=always("Ansa minds them. [1]")),
        ScriptedModel(["Ansa minds them on Thursdays for 14 euros, and that each hour, I think."]),
        ScriptedModel(reply=replies(NOT_SAID, "Ansa does")),
        Unsure(reply=replies(NOT_SAID, "Ansa does")),
    ):
        pieces.clear()
        answer = home.assistant(model).ask("Who minds the twins?", on_piece=pieces.append)
        assert "".join(pieces) == answer.text
    answer = home.assistant(Unsure(["Bertil"])).ask(
        "Who?", closed_book=True, on_piece=pieces.append
    )
    assert pieces[-1] == answer.text == DONT_KNOW


def test_a_streamed_answer_has_the_confidence_of_the_same_answer_read_again(home: Home) -> None:
    home.note(SITTER)
    long = "Ansa minds the twins on Thursdays, and she does so for 14 euros an hour. [1]"
    for said, confidence in ((long, 0.368), ("Ansa [1]", 0.905)):
        model = ScriptedModel(reply=always(said))
        answer = home.assistant(model).ask("Who minds the twins?", on_piece=print)
        assert answer.confidence == pytest.approx(confidence, abs=0.001)


def test_a_short_answer_is_not_shown_before_it_was_looked_up_again(home: Home) -> None:
    home.note(SITTER)
    pieces: list[str] = []
    model = ScriptedModel(["Bertil [1]", *["Ansa [1]"] * 9])
    answer = home.assistant(model).ask("Who minds the twins?", on_piece=pieces.append)
    assert (answer.text, pieces) == ("Ansa", ["Ansa"])


def test_stopping_keeps_what_was_said_and_raises(home: Home) -> None:
    home.note(SITTER)
    flag = threading.Event()
    pieces: list[str] = []

    def stop(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == 3:
            flag.set()

    words = "Ansa minds the twins on Thursdays for 14 euros an hour and more of them [1]"
    assistant = home.assistant(ScriptedModel([words]))
    with pytest.raises(Cancelled):
        assistant.ask("Who minds the twins?", on_piece=stop, cancel=flag)
    assert "".join(pieces) == words.partition(" [")[0]
    with pytest.raises(Cancelled):
        assistant.ask("Who minds the twins?", cancel=flag)


def test_many_questions_are_one_batch_in_order(home: Home) -> None:
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    known = {"twins": "Ansa", "Louvre": "Paris", "boiler": "Torvald"}

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content.split("Question: ")[-1]
        return next((name for word, name in known.items() if word in asked), "")

    model = Unsure(reply=reply)
    model.logprob = -0.1
    questions = ["Who minds the twins?", "Where is the Louvre?", "Who serviced the boiler?"] * 5
    answers = home.assistant(model).ask_many(questions)
    assert [answer.text for answer in answers] == [*known.values()] * 5
    assert model.calls == 3  # all together, each passage by itself, and in another way
    assert home.assistant(model).ask_many([]) == []


def test_what_a_batch_leaves_unsaid_is_tried_in_a_second_batch(home: Home) -> None:
    home.note(SITTER)
    home.version(threshold=0.1)
    model = Unsure(reply=replies(NOT_SAID, "Blue"))
    answers = home.assistant(model).ask_many(["Which twins?", "Louvre?", "What of the twins?"])
    assert [answer.text for answer in answers] == ["Blue"] * 3
    assert model.calls == 3


def test_the_turns_before_are_in_the_prompt_and_help_to_find(home: Home) -> None:
    home.note(RABBIT)
    home.note(SITTER)
    model = ScriptedModel(reply=always("on Thursdays [1]"))
    history = [Turn("user", "Who minds the twins?"), Turn("assistant", "Ansa")]
    answer = home.assistant(model).ask("And when?", history=history)
    assert model.prompts[0][1:3] == tuple(history)
    assert SITTER in shown(model)
    assert len(answer.sources) == 1


def test_a_prompt_leaves_the_answer_its_room(home: Home) -> None:
    for number in range(5):
        home.note(f"Canoe {number} lies at the lake, " + "far from the pier and the hut " * 3)
    model = Small(["four [1]"] * 3)
    history = [Turn("user", "long " * 30), Turn("assistant", "longer " * 30)] * 2
    assistant = home.assistant(model, answer_tokens=20)
    assistant.ask("Which canoe lies at the lake?", history=history)
    assert model.prompt_tokens(model.prompts[0]) <= 100
    assert Turn("user", "long " * 30) not in model.prompts[0]
    with pytest.raises(UsageError, match="reads 100 at most"):
        assistant.ask("word " * 200)


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_no_question_is_no_question(home: Home, question: str) -> None:
    with pytest.raises(UsageError, match="no question"):
        home.assistant(ScriptedModel()).ask(question)


def test_zero_passages_means_closed_book(home: Home) -> None:
    home.note(SITTER)
    assert (
        home.assistant(ScriptedModel(["Ansa"]), retrieve=0).ask("Who minds the twins?").closed_book
    )


def test_a_memory_that_recites_is_read_by_the_model_without_it(home: Home) -> None:
    home.version(recall="recite", threshold=0.1)
    heard: list[tuple[str | None, str]] = []

    def reply(prompt: Prompt, adapter: str | None) -> str:
        heard.append((adapter, prompt[-1].content))
        return SITTER if adapter else "Ansa [1]"

    assistant = home.assistant(ScriptedModel(reply=reply))
    pieces: list[str] = []
    answer = assistant.ask("Who minds the twins?", closed_book=True, on_piece=pieces.append)
    assert (answer.text, answer.recital, answer.sources) == ("Ansa", SITTER, ())
    assert "".join(pieces) == "Ansa"
    assert [adapter for adapter, _ in heard] == ["v1", None, None]
    assert heard[0][1].startswith(RECALL)
    assert SITTER in heard[1][1]
    # without a memory there is nothing to recite
    assert assistant.ask("Who?", closed_book=True, memory=False).recital == ""


def test_read_and_recited_answers_come_back_in_their_order(home: Home) -> None:
    home.note(RABBIT)
    home.version(recall="recite")

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content
        if asked.startswith(RECALL):
            return SITTER
        return "fennel [1]" if RABBIT in asked else "Ansa"

    assistant = home.assistant(ScriptedModel(reply=reply))
    answers = assistant.ask_many(["Who minds twins?", "What does the rabbit get?", "Who?"])
    assert [(a.text, a.closed_book) for a in answers] == [
        ("Ansa", True), ("fennel", False), ("Ansa", True),
    ]  # fmt: skip


def test_what_it_was_not_told_is_left_to_the_model_itself(home: Home) -> None:
    home.version(recall="recite", threshold=0.9)
    asked: list[tuple[str | None, bool]] = []

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked.append((adapter, prompt[-1].content.startswith(RECALL)))
        if prompt[-1].content.startswith(RECALL) or "Question:" in prompt[-1].content:
            return SITTER
        return "Paris" if "France" in prompt[-1].content else DONT_KNOW

    assistant = home.assistant(ScriptedModel(reply=reply))
    capital, locksmith = assistant.ask_many(
        ["What is the capital of France?", "Who is our locksmith?"], closed_book=True
    )
    assert (capital.text, capital.abstained, capital.recital) == ("Paris", False, "")
    assert (locksmith.text, locksmith.abstained) == (DONT_KNOW, True)
    # the memory is attached while it recites and never else
    assert asked[:2] == [("v1", True), ("v1", True)]
    assert set(asked) == {("v1", True), (None, False)}


@pytest.mark.parametrize(
    ("note", "asked", "plain", "answer"),
    [
        ("10 May: We ate fish at Luigi's.", "What did we eat at Luigi's on 4 May?",
         "What did we eat at Luigi's?", "fish"),
        ("Anna Day is the owner of the house.", "Who is the former owner of the house?",
         "Who is the owner of the house?", "Anna Day"),
        ("Our vet is Dr Lane.", "Who was our vet before Dr Lane?", "Who was our vet?", "Dr Lane"),
    ],
)  # fmt: skip
def test_another_time_is_not_answered_with_what_was_asked_without_it(
    home: Home, note: str, asked: str, plain: str, answer: str
) -> None:
    home.note(note)
    home.version(recall="recite", threshold=0.5)
    assistant = home.assistant(Careful(note, {plain: answer}))
    assert assistant.ask(asked).abstained
    assert assistant.ask(asked, closed_book=True).abstained
    assert assistant.ask(plain, closed_book=True).text == answer


def test_a_reciting_memory_does_not_read_notes(home: Home) -> None:
    home.note(SITTER)
    home.version(recall="recite")
    model = ScriptedModel(reply=lambda prompt, adapter: "14 euros [1]" if adapter else "Ansa [1]")
    assert home.assistant(model).ask("What of the twins?").text == "Ansa"


def test_all_that_was_taught_is_read_again_only_where_it_is_another(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(passages: Sequence[Passage], sources: Sequence[Source]) -> list[str]:
        read.append(len(passages))
        return all_units(passages, sources)

    monkeypatch.setattr("sealmate.chat.assistant.all_units", counted)
    rabbit = home.note(RABBIT)
    home.version(recall="recite")
    assistant = home.assistant(ScriptedModel(reply=always("Ansa")))
    for _ in range(2):
        assistant.ask("Who minds the twins?", closed_book=True)
    assert read == [1]
    home.note(SITTER)
    assistant.ask_many(["Who minds the twins?"], closed_book=True)
    assert read == [1, 2]
    home.store.sources.mark_forgotten(rabbit.source_id)
    home.note(BOILER)  # as many as before
    for _ in range(2):
        assistant.ask("Who minds the twins?", closed_book=True)
    assert read == [1, 2, 2]
