"""Whose turn it is: nights that are cut, refused, short of tokens, or late with their rebuilds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from sealmate.night import consolidation, selection
from sealmate.night.backlog import LONGEST, RESTING, WAITING
from sealmate.night.forgetting import forget
from sealmate.night.report import complete, render_text, report_of
from sealmate.night.selection import Choice
from sealmate.night.sharding import Barred, Ledger, plan
from sealmate.records import Edit
from sealmate.settings import Settings
from tests.night.ledger import teach
from tests.night.nights import Nights
from tests.night.test_sharding import edits, shard
from tests.versions.build import Lab


@pytest.fixture
def four(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """Shards of four notes; nothing is known."""
    return Nights(lab, monkeypatch, shard_passages=4)


def knows(nights: Nights, *doors: int) -> list[Edit]:
    made = [edit for number in doors for edit in nights.door(number)]
    assert nights.night()["outcome"] == "published"
    return made


@pytest.mark.parametrize("why", ["asked", "rejected", "weary"])
def test_what_was_to_go_on_from_old_weights_is_not_gone_on_with_from_the_base(
    four: Nights, why: str
) -> None:
    known = knows(four, 1, 2, 3)
    (fresh,) = four.door(4)
    assert four.night(cut=True)["outcome"] == "stopped"
    assert (four.log[0].choice.kind, four.log[0].new) == ("warm", [fresh.id])
    gone = known[2].id if why == "rejected" else 0
    if gone:
        four.store.edits.set_state([gone], "rejected", "person", "wrong")
    done = four.night(rebuild=why == "asked", warm_nights=0 if why == "weary" else 6)
    assert [session.choice.kind for session in four.log] == ["rebuild"]
    held = four.store.versions.edit_ids(done["version"])
    assert set(held) == four.log[0].trained == {*(e.id for e in known), fresh.id} - {gone}
    # so that forgetting finds it
    source = four.store.passages.get(known[0].passage_id).source_id
    assert done["version"] in forget(four.store, four.paths, [source], four.clock).purged


def test_a_cut_session_that_begins_at_the_same_weights_goes_on(four: Nights) -> None:
    knows(four, 1, 2)
    (fresh,) = four.door(3)
    four.night(cut=True)
    (late,) = four.door(4)
    four.night()
    assert [session.new for session in four.log] == [[fresh.id], [late.id]]


def test_all_that_is_trained_from_the_base_is_in_the_manifest(
    four: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = knows(four, 1, 2)
    (fresh,) = four.door(3)
    choose = selection.choose

    def wrong(*given: Any, **how: Any) -> Choice:
        choice = choose(*given, **how)
        session = replace(choice.session, warm=False)
        return choice if four.log else replace(choice, parent=0, session=session)

    monkeypatch.setattr(selection, "choose", wrong)
    four.night()
    assert four.log[0].trained == {known[0].id, known[1].id, fresh.id}
    assert set(four.store.versions.edit_ids(2)) == four.log[0].trained


def hard(nights: Nights, note: Edit) -> None:
    """Nothing passes the gate that has this note to learn."""

    def refuses(choice: Choice) -> Sequence[str]:
        return ("new facts: 0% recalled",) if note in choice.new else ()

    nights.refuses = refuses


def test_what_is_refused_each_time_is_tried_ever_more_rarely(four: Nights) -> None:
    knows(four, 1, 2)
    (stubborn,) = four.door(3)
    hard(four, stubborn)
    tried = [night for night in range(40) if four.night()["outcome"] == "rejected"]
    assert tried == [0, 1, 3, 7, 15, 31]
    assert max(late - soon for soon, late in pairwise(tried)) == LONGEST


def test_a_report_tells_that_something_waits_and_why(four: Nights) -> None:
    knows(four, 1, 2)
    (stubborn,) = four.door(3)
    hard(four, stubborn)
    four.night()
    four.night()
    done = four.night()
    why = "1 self-edit waits, to be tried again in 1 night: refused by the gate "
    assert (done["outcome"], done["reason"]) == ("nothing", f"{why}(new facts: 0% recalled)")
    run = four.store.runs.get(done["run"])
    text = render_text(report_of(replace(run, report=complete(four.store, run))))
    assert text.count(f"  {why}(new facts: 0% recalled)\n") == 1


def test_with_something_new_it_is_tried_at_once(four: Nights) -> None:
    knows(four, 1, 2)
    (stubborn,) = four.door(3)
    hard(four, stubborn)
    four.night()
    four.night()
    four.refuses = lambda _: ()
    (late,) = four.door(4)
    assert four.night()["outcome"] == "published"
    assert four.untrained == set()
    assert late.id in four.log[0].new


def test_a_shard_goes_on_without_the_new_notes_that_it_refused(four: Nights) -> None:
    known = knows(four, 1, 2)
    (stubborn,) = four.door(3)
    hard(four, stubborn)
    four.night()
    place = four.store.passages.get(known[0].passage_id)
    (late,) = teach(four.store, place, ("Which colour has door 1?", "green"))
    for _ in range(3):
        four.night()
    assert four.untrained == {stubborn.id}
    assert late.id in {key for held in four.shards.values() for key in held}


def test_what_is_refused_takes_nobody_elses_turn(four: Nights) -> None:
    known = knows(four, 1, 2, 3, 4)
    knows(four, 5, 6)
    (stubborn,) = four.door(7)
    hard(four, stubborn)
    four.night()
    place = four.store.passages.get(known[0].passage_id)
    (late,) = teach(four.store, place, ("Which colour has door 1?", "green"))
    four.store.edits.set_state([known[3].id], "rejected", "person", "wrong")
    four.night()
    assert four.untrained == {stubborn.id}
    assert late.id in {key for held in four.shards.values() for key in held}


def test_a_rebuild_that_is_asked_for_and_always_refused_comes_to_an_end(four: Nights) -> None:
    knows(four, 1, 2, 3, 4)
    knows(four, 5, 6, 7, 8)
    four.refuses = lambda choice: (
        ("older facts: 40% recalled",)
        if choice.session.shard and choice.session.shard.name == "1"
        else ()
    )
    four.night(rebuild=True)
    assert four.store.state.get(WAITING) == ["1"]
    tried = [night for night in range(1, 60) if four.night()["outcome"] == "rejected"]
    assert tried == [1, 3, 7, 15]
    assert four.store.state.get(WAITING) is None
    # until it is asked for again
    assert four.night(rebuild=True)["outcome"] == "published"
    assert "1" in [session.shard for session in four.log]


def test_a_flag_stays_while_what_it_asked_for_waits(four: Nights) -> None:
    knows(four, 1)
    four.store.state.set("rebuild_needed", "a fact has changed")
    four.refuses = lambda _: ("abstention: 40%",)
    four.night()
    four.night()
    assert four.night()["outcome"] == "nothing"
    assert four.store.state.get("rebuild_needed")
    four.refuses = lambda _: ()
    four.night()
    assert not four.store.state.get("rebuild_needed")
    assert four.store.state.get(RESTING) is None


def test_a_night_that_has_built_enough_still_goes_on_with_old_shards(four: Nights) -> None:
    first, second = knows(four, 1, 2, 3, 4), knows(four, 5, 6, 7, 8)
    knows(four, 9)
    four.store.edits.set_state([second[0].id], "rejected", "person", "wrong")
    place = four.store.passages.get(first[0].passage_id)
    (late,) = teach(four.store, place, ("Which colour has door 1?", "green"))
    four.night()
    assert [(s.shard, s.choice.kind) for s in four.log] == [("2", "rebuild"), ("1", "warm")]
    assert late.id not in four.untrained


def test_late_shards_are_not_built_again_and_take_new_notes() -> None:
    small = Settings(shard_passages=4, warm_nights=2)
    old, full = edits(1, 2), edits(3, 4, 5, 6, start=10)
    more, fresh = edits(2, start=30), edits(7, start=40)
    shards = {"1": shard("1", old), "2": shard("2", full)}
    late = Barred((), ["1"])
    session = plan(Ledger([*old, *full, *fresh], shards), small, (), late)
    assert (session.shard and session.shard.name, session.warm) == ("1", True)
    # one with notes that went, or that is to be built again for another reason, waits
    assert not plan(Ledger([*old[1:], *full, *more], shards), small, (), late).new
    weary = {"1": shard("1", old, warm=2), "2": shard("2", full)}
    assert not plan(Ledger([*old, *full, *more], weary), small, (), late).new
    assert plan(Ledger([*old, *full, *more], shards), small, (), late).new == more
    assert not plan(Ledger([*old, *full, *more], shards), small, (), Barred(["1"], ["1"])).new


def test_what_is_to_be_learnt_by_a_rebuild_has_its_turn_among_the_rebuilds() -> None:
    small = Settings(shard_passages=4, warm_nights=2)
    weary, tired, more = edits(1, 2, 3, 4), edits(5, 6, 7, 8, start=10), edits(1, start=30)
    shards = {"1": shard("1", weary, warm=2), "2": shard("2", tired)}
    session = plan(Ledger([*weary, *tired, *more], shards), small, ["2"])
    assert (session.shard and session.shard.name, session.warm) == ("1", False)


def few(lab: Lab, monkeypatch: pytest.MonkeyPatch, budget: int) -> Nights:
    return Nights(lab, monkeypatch, shard_passages=4, token_budget=budget, warm_nights=100)


def test_an_old_shard_has_its_turn_beside_a_note_a_day(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = few(lab, monkeypatch, 200)
    known = knows(nights, 1, 2, 3, 4)
    knows(nights, 5)
    place = nights.store.passages.get(known[0].passage_id)
    (late,) = teach(nights.store, place, ("Which colour has door 1?", "green"))
    waited = []
    for day in range(6, 12):
        nights.door(day, 12)
        nights.night()
        waited.append(late.id in nights.untrained)
    assert waited == [True] * 3 + [False] * 3
    for _ in range(3):
        nights.night()
    assert nights.untrained == set()


def test_a_new_note_has_its_turn_beside_a_change_a_day(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = few(lab, monkeypatch, 300)
    old = [nights.door(number, 6) for number in range(4)]
    nights.night()
    (fresh,) = nights.door(9)
    waited = []
    for day in range(5):
        nights.store.edits.amend(old[day % 4][day // 4].id, actor="person", answer=f"X{day}")
        nights.night()
        waited.append(fresh.id in nights.untrained)
    assert waited == [True] * 3 + [False] * 2


def test_what_fits_no_budget_keeps_nothing_else_from_its_turn(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = few(lab, monkeypatch, 40)
    known = knows(nights, 1)
    long = nights.door(2)
    nights.store.edits.amend(long[0].id, actor="person", answer="K " * 50)
    place = nights.store.passages.get(known[0].passage_id)
    knows_more = teach(nights.store, place, ("Which colour has door 1?", "green"))
    for _ in range(4):
        nights.night(shard_passages=1)
    assert knows_more[0].id not in nights.untrained
    assert len(nights.untrained) == 1


@pytest.mark.parametrize(("budget", "goes_on"), [(300, True), (60, False), (0, True)])
def test_what_was_cut_goes_on_within_the_budget_as_it_is_now(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, budget: int, goes_on: bool
) -> None:
    nights = few(lab, monkeypatch, 300)
    knows(nights, 1)
    nights.door(2, 12)
    nights.night(cut=True)
    begun = nights.log[0].trained
    nights.night(token_budget=budget)
    assert (nights.log[0].trained == begun) == goes_on
    if not goes_on:
        assert nights.log[0].choice.tokens <= budget


def test_a_long_night_keeps_as_many_adapters_as_there_are_shards(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = Nights(lab, monkeypatch, shard_passages=1)
    for number in range(4):
        knows(nights, number)
    nights.night(rebuild=True)
    assert [session.attached for session in nights.log] == [4] * 4


def test_a_shard_that_is_dropped_belongs_to_the_night_and_hides_nothing_it_learnt(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = Nights(lab, monkeypatch, shard_passages=1)
    (first,) = knows(nights, 1)
    knows(nights, 2)
    (fresh,) = nights.door(3)
    learn = consolidation._Night._learn

    def meanwhile(night: Any, choice: Choice) -> Any:
        reasons = yield from learn(night, choice)
        nights.store.edits.set_state([first.id], "rejected", "person", "wrong")
        return reasons

    monkeypatch.setattr(consolidation._Night, "_learn", meanwhile)
    done = nights.night()
    version = nights.store.versions.get(done["version"])
    assert (version.manifest["kind"], version.manifest["run"]) == ("reduced", done["run"])
    run = nights.store.runs.get(done["run"])
    learnt = complete(nights.store, run)["learnt"]
    assert (learnt["edits"], fresh.id in nights.store.versions.edit_ids(version.number)) == (
        1,
        True,
    )
