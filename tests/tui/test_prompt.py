"""The line to write on: what was begun is never lost."""

from __future__ import annotations

from tests.tui.drive import app_of, settle
from tests.tui.home import Home


async def test_a_draft_is_there_again_after_a_look_at_what_was_before(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        prompt = app_of(pilot).chat.prompt
        prompt.recall(["first", "second"])
        await pilot.press(*"draft", "up")
        assert prompt.text == "second"
        await pilot.press("!", "up")
        assert prompt.text == "first"
        await pilot.press("down")
        assert prompt.text == "second!"
        await pilot.press("down")
        assert prompt.text == "draft"
        assert prompt.cursor_location == (0, 5)


async def test_what_was_replaced_can_be_undone(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        prompt = app_of(pilot).chat.prompt
        prompt.recall(["first"])
        await pilot.press(*"draft", "up", "ctrl+z")
        assert prompt.text == "draft"
        prompt.forget([])
        await pilot.press("ctrl+z", "up")
        assert prompt.text == "draft"


async def test_a_line_that_was_not_taken_does_not_replace_another(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        prompt = app_of(pilot).chat.prompt
        assert prompt.offer("first")
        assert prompt.text == "first"
        assert not prompt.offer("second")
        assert prompt.text == "first"
        await pilot.press("up")
        assert prompt.text == "second"
        await pilot.press("down")
        assert prompt.text == "first"
