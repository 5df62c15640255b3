"""Conflicts."""

from __future__ import annotations

import pytest

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Conflict
from sealmate.store import Store
from tests.store.build import START, edit, ingest


def test_conflicts(store: Store) -> None:
    place = ingest(store, "x")
    old, new = store.edits.add_many([edit(place.id, "Q", "1"), edit(place.id, "Q", "2")])
    found = store.conflicts.add(Conflict(0, old.id, new.id, "Q", "1", "2", START, "open"))
    assert store.conflicts.get(found.id) == found
    assert store.conflicts.set_state(found.id, "kept-old").state == "kept-old"
    assert store.conflicts.list("open") == []
    assert len(store.conflicts.list()) == 1
    with pytest.raises(StoreError, match="cannot be 'odd'"):
        store.conflicts.set_state(found.id, "odd")
    with pytest.raises(NotFoundError):
        store.conflicts.set_state(99, "open")
    with pytest.raises(StoreError, match="does not exist"):
        store.conflicts.add(Conflict(0, old.id, 99, "Q", "1", "2", START))
