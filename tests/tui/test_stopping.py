"""Escape and quitting: what they stop, what they say, and that nothing waits for a load."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from textual.pilot import Pilot

from sealmate import events
from sealmate.chat.assistant import Answer
from sealmate.errors import Cancelled
from sealmate.tui.app import SealmateApp
from sealmate.tui.services import from_workspace
from tests.tui.drive import app_of, said, send, settle, type_line, until
from tests.tui.home import Home


def offered(pilot: Pilot[Any], key: str = "escape") -> bool:
    """Whether the footer has that key."""
    active = pilot.app.screen.active_bindings.get(key)
    return active is not None and active.binding.show


async def test_escape_is_answered_at_once(home: Home) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def ask(question: str, *, cancel: threading.Event, **options: object) -> Answer:
        begun.set()
        go_on.wait(60)
        assert cancel.is_set()
        raise Cancelled("stopped")

    home.ask = ask  # type: ignore[method-assign, assignment]
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert not offered(pilot)
        await type_line(pilot, "When does Ansa come?")
        await until(pilot, begun.is_set)
        assert offered(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "stopping…" in said(pilot)
        go_on.set()
        await settle(pilot)
        assert said(pilot).endswith("stopped")
        assert not offered(pilot)


async def test_a_load_is_not_waited_for(home: Home) -> None:
    home.ready = False
    home.slow = go_on = threading.Event()
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await type_line(pilot, "When does Ansa come?")
        await until(pilot, lambda: "46 of 92 MB" in said(pilot))
        await pilot.press("escape")
        await settle(pilot)
        assert not app_of(pilot).chat.busy
        assert said(pilot).endswith("stopped")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert "Ask me something" in said(pilot)
        go_on.set()
        await until(pilot, lambda: home.ready)
        await settle(pilot)
    assert home.model.prompts == []
    assert home.store().chats.list() == []


async def test_the_chat_goes_on_while_the_real_model_loads(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def bring(*_: object) -> object:
        begun.set()
        go_on.wait(60)
        raise Cancelled("the end of the test")

    monkeypatch.setattr("sealmate.workspace.Workspace._bring", bring)
    home.workspace._model = None
    try:
        async with SealmateApp(from_workspace(home.workspace)).run_test(size=(100, 30)) as pilot:
            app = app_of(pilot)
            await settle(pilot)
            await type_line(pilot, "When does Ansa come?")
            await until(pilot, begun.is_set)
            await type_line(pilot, "/remember The spare key is in the barn.")
            await until(pilot, lambda: "Remembered as note 4" in said(pilot), seconds=10)
            await type_line(pilot, "/why When does Ansa come?")
            await until(pilot, lambda: said(pilot).count("loading the model smollm2") == 2)
            assert app.chat.busy
            await pilot.press("ctrl+q")
            await until(pilot, lambda: app.return_code is not None, seconds=4)
        closing = threading.Thread(target=home.workspace.close, daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive()
    finally:
        go_on.set()


async def test_escape_says_how_a_night_is_stopped(home: Home) -> None:
    home.slow = threading.Event()
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "starting" in said(pilot))
        assert not offered(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert [note.message for note in app_of(pilot)._notifications] == [
            "/sleep stop ends the night."
        ]
        assert app_of(pilot).chat.slash.sleeping
        await type_line(pilot, "/sleep STOP")
        await settle(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert len(app_of(pilot)._notifications) == 1


async def test_another_key_for_it_is_the_same_for_a_night(home: Home) -> None:
    home.keys = {"cancel": "f9"}
    home.slow = threading.Event()
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await send(pilot, "/forget babysitter")
        assert offered(pilot, "f9")
        await pilot.press("f9")
        await settle(pilot)
        assert "nothing was forgotten" in said(pilot)
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "starting" in said(pilot))
        await pilot.press("f9")
        await pilot.pause()
        assert len(app_of(pilot)._notifications) == 1
        await type_line(pilot, "/sleep stop")
        await settle(pilot)


async def test_an_explanation_says_how_it_goes_and_can_be_stopped(home: Home) -> None:
    home.why = str
    home.slow = threading.Event()
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/why Who is Ansa?")
        await until(pilot, lambda: "asking the weights alone…" in said(pilot))
        assert app_of(pilot).chat.busy
        assert offered(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "asking the weights" not in said(pilot)
        assert said(pilot).endswith("stopped")
        assert not app_of(pilot).chat.busy
        home.ready = False
        await type_line(pilot, "/why Who is Ansa?")
        await until(pilot, lambda: "46 of 92 MB" in said(pilot))
        home.slow.set()
        await until(pilot, lambda: said(pilot).endswith("\nWho is Ansa?"))


async def test_an_explanation_of_what_was_forgotten_meanwhile_is_not_shown(home: Home) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def why(question: str) -> str:
        begun.set()
        go_on.wait(60)
        return "Ansa minds the twins."

    home.why = why
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await type_line(pilot, "/why Who is it?")
        await until(pilot, begun.is_set)
        await type_line(pilot, "/forget babysitter")
        await until(pilot, lambda: app_of(pilot).chat.slash.asking == "yes")
        await type_line(pilot, "yes")
        await until(pilot, lambda: "Forgot “The babysitter”" in said(pilot))
        go_on.set()
        await settle(pilot)
        assert "Something was forgotten meanwhile. Ask again." in said(pilot)
        assert "twins" not in said(pilot)


def test_the_service_tells_which_way_it_asks_and_stops(home: Home) -> None:
    services = from_workspace(home.workspace)
    assert services.why is not None
    home.model._answers.extend(["On Thursdays."] * 20)
    told: list[events.Event] = []
    services.why("When does Ansa come?", on_event=told.append)
    assert told == [
        events.Note("asking the weights alone…"), events.Note("asking with the notes…")
    ]  # fmt: skip
    stop = threading.Event()

    def then(event: events.Event) -> None:
        stop.set()

    before = len(home.model.prompts)
    with pytest.raises(Cancelled):
        services.why("When does Ansa come?", on_event=then, cancel=stop)
    assert len(home.model.prompts) <= before + 1
