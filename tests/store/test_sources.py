"""Sources: dates and texts survive, replacing sets the old ones aside."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Source
from sealmate.store import Store
from sealmate.store.reasons import FORMERLY
from tests.store.build import START, edit, ingest, passage, probe, source, statements


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


def test_passages_that_stay_move_with_all_that_was_made_of_them(store: Store) -> None:
    old = store.sources.add(source("Rex is a dog. Tom is a cat.", "dogs"))
    dog, cat = store.passages.add_many(
        old.id, [passage("Rex is a dog"), passage("Tom is a cat", 1)]
    )
    lost, kept = store.edits.add_many([edit(dog.id, "Who?", "Rex"), edit(cat.id, "Who?", "Tom")])
    store.edits.set_state([lost.id, kept.id], "accepted", "me")
    asked = store.probes.add_many([probe(dog.id), probe(cat.id, "Who?", "Tom")])
    new = store.sources.replace(old.id, source("Tom is a cat. Rex died.", "cats"), {cat.id: 0})
    store.passages.add_many(new.id, [passage("Rex died", 1)])
    assert [(p.id, p.ordinal) for p in store.passages.of_source(new.id)] == [(cat.id, 0), (3, 1)]
    assert [p.id for p in store.passages.of_source(old.id)] == [dog.id]
    assert [e.id for e in store.edits.trainable()] == [kept.id]
    assert [e.id for e in store.edits.aside(dog.id)] == [lost.id]
    assert store.edits.aside(cat.id) == []
    assert [p.id for p in store.probes.list()] == [asked[1].id]
    # Search finds it under the new title, and not under the old one.
    assert {hit.passage.id for hit in store.passages.search("cats", 5)} == {cat.id, 3}
    assert store.passages.search("dogs", 5) == []
    assert [hit.source_title for hit in store.passages.search("Tom", 5)] == ["cats"]
    with store._database.raw() as connection:
        for index in ("passages_fts", "passages_words"):
            connection.execute(f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)")
    store.erasure.erase(new.id)
    assert store.passages.search("Tom", 5, only_current=False) == []
    assert store.edits.list() == []


def test_only_passages_of_the_old_source_move(store: Store) -> None:
    old, other = ingest(store, "Rex is a dog"), ingest(store, "Tom is a cat")
    with pytest.raises(StoreError, match=f"no passage {other.id}"):
        store.sources.replace(old.source_id, source("Rex is a cat"), {other.id: 0})
    assert store.sources.get(old.source_id).state == "current"


def test_what_used_to_hold_outlives_its_text(store: Store) -> None:
    """Other accepted edits do not, as of a night that wrote about it just then."""
    old = ingest(store, "Rex is a dog")
    before = replace(edit(old.id, "Who was it formerly?", "Max"), state="accepted", reason=FORMERLY)
    (former,) = store.edits.add_many([before])
    store.sources.replace(old.source_id, source("Rex is a cat"))
    store.edits.add_many([replace(edit(old.id, "Who?", "Rex"), state="accepted")])
    assert [e.id for e in store.edits.trainable()] == [former.id]
    store.sources.mark_forgotten(old.source_id)
    assert store.edits.trainable() == []


def test_what_a_source_was_and_became(store: Store) -> None:
    first = store.sources.add(source("one"))
    second = store.sources.replace(first.id, source("two"))
    third = store.sources.replace(second.id, source("three"))
    assert [s.id for s in store.sources.earlier(third.id)] == [second.id, first.id]
    assert store.sources.earlier(first.id) == []
    assert [store.sources.latest(s.id).id for s in (first, second, third)] == [third.id] * 3
    with pytest.raises(NotFoundError):
        store.sources.latest(9)


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


def test_a_number_is_an_id_and_nothing_else(store: Store) -> None:
    budget = store.sources.add(source("a", "Budget 1200", "/home/me/1200.md"))
    assert store.sources.find("120") == store.sources.find(" 1200 ") == []
    assert store.sources.find("t 120") == store.sources.find(f"{budget.id}") == [budget]


@pytest.mark.parametrize("key", [0, -1, 7])
def test_a_missing_source_is_named(store: Store, key: int) -> None:
    for act in (store.sources.get, store.sources.mark_forgotten, store.erasure.preview):
        with pytest.raises(NotFoundError, match=f"no source {key}"):
            act(key)


def test_a_number_beyond_sqlite_is_one_clear_line(store: Store) -> None:
    with pytest.raises(StoreError, match="too large"):
        store.sources.get(10**30)


def test_lists_without_the_texts(store: Store) -> None:
    assert (store.sources.count(), store.sources.titles(), store.sources.entries()) == (0, {}, [])
    old = store.sources.add(source("one", "first", uri="/n.md"))
    new = store.sources.replace(old.id, source("two", "second", uri="/n.md"))
    gone = store.sources.add(source("three", "third"))
    store.sources.mark_forgotten(gone.id)
    assert store.sources.titles() == {new.id: "second"}
    assert store.sources.titles("replaced") == {old.id: "first"}
    assert list(store.sources.titles(None).values()) == ["first", "second", "third"]
    counts = [store.sources.count(state) for state in ("current", "replaced", "forgotten", None)]
    assert counts == [1, 1, 1, 3]
    for state in ("current", "replaced", "forgotten", None):
        entries = store.sources.entries(state)
        whole = [asdict(one) for one in store.sources.list(state)]
        assert [asdict(one) | {"text": said["text"]} for one, said in
                zip(entries, whole, strict=True)] == whole  # fmt: skip
    with statements() as asked:
        store.sources.count(), store.sources.titles(None), store.sources.entries(None)
    assert not any("sources.text" in statement for statement in asked)
