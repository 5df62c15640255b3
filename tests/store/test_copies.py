"""Copies of the database that nights leave, and what is said of them where it is damaged."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from sealmate.errors import HomeError, NotFoundError, NumberError, StoreError, UsageError
from sealmate.store import Store
from sealmate.store.upgrade import KEEP_NIGHTLY, back_up, back_up_nightly
from tests.store.build import Clock, ingest, opened


def nightly(store: Store, home: Path, clock: Clock) -> Path:
    return back_up_nightly(store.path, home / "backups", clock)


def test_the_newest_three_stay_and_those_of_upgrades_with_them(store: Store, home: Path) -> None:
    clock = Clock()
    upgraded = back_up(store._database, home / "backups", "0001")
    made = []
    for number in range(KEEP_NIGHTLY + 2):
        ingest(store, f"text {number}")
        made.append(nightly(store, home, clock))
    assert KEEP_NIGHTLY == 3
    assert sorted((home / "backups").iterdir()) == sorted([upgraded, *made[-3:]])
    assert {stat.S_IMODE(path.stat().st_mode) for path in made[-3:]} == {0o600}
    shutil.copy(made[-1], home / "copy.db")
    connection = sqlite3.connect(home / "copy.db")
    assert connection.execute("SELECT count(*) FROM sources").fetchone() == (5,)
    connection.close()


def test_what_a_killed_night_left_half_made_goes(store: Store, home: Path) -> None:
    (home / "backups").mkdir()
    left = home / "backups" / "sealmate-20260101T000000-night.partial"
    left.write_bytes(b"half")
    nightly(store, home, Clock())
    assert not left.exists()


def test_forgetting_takes_the_copies_that_hold_the_source(store: Store, home: Path) -> None:
    clock = Clock()
    before = nightly(store, home, clock)
    place = ingest(store, "The zirconquill is in the shed.")
    after = nightly(store, home, clock)
    assert b"zirconquill" in after.read_bytes()
    assert store.erasure.erase(place.source_id).backups == (after.name,)
    assert list((home / "backups").iterdir()) == [before]


def test_a_damaged_database_is_not_copied_over_good_copies(home: Path) -> None:
    clock = Clock()
    with opened(home, clock=clock) as store:
        for number in range(60):
            ingest(store, f"text {number} " * 100)
        good = nightly(store, home, clock)
    file = home / "sealmate.db"
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 8192 * 4096
    whole[middle : middle + 12288] = b"\xff" * 12288
    file.write_bytes(whole)
    with pytest.raises(StoreError, match="damaged") as caught:
        back_up_nightly(file, home / "backups", clock)
    assert str(file) in caught.value.message
    assert caught.value.hint.endswith(f"put the newest copy in its place: {good}")
    assert list((home / "backups").iterdir()) == [good]


def test_no_copy_is_named_where_none_lies(home: Path) -> None:
    home.mkdir()
    (home / "sealmate.db").write_bytes(b"Dear diary. " * 200)
    with pytest.raises(StoreError, match="damaged") as caught:
        opened(home)
    assert caught.value.hint.startswith("no copy of it is there; move sealmate.db")
    assert "backups" not in caught.value.hint


def test_a_full_disk_leaves_no_half_copy(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sealmate.store.upgrade.make_private_file", full)
    with pytest.raises(HomeError, match="No space left"):
        nightly(store, home, Clock())
    assert list((home / "backups").iterdir()) == []


def test_a_number_beyond_sqlite_names_nothing(store: Store) -> None:
    with pytest.raises(NumberError, match="there is no such id") as caught:
        store.versions.get(2**63)
    assert caught.value.exit_code == NotFoundError.exit_code
    assert isinstance(caught.value, NotFoundError)
    with pytest.raises(UsageError, match="too large"):
        store.passages.search("text", 2**63)
