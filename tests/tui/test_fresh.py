"""Screens that stay open while another process goes on with the same ledger."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Markdown, Static

from sealmate.tui.screens import base
from sealmate.tui.screens.report import NO_NIGHT
from sealmate.tui.widgets.rows import Rows
from tests.tui.drive import settle, until
from tests.tui.home import Home


async def open_tab(pilot: Pilot[Any], key: str) -> Rows:
    """Not by `settle`: a look now and then takes the place of one that still reads."""
    await pilot.pause()
    await pilot.press(key)
    await until(pilot, lambda: any(table.row_count for table in pilot.app.screen.query(Rows)))
    await pilot.pause()
    return pilot.app.screen.query_one(Rows)


def marked(table: Rows) -> str:
    """The key of the row that is marked as the active version."""
    rows = [row.key.value for row in table.ordered_rows if str(table.get_row(row.key)[0])]
    assert len(rows) == 1
    return str(rows[0])


def ids(table: Rows) -> list[str]:
    return [str(row.key.value) for row in table.ordered_rows]


def outcome(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one("#outcome", Static).render())


def details(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one("#details Static", Static).render())


@pytest.mark.parametrize(("key", "after"), [("u", 2), ("r", 0)])
async def test_nothing_is_switched_on_a_lineage_that_is_not_shown(
    home: Home, key: str, after: int
) -> None:
    versions = home.store().versions
    async with home.app().run_test() as pilot:
        table = await open_tab(pilot, "f2")
        versions.activate(1, "rolled back in another process")
        await pilot.press(key)
        await settle(pilot)
        assert versions.active() == 1
        assert outcome(pilot) == "Version 1 was made active elsewhere meanwhile. Nothing was done."
        assert marked(table) == table.chosen == "1"
        await pilot.press(key)
        await settle(pilot)
        assert versions.active() == after


async def test_a_return_to_the_same_version_counts_as_a_change(home: Home) -> None:
    versions = home.store().versions
    async with home.app().run_test() as pilot:
        await open_tab(pilot, "f2")
        versions.activate(0, "elsewhere")
        versions.activate(2, "and back")
        await pilot.press("u")
        await settle(pilot)
        assert versions.active() == 2
        assert "Nothing was done" in outcome(pilot)


@pytest.fixture(params=[True, False])
def own_key(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a screen is read anew by its own key; else it is as time goes by."""
    by_key: bool = request.param
    monkeypatch.setattr(base, "_STATUS_SECONDS", 3600 if by_key else 0.05)
    return by_key


async def test_versions_show_what_others_made_active(home: Home, own_key: bool) -> None:
    async with home.app().run_test() as pilot:
        table = await open_tab(pilot, "f2")
        await pilot.press("end")
        assert table.chosen == "0"
        home.store().versions.activate(1, "elsewhere")
        if own_key:
            await pilot.press("f2")
        await until(pilot, lambda: marked(table) == "1")
        assert table.chosen == "0"


async def test_sources_come_and_go_where_they_are_shown(home: Home, own_key: bool) -> None:
    async with home.app().run_test() as pilot:
        table = await open_tab(pilot, "f3")
        await pilot.press("down", "down")
        assert table.chosen == "1"
        home.remember("The spare key lies under the blue pot.")
        home.store().erasure.erase(2)
        if own_key:
            await pilot.press("f3")
        await until(pilot, lambda: ids(table) == ["4", "3", "1"])
        assert table.chosen == "1"


async def test_the_text_of_an_erased_source_leaves_the_screen(home: Home) -> None:
    async with home.app().run_test() as pilot:
        table = await open_tab(pilot, "f3")
        await settle(pilot)
        assert "washing machine" in details(pilot)
        for number in (1, 2, 3):
            home.store().erasure.erase(number)
        await pilot.press("f3")
        await settle(pilot)
        assert ids(table) == []
        assert "Nothing yet" in details(pilot)


async def test_a_source_that_is_gone_when_it_is_chosen(home: Home) -> None:
    async with home.app().run_test() as pilot:
        table = await open_tab(pilot, "f3")
        home.store().erasure.erase(2)
        await pilot.press("down")
        await settle(pilot)
        assert ids(table) == ["3", "1"]
        assert "rabbit" in details(pilot)


async def test_the_report_of_a_night_that_ended_since(home: Home, own_key: bool) -> None:
    async with home.app().run_test() as pilot:
        await pilot.pause()
        await pilot.press("f4")
        await until(pilot, lambda: NO_NIGHT in [m.source for m in pilot.app.screen.query(Markdown)])
        home.report = "# The night of 7 May"
        if own_key:
            await pilot.press("f4")
        await until(
            pilot, lambda: pilot.app.screen.query_one(Markdown).source == "# The night of 7 May"
        )


@pytest.mark.parametrize("key", ["f2", "f3"])
async def test_a_table_in_which_nothing_changed_is_left_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with home.app().run_test() as pilot:
        await open_tab(pilot, key)
        await settle(pilot)
        drawn: list[object] = []
        monkeypatch.setattr(Rows, "clear", lambda *_, **__: drawn.append(None))
        await pilot.press(key)
        await settle(pilot)
        assert not drawn
