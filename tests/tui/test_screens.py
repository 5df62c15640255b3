"""Versions with rollback and undo, sources, the report, and the user's keymap."""

from __future__ import annotations

import pytest
from textual.widgets import DataTable, Markdown, Static

from sealmate.errors import SettingsError
from sealmate.settings import KEYS
from sealmate.tui.app import SealmateApp
from sealmate.tui.keys import ALL
from sealmate.tui.screens.sources import Row, read_rows
from sealmate.versions.lineage import previous
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish
from tests.store.build import statements
from tests.tui.drive import app_of, said, send, settle, status
from tests.tui.home import Home, make_adapter


def outcome(app: object) -> str:
    assert isinstance(app, SealmateApp)
    return str(app.screen.query_one("#outcome", Static).render())


def activated(home: Home) -> list[int]:
    return [one.version for one in home.store().versions.activations()]


async def test_rollback_is_one_key_and_undo_another(home: Home) -> None:
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert home.store().versions.active() == 1
        assert "Version 1 is active, version 2 before." in outcome(pilot.app)
        assert "version 1" in status(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert home.store().versions.active() == 0
        await pilot.press("u")
        await settle(pilot)
        assert home.store().versions.active() == 1
        await pilot.press("up", "r")
        await settle(pilot)
        assert home.store().versions.active() == 2
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen is app_of(pilot).chat
        assert "version 2" in status(pilot)
    assert activated(home) == [1, 2, 1, 0, 1, 2]


def publish_more(home: Home, parent: int, run: int) -> int:
    """The next version, made in that night out of another."""
    store = home.store()
    fields = {**identity_fields(home.model.info), "parent": parent, "run": run}
    adapter = make_adapter(home.folder / "trained")
    known = store.versions.edit_ids(parent)
    return publish(store, home.workspace.paths, adapter, fields, known, home.clock).number


@pytest.mark.parametrize(
    ("nights", "back"),
    [
        ([(2, 7), (3, 7)], [2, 1, 0]),  # a night that made two versions is one step
        ([(1, 8)], [1, 0]),  # version 2 had been gone back from
    ],
)
async def test_rollback_goes_back_night_by_night(
    home: Home, nights: list[tuple[int, int]], back: list[int]
) -> None:
    versions = home.store().versions
    if nights[0][0] != versions.active():
        versions.activate(nights[0][0], "rolled back")
    for parent, run in nights:
        publish_more(home, parent, run)
    assert previous(home.store()) == back[0], "the command goes there as well"
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        for number in back:
            await pilot.press("r")
            await settle(pilot)
            assert versions.active() == number


async def test_a_version_of_another_base_does_not_come_back(home: Home) -> None:
    folder = home.folder / "models" / "smollm2-135m"
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "provenance.json"):
        (folder / name).write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(64))
    async with home.app().run_test(size=(110, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert "Version 1 was made for" in outcome(pilot.app)
    assert home.store().versions.active() == 2


async def test_a_version_with_something_forgotten_never_comes_back(home: Home) -> None:
    home.store().versions.activate(1, "test")
    home.store().erasure.erase(2)
    async with home.app().run_test(size=(110, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("up", "r")
        await settle(pilot)
        assert "Version 2 holds something forgotten" in outcome(pilot.app)
        await pilot.press("u")
        await settle(pilot)
        assert "it cannot come back" in outcome(pilot.app)
    assert home.store().versions.active() == 1


async def test_a_damaged_version_is_told_and_nothing_changes(home: Home) -> None:
    weights = home.workspace.paths.versions / "v0001" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert "corrupt" in outcome(pilot.app)
    assert home.store().versions.active() == 2


async def test_screens_of_an_unused_home(empty_home: Home) -> None:
    async with empty_home.app().run_test() as pilot:
        await settle(pilot)
        assert "no memory" in status(pilot)
        await pilot.press("f2")
        await settle(pilot)
        await pilot.press("u", "r")
        await settle(pilot)
        assert "No version is active" in outcome(pilot.app)
        await pilot.press("f3")
        await settle(pilot)
        assert "Nothing yet" in str(pilot.app.screen.query_one("#details Static", Static).render())
        await pilot.press("f")
        await pilot.press("f4")
        await settle(pilot)
        assert "No night has run yet" in pilot.app.screen.query_one(Markdown).source


async def test_sources_say_what_is_in_the_weights_and_can_be_forgotten(home: Home) -> None:
    async with home.app().run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        rows = [[str(cell) for cell in table.get_row_at(n)] for n in range(table.row_count)]
        assert [(row[0], row[-1]) for row in rows] == [
            ("3", "waiting"), ("2", "in the weights"), ("1", "in the weights"),
        ]  # fmt: skip
        await pilot.press("down", "f")
        await settle(pilot)
        assert pilot.app.screen is app_of(pilot).chat
        assert "Forget “The babysitter” (note 2)?" in said(pilot)
        await send(pilot, "yes")
    assert [source.id for source in home.store().sources.list()] == [1, 3]


async def test_the_report_is_shown(home: Home) -> None:
    home.report = "# The night of 6 May\n\nLearnt 31 facts."
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f4")
        await settle(pilot)
        assert pilot.app.screen.query_one(Markdown).source == home.report


async def test_keys_can_be_changed_by_their_ids(home: Home) -> None:
    home.keys = {"versions": "f7", "closed-book": "ctrl+o", "rollback": "z"}
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+o")
        assert app_of(pilot).chat.closed_book
        await pilot.press("f2")
        assert pilot.app.screen is app_of(pilot).chat
        await pilot.press("f7")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert activated(home) == [1, 2]
        await pilot.press("z")
        await settle(pilot)
    assert activated(home) == [1, 2, 1]


@pytest.mark.parametrize("keys", [{"nonsense": "f9"}, {"quit": " "}])
def test_a_keymap_that_means_nothing_is_refused(home: Home, keys: dict[str, str]) -> None:
    home.keys = keys
    with pytest.raises(SettingsError, match=f"keys.{next(iter(keys))}"):
        home.app()


def test_every_key_has_its_own_id() -> None:
    assert len({key.id for key in ALL}) == len(ALL)


def test_the_settings_know_every_key() -> None:
    assert sorted(key.id for key in ALL) == sorted(KEYS)


def test_the_list_of_sources_does_not_ask_for_each(home: Home) -> None:
    before, rows = _rows(home)
    for number in range(5):
        home.remember(f"The gate has the number {number}.")
    after, more = _rows(home)
    assert after == before
    assert more[5:] == rows
    assert [(row.passages, row.standing.words) for row in more[:6]] == [(1, "waiting")] * 6
    assert [row.standing.known for row in more[6:]] == [True, True]


def _rows(home: Home) -> tuple[int, list[Row]]:
    home.services.store()  # opening it asks, too
    with statements() as asked:
        rows = read_rows(home.services)
    return len(asked), rows
