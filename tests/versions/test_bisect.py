"""Which night broke it: the search alone, and what the ledger knows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sealmate.records import ProbeResult
from sealmate.versions.bisect import Break, ancestry, bisect, look_up
from tests.store.build import START, edit, ingest, probe
from tests.versions.build import Lab


@given(st.lists(st.booleans(), max_size=40))
def test_it_finds_neighbours_of_which_the_older_knew(known: list[bool]) -> None:
    versions = [10 * number for number in range(len(known))]
    asked: list[int] = []

    def knows(version: int) -> bool:
        asked.append(version)
        return known[version // 10]

    found = bisect(versions, knows)
    assert len(asked) == len(set(asked))
    if not known or known[-1] or not any(known):
        assert found is None
        return
    assert found is not None
    good, bad = found.good // 10, found.bad // 10
    assert bad == good + 1
    assert known[good]
    assert not known[bad]


@given(st.integers(2, 400), st.data())
def test_one_break_costs_few_questions(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, count - 1))
    asked: list[int] = []

    def knows(version: int) -> bool:
        asked.append(version)
        return version < at

    assert bisect(range(count), knows) == Break(at - 1, at)
    assert len(asked) <= 2 * count.bit_length() + 2


def test_the_last_of_two_breaks_near_the_end() -> None:
    known = [True, False, True, True, False]
    assert bisect(range(5), lambda version: known[version]) == Break(3, 4)


def test_ancestry_leaves_out_side_branches(lab: Lab) -> None:
    for parent in (None, 1, 1, 3):
        lab.publish(parent=parent)
    assert ancestry(lab.store, 4) == [1, 3, 4]
    assert ancestry(lab.store, 2) == [1, 2]


def test_what_the_ledger_knows(lab: Lab) -> None:
    store = lab.store
    place = ingest(store, "Rex is the dog.")
    taught = store.edits.add_many(
        [replace(edit(place.id, "Who is the cat?", "Mia"), state="accepted")]
    )
    first = store.probes.add_many([probe(place.id, "Who is the dog?", "Rex")])[0]
    second = store.probes.add_many([probe(place.id, "Who is our dog now?", "Max")])[0]
    other = store.probes.add_many([probe(place.id, "Where is the dog?", "here")])[0]
    for version, right in ((1, True), (2, False)):
        lab.publish((taught[0].id,), seed=version)
        said = ProbeResult(version, version, first.id, "x", right, 0.5, START)
        store.probes.add_results([said, replace(said, probe_id=other.id, correct=True)])
    later = ProbeResult(9, 1, first.id, "x", False, 0.5, START.replace(hour=23))
    known = look_up(store, "Who is the dog")
    assert known.results == {1: True, 2: False}
    assert known.answers == ("Rex", "Max")
    assert known.probes == (first.id, second.id)
    store.probes.add_results([later])
    assert look_up(store, "Who is the dog").results == {1: False, 2: False}
    store.probes.retire([first.id], "changed")
    # version 1 gave an answer that does not hold any more: it did not know this one
    assert look_up(store, "Who is the dog?").results == {}
    assert look_up(store, "Who is the dog?").answers == ("Max",)
    assert look_up(store, "Who is the cat?").answers == ("Mia",)
    assert look_up(store, "Who is the mayor?").answers == ()
