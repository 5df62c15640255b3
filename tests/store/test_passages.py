"""Passages: order, what waits for self-edits, and search that stays in step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sealmate.errors import NotFoundError, StoreError
from sealmate.store import Store
from tests.store.build import edit, ingest, passage, source


def test_passages_keep_their_order(store: Store) -> None:
    owner = store.sources.add(source("all"))
    drafts = [passage("b", 1, "Top > Sub"), passage("a", 0)]
    stored = store.passages.add_many(owner.id, drafts)
    assert [p.text for p in store.passages.of_source(owner.id)] == ["a", "b"]
    assert store.passages.get(stored[0].id).heading == "Top > Sub"
    assert store.passages.get_many([stored[1].id, stored[0].id]) == [stored[1], stored[0]]
    assert store.passages.get_many([]) == []
    with pytest.raises(NotFoundError, match="no passage 99"):
        store.passages.get_many([stored[0].id, 99])


def test_passages_need_their_source(store: Store) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        store.passages.add_many(5, [passage("x")])
    assert store.passages.search("x", 5) == []


def test_many_ids_pass_the_limit_on_bound_values(store: Store) -> None:
    owner = store.sources.add(source("all"))
    stored = store.passages.add_many(owner.id, [passage("x", n) for n in range(300)])
    ids = [p.id for p in stored] * 150
    assert len(store.passages.get_many(ids)) == 45000


def test_without_edits(store: Store) -> None:
    first, second, third = (ingest(store, text) for text in ("one", "two", "three"))
    store.edits.add_many([edit(first.id, text="1")])
    store.passages.mark_written(second.id, "small")
    assert store.passages.without_edits() == [third]
    assert store.passages.ids_without_edits() == {third.id}
    assert store.passages.current() == [first, second, third]
    store.sources.replace(third.source_id, source("four"))
    assert store.passages.without_edits() == []
    assert store.passages.ids_without_edits() == set()
    with pytest.raises(NotFoundError):
        store.passages.mark_written(99, "small")


def test_search_ranks_stems_and_ignores_accents(store: Store) -> None:
    ingest(store, "The cake needs three eggs and sugar", "Recipes")
    rex = ingest(store, "Rex, our dog, was walking in Köln; dogs like Köln", "Pets")
    ingest(store, "Walks in general are healthy", "Health")
    hits = store.passages.search("Where did the dogs walk in KOLN?", 5)
    assert hits[0].passage == rex
    assert hits[0].source_title == "Pets"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert store.passages.search("pets", 5)[0].passage == rex
    assert len(store.passages.search("walk", 1)) == 1
    assert store.passages.search("walk", 0) == []


def test_stop_words_are_searched_only_alone(store: Store) -> None:
    ingest(store, "who am i")
    ingest(store, "zebra")
    assert len(store.passages.search("who is a zebra", 5)) == 1
    assert [hit.passage.text for hit in store.passages.search("who am I?", 5)] == ["who am i"]


def test_search_leaves_replaced_sources_out(store: Store) -> None:
    old = ingest(store, "violin lesson")
    store.sources.replace(old.source_id, source("cello lesson"))
    assert store.passages.search("violin", 5) == []
    assert [h.passage for h in store.passages.search("violin", 5, only_current=False)] == [old]


@given(query=st.text() | st.text(alphabet="\"'*^(){}:-+ NEAROTDcolumn\x00\\_é\u0301;", max_size=40))
@example('" OR 1=1 --')
@example("text:dog NOT cat")
@example("NEAR(dog cat, 5)")
@example("\ud800 dog")
@example("dog*")
@example("\x00dog")
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_query_can_hurt(store: Store, query: str) -> None:
    if not store.passages.current():
        ingest(store, "a dog and a cat")
    assert len(store.passages.search(query, 5)) <= 1


@given(
    words=st.lists(
        st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), max_size=5
    )
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_passage_is_found_by_its_own_text(store: Store, words: list[str]) -> None:
    if not words:
        return
    wanted = ingest(store, " ".join(words))
    found = store.passages.search(" ".join(words), 1000)
    assert wanted in [hit.passage for hit in found]


def test_a_very_long_query_is_answered(store: Store) -> None:
    ingest(store, "needle")
    assert len(store.passages.search("needle " + " ".join(map(str, range(20000))), 3)) == 1


def test_the_stamp_is_another_whenever_a_current_passage_comes_or_goes(store: Store) -> None:
    seen = {store.passages.stamp()}
    first = ingest(store, "Rex is a dog")
    seen.add(store.passages.stamp())
    ingest(store, "Tom is a cat")
    seen.add(store.passages.stamp())
    assert store.passages.stamp() in seen
    store.sources.mark_forgotten(first.source_id)
    seen.add(store.passages.stamp())
    ingest(store, "Max is a horse")  # as many as before
    seen.add(store.passages.stamp())
    assert len(seen) == 5
