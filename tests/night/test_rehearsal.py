"""The schedule of probes, the weights that come of it, and a night's bounded portion."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.night import rehearsal
from sealmate.night.portions import FLOOR, budgeted
from sealmate.records import Edit, Probe, ProbeResult
from sealmate.store import Store
from sealmate.training.mixture import DUE
from tests.night.ledger import MARCH, note, probe, teach

NIGHT = MARCH.replace(hour=2, minute=30)


def answered(store: Store, key: int, right: bool, night: int, sure: float = 0.8) -> None:
    """Grade one answer in the night so many days on."""
    at = NIGHT + timedelta(days=night)
    result = ProbeResult(night + 1, 1, key, "x", right, sure, at)
    assert rehearsal.grade(store, [result], at) == 1


def test_what_holds_comes_back_later_and_later(store: Store) -> None:
    key = probe(store, note(store, "Rex is the dog."), "Who is the dog?", "Rex").id
    gaps, night = [], 0
    for _ in range(5):
        answered(store, key, True, night)
        due = store.probes.get(key).due_at
        assert due is not None
        day = (NIGHT + timedelta(days=night)).replace(hour=0, minute=0)
        gaps.append((due - day).days)
        night += gaps[-1]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 3 * gaps[0]
    assert max(gaps) <= rehearsal.LONGEST


def test_what_fails_comes_back_the_next_night_even_a_little_earlier(store: Store) -> None:
    key = probe(store, note(store, "Rex is the dog."), "Who is the dog?", "Rex").id
    for night in range(3):
        answered(store, key, False, night)
        early = NIGHT + timedelta(days=night + 1, minutes=-40)
        assert [p.id for p in rehearsal.due(store, early)] == [key]
    answered(store, key, True, 3, sure=0.95)
    card = store.probes.get(key).schedule
    assert (card["lapses"], card["asked"], card["failed"]) == (3, 4, False)


def test_a_night_counts_a_probe_once_by_what_it_found_last(store: Store) -> None:
    key = probe(store, note(store, "Rex is the dog."), "Who is the dog?", "Rex").id
    answered(store, key, True, 0)
    at = NIGHT + timedelta(days=4)
    right, wrong = (ProbeResult(5, 1, key, "x", one, 0.8, at) for one in (True, False))
    # its second session lost what its first had kept
    assert [rehearsal.grade(store, [one], at) for one in (right, right, wrong, wrong)] == [
        1, 0, 1, 0,
    ]  # fmt: skip
    after = store.probes.get(key)
    other = probe(store, note(store, "Mia is the cat."), "Who is the cat?", "Mia").id
    answered(store, other, True, 0)
    answered(store, other, False, 4)
    assert (after.schedule["asked"], after.schedule["lapses"]) == (2, 1)
    assert after.due_at == store.probes.get(other).due_at
    assert rehearsal.failing(after)


def test_easy_good_and_hard_differ(store: Store) -> None:
    place = note(store, "Rex is the dog.")
    due = []
    for sure in (0.3, 0.7, 0.95):
        key = probe(store, place, "Who is the dog?", "Rex").id
        answered(store, key, True, 0, sure)
        due.append(store.probes.get(key).due_at)
    assert due == sorted(due)
    assert due[0] != due[2]


def test_grading_the_same_night_twice_changes_nothing(store: Store) -> None:
    place = note(store, "Rex is the dog.")
    key = probe(store, place, "Who is the dog?", "Rex").id
    result = ProbeResult(7, 1, key, "Rex", True, 0.9, NIGHT)
    assert rehearsal.grade(store, [result], NIGHT) == 1
    before = store.probes.get(key)
    assert rehearsal.grade(store, [result], NIGHT) == 0
    assert store.probes.get(key) == before
    store.probes.retire([key], "old")
    other = ProbeResult(8, 1, key, "Rex", True, 0.9, NIGHT)
    gone = ProbeResult(8, 1, 999, "Rex", True, 0.9, NIGHT)
    assert rehearsal.grade(store, [other, gone], NIGHT) == 0


def test_failing_ones_are_asked_first_then_overdue_then_new(store: Store) -> None:
    place = note(store, "Rex is the dog.")
    new, holds, fails, resting = (probe(store, place, f"Question {n}?", "Rex").id for n in range(4))
    answered(store, fails, False, 9)
    answered(store, holds, True, 0, 0.3)
    answered(store, resting, True, 9, 0.99)
    found = [p.id for p in rehearsal.due(store, NIGHT + timedelta(days=10))]
    assert found == [fails, holds, new]


def test_weights(store: Store) -> None:
    dog, cat = note(store, "Rex is the dog. He is brown."), note(store, "Mia is the cat.")
    name, colour = teach(store, dog, ("Who is the dog?", "Rex"), ("Which colour has Rex?", "brown"))
    (other,) = teach(store, cat, ("Who is the cat?", "Mia"))
    dogs, cats = (probe(store, dog, "The dog is called?", "Rex"),
                  probe(store, cat, "The cat is called?", "Mia"))  # fmt: skip
    edits = [name, colour, other]
    fresh = rehearsal.weights(store, edits, NIGHT)
    assert fresh == {name.id: DUE, colour.id: 1.25, other.id: DUE}
    answered(store, dogs.id, False, 0)
    answered(store, dogs.id, False, 1)
    answered(store, cats.id, True, 1, 0.99)
    found = rehearsal.weights(store, edits, NIGHT + timedelta(days=2))
    assert found[name.id] == rehearsal.FAILING + 1
    assert rehearsal.RESTING < found[colour.id] < DUE
    assert found[other.id] == rehearsal.RESTING


@given(st.integers(0, 40), st.lists(st.integers(0, 30), max_size=20), st.integers(0, 30))
def test_the_examined_are_due_first_and_never_too_many(
    count: int, first: list[int], limit: int
) -> None:
    probes = [Probe(key, 1, "q", "a", MARCH) for key in range(1, count + 1)]
    chosen = rehearsal.ask_first(probes, first, limit, random.Random(1))
    ids = [p.id for p in chosen]
    assert len(ids) == len(set(ids)) == min(limit, count)
    ahead = [key for key in dict.fromkeys(first) if 1 <= key <= count]
    room = len(ids) - len(ids) // 4
    assert ids[: min(room, len(ahead))] == ahead[:room]


def test_many_that_fail_leave_room_for_what_can_still_be_lost() -> None:
    failed = {"failed": True}
    probes = [
        Probe(key, 1, "q", "a", MARCH, schedule=failed if key <= 150 else {})
        for key in range(1, 451)
    ]
    late = range(151, 211)
    chosen = rehearsal.ask_first(probes, [*range(1, 151), *late], 60, random.Random(1))
    assert len(chosen) == 60
    assert sum(map(rehearsal.failing, chosen)) == 15
    assert len({p.id for p in chosen} & set(late)) >= 30
    few = rehearsal.ask_first(probes[:100], range(1, 101), 60, random.Random(1))
    assert len(few) == 60  # where nothing else is there


def edits(start: int, count: int, wordings: int = 3) -> list[Edit]:
    return [
        Edit(start + n, 1 + n // 9, "self-qa", "", MARCH, f"q{n}", f"a{n // wordings}")
        for n in range(count)
    ]


def ten(_: Edit) -> int:
    return 10


@given(st.integers(0, 60), st.integers(0, 200), st.integers(1, 3000), st.integers(0, 9))
def test_a_budget_holds(new: int, old: int, budget: int, seed: int) -> None:
    replay = edits(1000, old)
    weights = {e.id: (1.0, 2.0, 5.0)[e.id % 3] for e in replay}
    found = budgeted(edits(1, new), replay, weights, budget, ten, seed=seed)
    assert found.tokens == 10 * (len(found.new) + len(found.replay)) <= budget
    assert found.left == new - len(found.new)
    # Nothing is left out for which there was room.
    if len(found.new) < new or len(found.replay) < old:
        assert budget - found.tokens < 10


def test_a_night_costs_the_same_however_much_there_is_to_know() -> None:
    costs = [
        budgeted(edits(1, 300), edits(1000, old), {}, 0, ten).tokens for old in (500, 5000, 20000)
    ]
    assert costs == [6000, 6000, 6000]
    # Without news beyond a line it is the floor.
    assert budgeted(edits(1, 1), edits(1000, 5000), {}, 0, ten).tokens == FLOOR


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 2.0])
def test_the_default_budget_holds_all_that_is_new(share: float) -> None:
    found = budgeted(edits(1, 900), edits(5000, 900), {}, 0, ten, replay_share=share)
    assert found.left == 0
    assert len(found.replay) == min(900, round(900 * share))


def test_the_parts() -> None:
    replay = edits(1000, 900)
    weights = {e.id: (5.0 if e.id < 1300 else 2.0 if e.id < 1600 else 1.0) for e in replay}
    found = budgeted(edits(1, 900), replay, weights, 4000, ten)
    kinds = Counter(weights[e.id] for e in found.replay)
    assert len(found.new) == 200
    assert kinds == {5.0: 80, 2.0: 60, 1.0: 60}
    # Every fact has a wording before any has two.
    assert max(Counter(e.answer for e in found.new).values()) == 1


def test_a_small_budget_keeps_every_fact_of_a_rebuild() -> None:
    found = budgeted(edits(1, 900), [], {}, 3000, ten)
    assert len({(e.passage_id, e.answer) for e in found.new}) == 300
    assert found.left == 600


@given(st.integers(1, 9000), st.integers(0, 99))
def test_no_budget_takes_what_was_known(budget: int, seed: int) -> None:
    again = range(300, 600)
    found = budgeted(edits(1, 900), [], {}, budget, ten, seed=seed, known=again)
    facts = {(e.passage_id, e.answer) for e in edits(1, 900) if e.id in again}
    assert facts <= {(e.passage_id, e.answer) for e in found.new}
    assert found.left == 900 - len(found.new)
    # beyond the budget nothing but the known, once
    assert found.tokens <= max(budget, 10 * len(facts))


def test_the_same_seed_gives_the_same_portion() -> None:
    made = [budgeted(edits(1, 90), edits(1000, 900), {}, 900, ten, seed=seed) for seed in (3, 3, 4)]
    assert made[0] == made[1] != made[2]


@given(st.integers(4, 40), st.sets(st.integers(1, 40)), st.integers(4, 30))
def test_a_quarter_of_the_examined_at_most_is_known_to_fail(
    count: int, failed: set[int], limit: int
) -> None:
    probes = [
        Probe(key, 1, "q", "a", MARCH, schedule={"failed": key in failed})
        for key in range(1, count + 1)
    ]
    first = sorted(range(1, count + 1), key=lambda key: (key not in failed, key))
    chosen = rehearsal.ask_first(probes, first, limit, random.Random(1))
    room = min(limit, count)
    known = [probe for probe in probes if not rehearsal.failing(probe)]
    assert len(chosen) == room
    least = min(len(known), room - room // 4 - max(1, room // 4))
    assert sum(not rehearsal.failing(probe) for probe in chosen) >= least
    # those that fail still come first
    if failed & set(range(1, count + 1)):
        assert rehearsal.failing(chosen[0])
