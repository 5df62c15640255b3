"""How far the active version is behind."""

from __future__ import annotations

from sealmate.records import Pending
from sealmate.store import Store
from tests.store.build import edit, ingest, version


def test_pending_is_a_set_difference(store: Store) -> None:
    assert store.pending() == Pending()
    one, two = ingest(store, "one"), ingest(store, "two")
    assert store.pending() == Pending(passages=2, sources=2)
    edits = store.edits.add_many([edit(one.id, "Q1", "1"), edit(one.id, "Q2", "2")])
    ids = [e.id for e in edits]
    assert store.pending() == Pending(passages=1, proposed=2, sources=1)
    store.edits.set_state(ids, "accepted", "me")
    assert store.pending() == Pending(passages=1, edits=2, sources=2)
    store.passages.mark_written(two.id, "small")
    store.versions.add(version(1), ids)
    store.versions.activate(1, "night")
    assert store.pending() == Pending()
    store.versions.activate(0, "rollback")
    assert store.pending() == Pending(edits=2, sources=1)
    store.versions.activate(1, "forward")
    store.edits.set_state(ids[:1], "rejected", "me")
    assert store.pending() == Pending(stale=1)
    store.sources.mark_forgotten(one.source_id)
    assert store.pending() == Pending(forgotten=2)
    store.erasure.erase(one.source_id)
    assert store.pending() == Pending(forgotten=2)
