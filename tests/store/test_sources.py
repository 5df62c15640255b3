"""Sources: dates and texts survive, replacing sets the old ones aside."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Source
from sealmate.store import Store
from tests.store.build import START, edit, ingest, passage, probe, source


def test_add_gives_back_the_record(store: Store) -> None:
    stored = store.sources.add(source("Rex is a dog", uri="/notes/rex.md"))
    assert stored.id == 1
    assert store.sources.get(1) == stored
    assert stored.created_at == START
    assert stored.created_at.utcoffset() == timedelta(0)


@given(text=st.text(), title=st.text())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back_unchanged(store: Store, text: str, title: str) -> None:
    stored = store.sources.add(source(text, title))
    store.passages.add_many(stored.id, [passage(text, heading=title)])
    assert (stored.text, stored.title) == (text, title)
    assert [p.text for p in store.passages.of_source(stored.id)] == [text]


def test_half_a_surrogate_pair_is_one_clear_line(store: Store) -> None:
    with pytest.raises(StoreError, match="surrogate"):
        store.sources.add(source("\ud800"))
    assert store.sources.list(None) == []


def test_times_are_kept_in_utc_and_naive_ones_refused(store: Store) -> None:
    east = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=9)))
    stored = store.sources.add(Source(0, "note", "t", "x", "h", east))
    assert stored.created_at == east
    with pytest.raises(StoreError, match="time zone"):
        store.sources.add(Source(0, "note", "t", "x", "h", datetime(2026, 1, 1)))


def test_lookups_see_only_current_sources(store: Store) -> None:
    old = store.sources.add(source("one", uri="/n.md"))
    assert store.sources.by_hash(old.content_hash) == old
    new = store.sources.replace(old.id, source("two", uri="/n.md"))
    assert store.sources.by_hash(old.content_hash) is None
    assert store.sources.current_by_uri("/n.md") == new
    assert store.sources.list() == [new]
    replaced = store.sources.list("replaced")
    assert [(s.id, s.replaced_by) for s in replaced] == [(old.id, new.id)]
    assert len(store.sources.list(None)) == 2


def test_replacing_supersedes_edits_and_retires_probes(store: Store) -> None:
    old = ingest(store, "Rex is a dog")
    kept, refused = store.edits.add_many([edit(old.id, "Who?", "Rex"), edit(old.id, text="no")])
    store.edits.set_state([kept.id], "accepted", "me")
    store.edits.set_state([refused.id], "rejected", "me")
    asked = store.probes.add_many([probe(old.id)])[0]
    new = store.sources.replace(old.source_id, source("Rex is a cat"))
    after = store.edits.get(kept.id)
    assert after.state == "superseded"
    assert after.valid_to is not None
    assert f"source {new.id}" in after.reason
    assert store.edits.get(refused.id).state == "rejected"
    assert store.probes.get(asked.id).retired
    assert store.edits.trainable() == []
    with pytest.raises(StoreError, match="is replaced"):
        store.sources.replace(old.source_id, source("again"))


def test_forgotten_hides_the_source_and_its_earlier_selves(store: Store) -> None:
    old = ingest(store, "Rex is a dog", "pets")
    new = store.sources.replace(old.source_id, source("Rex is a cat", "pets"))
    store.passages.add_many(new.id, [passage("Rex is a cat")])
    assert store.sources.mark_forgotten(new.id).state == "forgotten"
    assert store.sources.get(old.source_id).state == "forgotten"
    assert store.passages.search("Rex", 5, only_current=False) == []
    assert store.sources.find("pets") == []
    assert store.passages.current() == []


def test_find_by_id_title_or_uri(store: Store) -> None:
    first = store.sources.add(source("a", "Ünal's recipes 100%", "/home/me/Cake.md"))
    second = store.sources.add(source("b", "note 1"))
    assert store.sources.find("1") == [first]
    assert store.sources.find("üNAL") == [first]
    assert store.sources.find("cake.MD") == [first]
    assert store.sources.find("0%") == [first]
    assert store.sources.find("_") == []
    assert store.sources.find("  ") == []
    assert store.sources.find("note") == [second]


@pytest.mark.parametrize("key", [0, -1, 7])
def test_a_missing_source_is_named(store: Store, key: int) -> None:
    for act in (store.sources.get, store.sources.mark_forgotten, store.erasure.preview):
        with pytest.raises(NotFoundError, match=f"no source {key}"):
            act(key)


def test_a_number_beyond_sqlite_is_one_clear_line(store: Store) -> None:
    with pytest.raises(StoreError, match="too large"):
        store.sources.get(10**30)
