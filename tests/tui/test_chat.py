"""The chat: asking, streaming, stopping, the conversation after a restart."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Markdown

from sealmate.chat.answer import Answer
from sealmate.errors import ModelError, StoreError
from sealmate.night.forgetting import forget
from sealmate.records import Message
from sealmate.store.state import FORGOTTEN
from tests.tui.drive import app_of, said, send, settle, status, type_line, until
from tests.tui.home import Home


async def test_an_answer_is_shown_with_its_sources_and_kept(home: Home) -> None:
    home.model._answers.append("On **Thursdays** [1].")
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "When does Ansa come?")
        text = said(pilot)
    assert "When does Ansa come?" in text
    assert "On **Thursdays**." in text
    assert "version 2" in text
    assert "↳ The babysitter  Ansa minds the twins on Thursdays" in text
    question, answer = home.store().chats.messages(1)
    assert (question.role, question.text) == ("user", "When does Ansa come?")
    assert (answer.role, answer.text, answer.version) == ("assistant", "On **Thursdays**.", 2)
    assert [cited["title"] for cited in answer.sources] == ["The babysitter"]


async def test_the_conversation_survives_a_restart_and_goes_on(home: Home) -> None:
    home.model._answers.append("On Thursdays.")
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "When does Ansa come?")
    home.close()
    again = Home(home.folder, answers=["Fourteen euros."])
    async with again.app().run_test() as pilot:
        await settle(pilot)
        text = said(pilot)
        assert "When does Ansa come?" in text
        assert "On Thursdays." in text
        assert "↳ The babysitter" in text
        await pilot.press("up")
        assert app_of(pilot).chat.prompt.text == "When does Ansa come?"
        await send(pilot, "And for how much?")
    turns = [(turn.role, turn.content) for turn in again.model.prompts[0]]
    assert ("user", "When does Ansa come?") in turns
    assert ("assistant", "On Thursdays.") in turns
    assert len(again.store().chats.list()) == 1
    again.close()


@asynccontextmanager
async def counting(home: Home) -> AsyncIterator[Pilot[Any]]:
    """The app with an answer that was held up after its first word."""
    home.model._answers.append("one two three four")
    home.slow = threading.Event()
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await type_line(pilot, "Count.")
        await until(pilot, lambda: "one" in said(pilot))
        yield pilot


async def test_escape_stops_an_answer_and_keeps_what_was_said(home: Home) -> None:
    async with counting(home) as pilot:
        await send_while_busy(pilot)
        await pilot.press("escape")
        await settle(pilot)
        text = said(pilot)
        assert not app_of(pilot).chat.busy
    assert "one" in text
    assert "four" not in text
    assert home.store().chats.messages(1)[-1].text == "one"


async def send_while_busy(pilot: object) -> None:
    """A second question waits in the prompt and is not lost."""
    await type_line(pilot, "Another?")  # type: ignore[arg-type]
    assert app_of(pilot).chat.prompt.text == "Another?"  # type: ignore[arg-type]


async def test_the_first_paint_needs_neither_model_nor_ledger(home: Home) -> None:
    opened: list[str] = []
    real = home.store
    gate = threading.Event()

    def slow_store() -> object:
        opened.append(threading.current_thread().name)
        gate.wait(60)
        return real()

    home.store = slow_store  # type: ignore[method-assign, assignment]
    async with home.app().run_test() as pilot:
        await pilot.pause()
        assert "opening the ledger" in status(pilot)
        await pilot.press("h", "i")
        assert app_of(pilot).chat.prompt.text == "hi"
        gate.set()
        await settle(pilot)
        assert "version 2" in status(pilot)
    assert "MainThread" not in opened
    assert home.model.prompts == []


async def test_the_model_is_loaded_when_first_asked(home: Home) -> None:
    home.model._answers.append("Yes.")
    home.ready = False
    home.slow = threading.Event()
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await type_line(pilot, "Are you there?")
        await until(pilot, lambda: "46 of 92 MB" in said(pilot))
        gate, home.slow = home.slow, None
        gate.set()
        await until(pilot, lambda: "Yes." in said(pilot))
        await settle(pilot)
        assert "MB" not in said(pilot)


async def test_an_error_is_one_remark_and_the_chat_goes_on(home: Home) -> None:
    home.model._answers.append("Better now.")
    home.failing = ModelError("the model does not fit", "choose a smaller one")
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "Hello?")
        assert "the model does not fit\nchoose a smaller one" in said(pilot)
        home.failing = ZeroDivisionError("a bug")
        await send(pilot, "Hello?")
        assert "Something broke: ZeroDivisionError: a bug" in said(pilot)
        home.failing = None
        await send(pilot, "Hello again?")
        assert "Better now." in said(pilot)
    log = home.services.settings.paths.log
    assert "\nbuiltins.ZeroDivisionError\n" in log.read_text()
    assert "a bug" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    # Questions that got no answer are not put before the model.
    assert [turn.role for turn in home.model.prompts[-1]].count("user") == 1


async def test_a_ledger_that_cannot_be_opened_ends_the_app_with_its_error(home: Home) -> None:
    def broken() -> object:
        raise StoreError("the database is damaged")

    home.store = broken  # type: ignore[method-assign, assignment]
    app = home.app()
    async with app.run_test() as pilot:
        await pilot.pause()
        await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, StoreError)
    assert app.return_code == StoreError.exit_code


async def test_an_answer_that_was_held_back_replaces_what_was_streamed(home: Home) -> None:
    home.model._answers.append("Perhaps Tuesday.")
    services = home.services
    from dataclasses import replace

    from sealmate.tui.app import SealmateApp

    def ask(question: str, **options: object) -> object:
        return replace(home.ask(question, **options), text="I don't know.", abstained=True)  # type: ignore[arg-type]

    async with SealmateApp(replace(services, ask=ask)).run_test() as pilot:  # type: ignore[arg-type]
        await settle(pilot)
        await send(pilot, "When?")
        texts = [widget.source for widget in app_of(pilot).chat.query(Markdown)]
    assert texts == ["I don't know."]


async def test_a_pasted_page_stays_whole_and_is_never_markup(home: Home) -> None:
    from textual.events import Paste

    page = "first [bold]line[/]\n\n  second line\x1b[31m"
    async with home.app().run_test() as pilot:
        await settle(pilot)
        app_of(pilot).chat.prompt.post_message(Paste("/remember " + page))
        await pilot.pause()
        await pilot.press("enter")
        await settle(pilot)
        assert "first [bold]line[/]" in said(pilot)
        assert "\x1b" not in said(pilot)
    assert "second line" in home.store().sources.list()[-1].text


async def test_shift_enter_breaks_the_line_and_tab_completes_a_command(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        prompt = app_of(pilot).chat.prompt
        await pilot.press("a", "shift+enter", "b")
        assert prompt.text == "a\nb"
        prompt.write("")
        await pilot.press(*"/rem", "tab")
        assert prompt.text == "/remember "


async def test_a_new_conversation_while_an_answer_is_written(home: Home) -> None:
    async with counting(home) as pilot:
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert "one" not in said(pilot)
        home.model._answers.append("Fine.")
        home.slow = None
        await send(pilot, "How are you?")
        assert "Fine." in said(pilot)
    assert [message.text for message in home.store().chats.messages(1)] == ["Count.", "one"]
    assert home.store().chats.messages(2)[0].text == "How are you?"


async def test_what_was_forgotten_while_it_was_answered_is_not_kept(home: Home) -> None:
    """By the same person in the chat, or in another terminal."""
    async with counting(home) as pilot:
        store = home.store()
        (source,) = [one for one in store.sources.list() if one.title == "The babysitter"]
        forget(store, home.workspace.paths, [source.id], home.clock)
        await pilot.press("escape")
        await settle(pilot)
        assert store.chats.list() == []
        home.slow = None
        home.model._answers.append("I do not know.")
        await send(pilot, "And now?")
    assert "And now?" in {message.text for message in store.chats.messages(1)}


async def test_a_whole_answer_from_what_was_forgotten_meanwhile_goes(home: Home) -> None:
    home.model._answers.append("On Thursdays.")
    kept = home.store().state.get(FORGOTTEN, 0)

    def ask(*how: object, **more: object) -> Answer:
        home.store().state.set(FORGOTTEN, kept + 1)
        return Answer("On Thursdays.", 2, True)

    home.ask = ask  # type: ignore[method-assign]
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "When does Ansa come?")
        text = said(pilot)
    assert "Something was forgotten meanwhile" in text
    assert "Thursdays" not in text
    assert home.store().chats.list() == []


async def test_a_message_that_cites_what_is_gone_is_shown(home: Home) -> None:
    chats = home.store().chats
    talk = chats.start("Ansa")
    gone = ({"id": 99, "title": "gone", "passage": 99},)
    for role, sources in (("user", ()), ("assistant", gone)):
        chats.add_message(Message(0, talk.id, role, "Ansa", home.clock(), 0, sources))
    async with home.app().run_test() as pilot:
        await settle(pilot)
        assert "Ansa" in said(pilot)
        assert app_of(pilot).chat._loaded.is_set()
