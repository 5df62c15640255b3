"""What can be reached by the keyboard alone, and what a narrow terminal still shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from sealmate.cli import commands
from sealmate.cli.app import run_command
from sealmate.tui import app as app_module
from sealmate.tui.app import SealmateApp
from sealmate.tui.widgets.rows import Rows
from sealmate.workspace import Workspace
from tests.tui.drive import app_of, said, send, settle, until
from tests.tui.home import NOW, Home


def details(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one("#details Static", Static).render())


def shown_keys(pilot: Pilot[Any]) -> set[str]:
    bindings = pilot.app.screen.active_bindings.values()
    return {active.binding.key for active in bindings if active.binding.show}


async def test_the_conversation_scrolls_from_the_prompt(home: Home) -> None:
    async with home.app().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await send(pilot, "/help", "/help")
        log, prompt = app_of(pilot).chat.log_view, app_of(pilot).chat.prompt
        end = log.max_scroll_y
        assert end > 10
        assert log.scroll_y == end
        assert {"pageup", "pagedown"} <= shown_keys(pilot)
        await pilot.press("pageup")
        await until(pilot, lambda: log.scroll_y < end - 5)
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: log.scroll_y == end)
        prompt.write("one\ntwo\nthree")
        assert prompt.cursor_location[0] == 2
        await pilot.press("pageup")
        await pilot.pause()
        assert prompt.cursor_location[0] < 2
        assert log.scroll_y >= end
        await pilot.press("pagedown")
        await pilot.pause()
        assert prompt.cursor_location[0] == 2


async def test_the_help_names_the_keys_for_scrolling(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, "/help")
        for key in ("shift+enter", "pageup/pagedown", "tab", "home/end"):
            assert f"`{key}` " in said(pilot)


@pytest.mark.parametrize("tab", ["f2", "f3"])
async def test_details_scroll_and_tables_have_ends(home: Home, tab: str) -> None:
    home.remember("The long way round.\n\n" + "Left, right, and left again.\n\n" * 60)
    for turn in range(30):
        home.store().versions.activate(turn % 2 + 1, "turn")
    async with home.app().run_test(size=(80, 16)) as pilot:
        await settle(pilot)
        await pilot.press(tab)
        await settle(pilot)
        table, panel = pilot.app.screen.query_one(Rows), pilot.app.screen.query_one("#details")
        assert "tab" in shown_keys(pilot)
        await pilot.press("end")
        assert table.cursor_row == table.row_count - 1
        await pilot.press("home")
        assert table.cursor_row == 0
        await settle(pilot)
        await pilot.press("tab")
        assert panel.has_focus
        await pilot.press("pagedown")
        await until(pilot, lambda: panel.scroll_y > 0)
        await pilot.press("tab")
        assert table.has_focus
        await pilot.press("down")
        await settle(pilot)
        await until(pilot, lambda: panel.scroll_y == 0)


async def test_a_text_that_is_cut_says_so(home: Home) -> None:
    home.remember("short " * 660)
    home.remember("words " * 680)
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        assert details(pilot).endswith("cut here. All of it: sealmate sources show 5")
        await pilot.press("down")
        await settle(pilot)
        assert "cut here" not in details(pilot)


async def test_a_narrow_terminal_shows_which_versions_are_deleted(home: Home) -> None:
    home.store().versions.mark_purged(1, NOW)
    async with home.app().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        assert [str(table.get_row_at(row)[1]) for row in range(3)] == ["2", "1 deleted", "none"]
        assert "deleted" not in details(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert details(pilot).startswith("Version 1 was deleted on 06 May 2031 07:08")
        await pilot.press("r")
        await settle(pilot)
        outcome = str(pilot.app.screen.query_one("#outcome", Static).render())
        assert outcome == "Version 1 was deleted on 06 May 2031 07:08; it cannot come back."


async def test_a_version_with_something_forgotten_is_marked_beside_its_number(home: Home) -> None:
    home.store().versions.activate(1, "test")
    home.store().erasure.erase(2)
    async with home.app().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        assert str(table.get_row_at(0)[1]) == "2 barred"
        await pilot.press("up")
        await settle(pilot)
        assert details(pilot).startswith("Version 2 holds something forgotten; it cannot come back")


async def test_columns_beyond_the_edge_have_a_scrollbar(home: Home) -> None:
    async with home.app().run_test(size=(40, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        assert table.show_horizontal_scrollbar
        assert table.horizontal_scrollbar.region.height == 1


async def test_a_profile_that_was_not_there_is_told_of_in_the_chat(home: Home) -> None:
    app = SealmateApp(home.services, "the profile defualt is new; there were: default")
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "The profile defualt is new; there were: default." in said(pilot)
        assert "Ask me something" in said(pilot)


async def test_an_upgrade_of_the_database_is_told_in_the_chat(home: Home) -> None:
    """On the terminal it would be below the screen, and gone with it."""
    home.store().copied = home.folder / "backups" / "sealmate-schema0003.db"
    async with home.app().run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        told = " ".join(said(pilot).split())
        assert "The database was upgraded for this release; as it was it is in" in told
        assert "schema0003" in told


@pytest.mark.parametrize(
    ("profile", "greeting"),
    [("defualt", "the profile defualt is new; there were: default"), ("default", "")],
)
def test_the_command_line_hands_on_that_a_profile_is_new(
    home: Home, monkeypatch: pytest.MonkeyPatch, profile: str, greeting: str
) -> None:
    home.store()
    home.close()
    heard: list[str] = []

    def run(workspace: Workspace, greeting: str = "") -> None:
        heard.append(greeting)

    stream = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(app_module, "run", run)
    monkeypatch.setattr(
        commands, "sys", SimpleNamespace(stdin=stream, stdout=stream, stderr=stream)
    )
    assert run_command(["--home", str(home.folder), "--profile", profile]) == 0
    assert heard == [greeting]
