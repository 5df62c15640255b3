"""Probes: their schedule, and what was answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sealmate.errors import NotFoundError, StoreError
from sealmate.store import Store
from tests.store.build import START, ingest, probe, result, source


def test_a_schedule_is_kept_and_a_probe_retired_once(store: Store) -> None:
    place = ingest(store, "x")
    soon, gone = store.probes.add_many([probe(place.id) for _ in range(2)])
    kept = store.probes.set_schedule(soon.id, {"stability": 1.5}, START)
    assert (kept.schedule, kept.due_at) == ({"stability": 1.5}, START)
    assert store.probes.retire([gone.id, 77], "the fact changed") == 1
    assert store.probes.retire([gone.id], "again") == 0
    with pytest.raises(NotFoundError, match="no probe 77"):
        store.probes.set_schedule(77, {}, None)


def test_a_probe_comes_back_for_the_reason_it_went(store: Store) -> None:
    here, there = ingest(store, "x"), ingest(store, "y")
    one, other, third = store.probes.add_many([probe(here.id), probe(there.id), probe(here.id)])
    store.probes.retire([one.id, other.id], "a")
    store.probes.retire([third.id], "c")
    assert store.probes.retire([one.id, other.id, third.id], "b", instead_of="a") == 2
    assert store.probes.revive("a") == 0
    store.sources.replace(there.source_id, source("z"))
    assert store.probes.revive("b") == 1  # the text of the other is not what its source says now
    assert [p.id for p in store.probes.list()] == [one.id]
    assert store.probes.revive("b", replaced=True) == 1


def test_list_filters(store: Store) -> None:
    place = ingest(store, "x")
    first, second = store.probes.add_many([probe(place.id), probe(place.id)])
    store.probes.retire([first.id], "r")
    assert store.probes.list() == [second]
    assert len(store.probes.list(retired=None, passage_id=place.id)) == 2
    assert store.probes.list(held_out=False) == []
    assert store.probes.list(held_out=True, retired=True)[0].id == first.id


def test_results(store: Store) -> None:
    mine = store.probes.add_many([probe(ingest(store, "x").id)])[0]
    store.probes.add_results([result(mine.id, 1, 1, 1), result(mine.id, 2, 2, 5)])
    store.probes.add_results([result(mine.id, 1, 1, 2)])
    assert [r.answer for r in store.probes.results_of_probe(mine.id)] == ["answer 2", "answer 5"]
    assert store.probes.results(2) == [result(mine.id, 2, 2, 5)]
    assert store.probes.results(2, run_id=1) == []
    latest = store.probes.latest_result(mine.id)
    assert latest is not None
    assert latest.version == 2
    before = store.probes.latest_result(mine.id, before=START + timedelta(seconds=5))
    assert before is not None
    assert before.version == 1
    assert store.probes.latest_result(mine.id, version=3) is None
    with pytest.raises(StoreError, match="does not exist"):
        store.probes.add_results([result(99)])
