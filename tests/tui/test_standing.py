"""Where sources stand: the status line and the list of sources tell the same."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta

import pytest
from textual.widgets import DataTable, Static

from sealmate.night.lock import NIGHT, OTHER, hold
from sealmate.records import Conflict, Edit, EditState, Passage
from sealmate.standing import Standing, explained, standings
from sealmate.tui.screens.sources import read_rows
from sealmate.tui.status import Status, read_status, status_line
from tests.tui.drive import settle, status, type_line, until
from tests.tui.home import NOW, Home


def written(home: Home, text: str, *states: tuple[EditState, str]) -> int:
    """A note that was written from, with an edit in each of `states`; its id."""
    store = home.store()
    source = home.remember(text).added[0]
    for passage in store.passages.of_source(source.id):
        store.passages.mark_written(passage.id, "scripted")
        store.edits.add_many(
            Edit(0, passage.id, "qa", "", NOW, f"Q{n}?", "A", state, reason)
            for n, (state, reason) in enumerate(states)
        )
    return source.id


def words(home: Home) -> dict[int, str]:
    return {row.source.id: row.standing.words for row in read_rows(home.services)}


def why(home: Home, source_id: int) -> str:
    return explained(home.store(), source_id, standings(home.store())[source_id])


def test_the_list_counts_what_the_status_counts(home: Home) -> None:
    store = home.store()
    home.remember("The gate squeaks.")
    nothing = written(home, "Hm, well, so.")
    refused = written(home, "The wifi is slow.", ("rejected", "holds a secret"))
    accepted = written(home, "Bins go out on Monday.", ("accepted", ""), ("proposed", ""))
    proposed = written(home, "The roof is of slate.", ("proposed", ""), ("proposed", ""))
    half = store.passages.add_many(1, [Passage(0, 1, 1, "Well, well.", 2)])[0]
    store.passages.mark_written(half.id, "scripted")
    assert words(home) == {
        1: "in the weights", 2: "in the weights", 3: "waiting", 4: "waiting",
        nothing: "nothing to learn", refused: "nothing to learn",
        accepted: "waiting, to review", proposed: "to review",
    }  # fmt: skip
    shown = read_status(home.services)
    assert shown.waiting == sum("waiting" in text for text in words(home).values()) == 3
    assert shown.proposed == 3
    assert shown.sources == 8


def test_what_there_is_to_do_about_a_source(home: Home) -> None:
    source = written(home, "The roof is of slate.", ("proposed", ""), ("proposed", ""))
    assert why(home, source) == (
        f"2 self-edits to review: sealmate edits list --state proposed --source {source}"
    )
    assert why(home, 1) == "in the weights"
    assert why(home, 3) == "waiting: the next night learns it"


def test_why_there_is_nothing_to_learn(home: Home) -> None:
    refused = written(
        home, "The wifi is slow.",
        ("rejected", "holds a secret"), ("rejected", "came back the same"),
        ("rejected", "holds a secret"),
    )  # fmt: skip
    assert why(home, refused) == (
        "nothing to learn: its self-edits were refused: holds a secret (2), came back the same (1)"
    )
    assert why(home, written(home, "Hm, well, so.")).endswith("no question could be made of it")
    secret = written(home, "My password is hunter2-Xy77.")
    assert why(home, secret).endswith("secrets are kept out of the weights")
    other = written(home, "The vet is Dr. Lee.", ("superseded", "in conflict 1"))
    assert why(home, other).endswith("other notes tell it otherwise; see sealmate conflicts")
    empty = home.remember("To be emptied.").added[0].id
    assert explained(home.store(), 99, Standing()) == "nothing to learn: it has no text"
    assert standings(home.store())[empty].waiting


async def test_sources_tell_why(home: Home) -> None:
    written(home, "Hm, well, so.")
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        assert str(table.get_row_at(0)[-1]) == "nothing to learn"
        shown = str(pilot.app.screen.query_one("#details Static", Static).render())
        assert "nothing to learn: no question could be made of it" in shown


def test_an_unused_home_is_not_told_to_be_done(empty_home: Home) -> None:
    for width in (60, 78, 200):
        line = status_line(read_status(empty_home.services), width, UTC).plain
        assert "no notes yet" in line
        assert "consolidated" not in line


def test_open_conflicts_are_counted_with_where_to_settle_them(home: Home) -> None:
    for state in ("open", "accepted", "open"):
        home.store().conflicts.add(Conflict(0, 1, 7, "Who?", "Ansa", "Ole", NOW, state))
    line = status_line(read_status(home.services), 200, UTC).plain
    assert "2 conflicts open: sealmate conflicts" in line
    assert "2 conflicts · " in status_line(read_status(home.services), 60, UTC).plain


@pytest.mark.parametrize(
    ("base", "night"), [("smollm2-135m", None), ("smollm2-135m", 6), ("/a/b/" + "c" * 60, None)]
)
def test_all_counts_fit_a_narrow_terminal(base: str, night: int | None) -> None:
    at = None if night is None else NOW + timedelta(hours=night)
    few = Status(base, 3, 2, 14, 0, NOW, at, 9)
    assert status_line(few, 78, UTC).plain.endswith("no night" if at is None else "night 13:08")
    many = Status(base, 12, 345, 140, 27, NOW, at, 999, 12, night=True)
    assert status_line(many, 78, UTC).plain == (
        "● v12 · 345 waiting · 140 forgotten · 27 to review · 12 conflicts · night runs"
    )


async def test_a_night_of_another_process_is_seen(home: Home) -> None:
    paths = home.workspace.paths
    async with home.app().run_test() as pilot:
        await settle(pilot)
        assert "night running" not in status(pilot)
        with hold(paths.lock, home.clock, OTHER, name=NIGHT):
            await pilot.press("f1")
            await settle(pilot)
            assert status(pilot).endswith("night running")
        with hold(paths.lock, home.clock, OTHER):
            await pilot.press("f1")
            await settle(pilot)
            assert "night running" not in status(pilot)


async def test_a_night_of_this_app_is_seen_from_its_first_moment(home: Home) -> None:
    home.slow = threading.Event()
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await type_line(pilot, "/sleep now")
        await until(pilot, lambda: "night running" in status(pilot))
        await type_line(pilot, "/sleep stop")
        await until(pilot, lambda: "night running" not in status(pilot))
