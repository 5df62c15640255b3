"""Conversations: beginning one, going back to another, and what stays on the screen meanwhile."""

from __future__ import annotations

import threading

from sealmate import events
from sealmate.records import Message
from tests.tui.drive import app_of, said, send, settle, type_line, until
from tests.tui.home import Home


async def test_words_after_new_are_asked_in_the_new_one(home: Home) -> None:
    home.model._answers.extend(["One.", "Two."])
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "First?", "/new Second?")
        text = said(pilot)
        assert "First?" not in text
        assert "Second?" in text
        assert "The conversation before is kept: /chats 1 opens it again" in text
        prompt = app_of(pilot).chat.prompt
        await pilot.press("up")
        assert prompt.text == "/new Second?"
        await pilot.press("up")
        assert prompt.text == "First?"
    assert [chat.title for chat in home.store().chats.list()] == ["Second?", "First?"]
    assert [turn.role for turn in home.model.prompts[-1]].count("user") == 1


async def test_an_earlier_one_is_listed_and_opened(home: Home) -> None:
    home.model._answers.extend(["One.", "Two.", "Three."])
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/chats")
        assert "There is no conversation yet" in said(pilot)
        await send(pilot, "First?", "/new Second?", "/chats")
        text = said(pilot)
        assert "2  06 May 2031  Second?  (this one)\n1  06 May 2031  First?" in text
        assert "/chats 1 opens number 1." in text
        await send(pilot, "/chats 7", "/chats first")
        assert "there is no conversation 7" in said(pilot)
        assert "/chats 3 opens number 3" in said(pilot)
        assert "Second?" in said(pilot)
        await send(pilot, "/chats 1")
        assert "First?" in said(pilot)
        assert "Second?" not in said(pilot)
        await send(pilot, "And third?")
        await send(pilot, "/new", "/help")
        assert "`/chats`" in said(pilot)
    asked = [message.text for message in home.store().chats.messages(1) if message.role == "user"]
    assert asked == ["First?", "And third?"]


async def test_opening_one_stops_the_answer_that_is_written_in_another(home: Home) -> None:
    home.model._answers.append("One.")
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "First?", "/new")
        home.model._answers.append("one two three four")
        home.slow = threading.Event()
        await type_line(pilot, "Second?")
        await until(pilot, lambda: "one" in said(pilot))
        await type_line(pilot, "/chats 1")
        await settle(pilot)
        assert "First?" in said(pilot)
        assert not app_of(pilot).chat.busy
    assert [message.text for message in home.store().chats.messages(1)] == ["First?", "One."]
    assert home.store().chats.messages(2)[0].text == "Second?"


async def test_what_is_not_shown_of_a_long_one_is_said(home: Home) -> None:
    chats = home.store().chats
    talk = chats.start("Long")
    for number in range(64):
        role = "assistant" if number % 2 else "user"
        chats.add_message(Message(0, talk.id, role, f"line {number}.", home.clock(), 0))
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        text = said(pilot)
    assert text.startswith("4 earlier messages are kept and not shown.\nline 4.")
    assert "line 3." not in text
    assert "line 63." in text


async def test_a_night_stays_in_view_when_the_conversation_is_drawn_anew(home: Home) -> None:
    go_on = threading.Event()

    def night(cancel: threading.Event) -> object:
        yield home.night[0]
        go_on.wait(60)
        yield from home.night[1:]

    home.run_night = night  # type: ignore[method-assign, assignment]
    home.why = str
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "write" in said(pilot))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Ask me something" in said(pilot))
        assert "write" in said(pilot)
        go_on.set()
        await settle(pilot)
        text = said(pilot)
        assert "version 3 is active" in text
        assert text.index("Ask me something") < text.index("version 3 is active")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert "version 3 is active" not in said(pilot), "it is over"


async def test_a_pending_explanation_stays_in_view(home: Home) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def why(question: str) -> str:
        begun.set()
        go_on.wait(60)
        return "Because of the babysitter."

    home.why = why
    home.night = (events.Finished({"outcome": "published"}),)
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/why Who is it?")
        await until(pilot, begun.is_set)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Ask me something" in said(pilot))
        go_on.set()
        await settle(pilot)
        assert "Because of the babysitter." in said(pilot)
