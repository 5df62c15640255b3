"""The dialogue of /forget: nothing that is written while it waits is lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sealmate.night.forgetting import Forgotten
from sealmate.tui.app import SealmateApp
from sealmate.tui.forgetting import is_reply
from tests.tui.drive import app_of, said, send, settle, type_line, until
from tests.tui.home import Home

KEPT = "Kept “The babysitter” (note 2); nothing was forgotten."


def test_a_reply_is_short_and_no_question() -> None:
    assert all(map(is_reply, ("", "yes", "no", "2", "yes please", "not that")))
    assert not any(map(is_reply, ("Ansa?", "Where is Ansa?", "Ansa has moved to Ulm.")))


async def test_a_command_ends_it_and_is_run(home: Home) -> None:
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter", "/remember The spare key is in the barn.")
        assert KEPT in said(pilot)
        assert "Remembered as note 4" in said(pilot)
        assert not app_of(pilot).chat.slash.asking
        await send(pilot, "/forget the", "/help")
        assert "Nothing was forgotten." in said(pilot)
        assert "Ask anything, or write" in said(pilot)
    assert home.store().sources.get(4).text == "The spare key is in the barn."
    assert len(home.store().sources.list()) == 4


async def test_a_sentence_ends_it_and_stays_in_the_prompt(home: Home) -> None:
    home.model._answers.append("On Thursdays.")
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter", "When does Ansa come?")
        assert f"{KEPT} What you wrote stands in the prompt: enter sends it." in said(pilot)
        assert app_of(pilot).chat.prompt.text == "When does Ansa come?"
        assert app_of(pilot).chat.prompt.border_subtitle == ""
        assert home.model.prompts == []
        await pilot.press("enter")
        await settle(pilot)
        assert "On Thursdays." in said(pilot)


async def test_forgetting_another_source_stops_the_first(home: Home) -> None:
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        await pilot.press("f3")
        await settle(pilot)
        await pilot.press("f")
        await settle(pilot)
        assert pilot.app.screen is app_of(pilot).chat
        assert KEPT in said(pilot)
        assert "(note 3)?" in said(pilot)
        await send(pilot, "yes")
    assert [source.id for source in home.store().sources.list()] == [1, 2]


@pytest.mark.parametrize("way", ["ctrl+n", "/new"])
async def test_a_new_conversation_ends_it(home: Home, way: str) -> None:
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        assert app_of(pilot).chat.prompt.border_subtitle
        if way == "/new":
            await send(pilot, way)
        await pilot.press(*[way] * (way != "/new"))
        await settle(pilot)
        assert KEPT in said(pilot)
        assert "Forget “The babysitter”" not in said(pilot)
        assert app_of(pilot).chat.prompt.border_subtitle == ""
        assert not app_of(pilot).chat.prompt.has_class("-asking")
    assert len(home.store().sources.list()) == 3


def forgetting_slowly(home: Home, go_on: threading.Event) -> SealmateApp:
    """The app, in which a forgetting waits for a sign."""
    services = home.services

    def slowly(source_ids: Sequence[int]) -> Forgotten:
        go_on.wait(60)
        return services.forget(source_ids)

    return SealmateApp(replace(services, forget=slowly))


async def test_after_a_yes_it_says_at_once_that_it_forgets(home: Home) -> None:
    go_on = threading.Event()
    async with forgetting_slowly(home, go_on).run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        await type_line(pilot, "yes")
        await until(pilot, lambda: "forgetting…" in said(pilot))
        chat = app_of(pilot).chat
        assert chat.prompt.border_subtitle == ""
        assert not chat.slash.asking
        assert chat.busy
        go_on.set()
        await settle(pilot)
        assert "Forgot “The babysitter”" in said(pilot)
        assert "forgetting…" not in said(pilot)
        assert not chat.busy


async def test_a_question_that_a_forgetting_stopped_comes_back(home: Home) -> None:
    home.model._answers.append("one two three four")
    home.slow = threading.Event()
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await type_line(pilot, "Count to four.")
        await until(pilot, lambda: "one" in said(pilot))
        await type_line(pilot, "/forget babysitter")
        await until(pilot, lambda: app_of(pilot).chat.slash.asking == "yes")
        await type_line(pilot, "yes")
        await settle(pilot)
        assert "The question that was being answered was stopped." in said(pilot)
        assert app_of(pilot).chat.prompt.text == "Count to four."
        assert not app_of(pilot).chat.busy
    assert home.store().chats.list() == []


async def test_several_lines_that_wait_are_not_answered_at_once(home: Home) -> None:
    go_on = threading.Event()
    home.model._answers.append("one two three four")
    home.slow = threading.Event()
    async with forgetting_slowly(home, go_on).run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        for line in ("yes", "Count to four.", "And to five?"):
            await type_line(pilot, line)
        go_on.set()
        await until(pilot, lambda: "one" in said(pilot))
        await until(pilot, lambda: app_of(pilot).chat.prompt.text == "And to five?")
        await pilot.press("escape")
        await settle(pilot)
    assert [message.text for message in home.store().chats.messages(1)][:1] == ["Count to four."]


async def test_what_is_kept_of_a_note_with_a_secret_is_said_with_care(home: Home) -> None:
    async with home.app().run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await send(pilot, "/remember The bank: my password is hunter2-Xy9!q. It is in Mill Street.")
        kept = "Remembered as note 4: found from now on. Something in it looks secret"
        assert kept in said(pilot)
        assert "in the weights after" not in said(pilot)
