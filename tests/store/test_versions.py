"""Versions: immutable, activated by rows, found by what they were trained on."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from sealmate.errors import NotFoundError, VersionError
from sealmate.store import Store, tables
from tests.store.build import START, edit, ingest, version


def test_numbers_and_manifests(store: Store) -> None:
    assert store.versions.next_number() == 1
    first = store.versions.add(version(1), [3, 1, 3])
    assert first.edits == 2
    assert first.scores == {"new_recall": 0.5}
    assert store.versions.edit_ids(1) == [1, 3]
    assert store.versions.edit_ids(0) == []
    assert store.versions.next_number() == 2
    assert store.versions.list() == [first]
    for number in (1, 0, -2):
        with pytest.raises(VersionError, match="cannot be given"):
            store.versions.add(version(number), [])
    for act in (store.versions.get, store.versions.edit_ids):
        with pytest.raises(NotFoundError, match="no version 9"):
            act(9)


def test_each_change_of_the_active_version_is_a_row(store: Store) -> None:
    assert store.versions.active() == 0
    store.versions.add(version(1), [1])
    store.versions.add(version(2, 1), [1, 2])
    store.versions.activate(1, "night 1")
    store.versions.activate(2, "night 2")
    assert store.versions.activate(2, "again").reason == "night 2"
    back = store.versions.activate(1, "rollback")
    assert (back.version, back.previous) == (1, 2)
    store.versions.activate(0, "none")
    assert store.versions.active() == 0
    seen = [(a.previous, a.version) for a in store.versions.activations()]
    assert seen == [(0, 1), (1, 2), (2, 1), (1, 0)]
    with pytest.raises(NotFoundError):
        store.versions.activate(5, "x")


def test_purging(store: Store) -> None:
    place = ingest(store, "x")
    kept = store.edits.add_many([edit(place.id, "Q", "A")])[0]
    store.versions.add(version(1), [kept.id])
    store.versions.add(version(2), [kept.id, 50])
    assert store.versions.versions_with_edits([kept.id]) == [1, 2]
    assert store.versions.versions_with_edits(range(50, 90000)) == [2]
    assert store.versions.with_erased_edits() == [2]
    store.versions.activate(1, "x")
    with pytest.raises(VersionError, match="is active"):
        store.versions.mark_purged(1, START)
    assert store.versions.mark_purged(2, START).purged_at == START
    assert store.versions.versions_with_edits([kept.id, 50]) == [1]
    assert store.versions.with_erased_edits() == []
    with pytest.raises(VersionError, match="was deleted"):
        store.versions.activate(2, "x")


def test_a_version_cannot_be_changed(store: Store) -> None:
    store.versions.add(version(1), [])
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
        connection.execute("UPDATE versions SET sha256 = 'x'")
    connection.close()


def test_what_a_shard_learnt_is_written_down_once(store: Store) -> None:
    """However many versions carry it along."""
    learnt: dict[int, list[int]] = {}
    for number in range(1, 9):
        mine = [number * 10, number * 10 + 1]
        ids = [*mine, *(key for keys in learnt.values() for key in keys)]
        made = store.versions.add(version(number), ids, learnt)
        learnt[number] = mine
        assert (made.edits, store.versions.edit_ids(number)) == (2 * number, sorted(ids))
        assert store.versions.edits_by_shard(number) == learnt
    with store._database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.shard_edits)) == 16
    assert [found.edits for found in store.versions.list()] == [2 * n for n in range(1, 9)]
    assert store.versions.versions_with_edits([60]) == [6, 7, 8]
    place = ingest(store, "x")
    (kept,) = store.edits.add_many([edit(place.id, "Q", "A")])
    assert kept.id == 1
    assert store.versions.with_erased_edits() == list(range(1, 9))
    store.versions.mark_purged(7, START)
    assert store.versions.versions_with_edits([60]) == [6, 8]
    assert store.versions.versions_with_edits([60], purged=True) == [6, 7, 8]


def test_a_version_of_some_shards_of_another_has_what_they_learnt(store: Store) -> None:
    store.versions.add(version(1), [1, 2])
    store.versions.add(version(2), [1, 2, 3], {1: [1, 2]})
    left = replace(version(3), manifest={"shard": "1"})
    assert store.versions.add(left, [1, 2]).edits == 2
    assert store.versions.edits_by_shard(3) == {1: [1, 2]}
