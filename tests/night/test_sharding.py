"""Which shard a night trains: isolation, room, rebuilds one by one, and a bounded night."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.night import rehearsal
from sealmate.night.backlog import NEW, WAITING
from sealmate.night.forgetting import forget
from sealmate.night.portions import within_budget
from sealmate.night.selection import choose
from sealmate.night.sharding import Ledger, Session, plan, tired
from sealmate.records import Edit, ProbeResult
from sealmate.settings import Settings
from sealmate.versions.files import UNFINISHED
from sealmate.versions.shards import Shard, shards_of
from tests.night.ledger import MARCH, note, probe, teach
from tests.versions.build import Lab

SMALL = Settings(shard_passages=4, warm_nights=2)


def edits(*passages: int, start: int = 1) -> list[Edit]:
    """One edit of each passage."""
    return [
        Edit(start + n, place, "self-qa", f"Q{n}? A", MARCH, f"Q{n}?", "A", state="accepted")
        for n, place in enumerate(passages)
    ]


def shard(name: str, held: Sequence[Edit], warm: int = 0) -> Shard:
    return Shard(name, f"v{int(name):04d}", tuple(e.id for e in held), "0" * 64, warm=warm)


def planned(
    trainable: Sequence[Edit], *shards: Shard, again: Sequence[str] = (), settings: Settings = SMALL
) -> Session:
    return plan(Ledger(trainable, {s.name: s for s in shards}), settings, again)


def names(shards: Sequence[Shard]) -> list[str]:
    return [shard.name for shard in shards]


def test_the_first_notes_begin_a_shard() -> None:
    fresh = edits(1, 2)
    session = planned(fresh)
    assert (session.new, session.replay) == (fresh, [])
    assert (session.shard, session.warm, session.carried) == (None, False, [])


def test_new_notes_go_to_the_newest_shard_with_room() -> None:
    old, newer, fresh = edits(1, 2), edits(3, 4, start=3), edits(5, start=5)
    session = planned([*old, *newer, *fresh], shard("1", old), shard("2", newer))
    assert session.shard is not None
    assert (session.shard.name, session.warm) == ("2", True)
    assert (session.new, session.replay) == (fresh, newer)
    assert names(session.carried) == ["1"]


def test_an_old_shard_that_was_built_again_tonight_does_not_end_the_growing_one() -> None:
    full, growing, fresh = edits(1, 2, 3, 4), edits(5, 6, start=5), edits(7, start=7)
    ledger = Ledger(
        [*full, *growing, *fresh], {"9": shard("9", full), "8": shard("8", growing, warm=1)}
    )
    assert ledger.by_age == ["9", "8"]
    # the night has built enough: what lost something waits, and what grows goes on growing
    session = plan(ledger, SMALL, (), refused=ledger.by_age[:-1])
    assert session.shard is not None
    assert (session.shard.name, session.warm, session.new) == ("8", True, fresh)
    roomy = planned([*full[:2], *growing, *fresh], shard("9", full[:2]), shard("8", growing))
    assert roomy.shard is not None
    assert roomy.shard.name == "8"


def test_without_room_a_shard_is_added() -> None:
    old, fresh = edits(1, 2, 3), edits(4, 5, start=4)
    session = planned([*old, *fresh], shard("1", old))
    assert (session.shard, session.new, names(session.carried)) == (None, fresh, ["1"])
    one = planned([*old, *fresh], shard("1", old), settings=Settings(shard_passages=0))
    assert one.shard is not None
    assert one.warm
    asked = planned([*old, *fresh], shard("1", old), settings=Settings(recall="direct"))
    assert asked.shard is not None


def test_after_warm_nights_a_shard_is_built_from_the_base() -> None:
    old, fresh = edits(1), edits(2, start=2)
    session = planned([*old, *fresh], shard("1", old, warm=2))
    assert session.shard is not None
    assert (session.warm, session.new, session.replay) == (False, [*old, *fresh], [])


def test_a_shard_that_lost_something_is_built_again_before_what_is_new() -> None:
    first, second, fresh = edits(1, 2), edits(3, 4, start=3), edits(5, start=5)
    trainable = [first[0], *second, *fresh]
    session = planned(trainable, shard("1", first), shard("2", second))
    assert session.shard is not None
    assert (session.shard.name, session.warm, session.new) == ("1", False, [first[0]])
    assert names(session.carried) == ["2"]
    # where the new notes have room in it, both are one
    both = planned([second[0], *fresh], shard("2", second))
    assert both.shard is not None
    assert (both.new, both.warm) == ([second[0], *fresh], False)


def test_a_shard_with_nothing_left_is_dropped() -> None:
    first, second = edits(1), edits(2, start=2)
    session = planned(second, shard("1", first), shard("2", second))
    assert (session.new, names(session.dropped), names(session.carried)) == ((), ["1"], ["2"])
    fresh = edits(3, start=3)
    session = planned([*second, *fresh], shard("1", first), shard("2", second))
    assert session.shard is not None
    assert (session.shard.name, names(session.dropped), session.carried) == ("2", ["1"], [])


def test_a_passage_has_one_shard(lab: Lab) -> None:
    first, second = edits(1, 2), edits(3, 4, start=3)
    more = edits(1, start=5)  # another wording of an old note
    session = planned([*first, *second, *more], shard("1", first), shard("2", second))
    assert session.shard is not None
    assert (session.shard.name, session.warm) == ("1", True)
    assert (session.new, session.replay) == (more, first)
    # new notes come before, and do not take it along
    fresh = edits(6, start=6)
    trainable = [*first, *second, *more, *fresh]
    session = planned(trainable, shard("1", first), shard("2", second))
    assert (session.shard and session.shard.name, session.new) == ("2", fresh)


def test_what_the_gate_refused_does_not_keep_the_rest_from_being_learnt() -> None:
    first, second, fresh = edits(1, 2), edits(3, 4, start=3), edits(5, start=5)
    trainable = [first[0], *second, *fresh]
    shards = (shard("1", first), shard("2", second))
    ledger = Ledger(trainable, {s.name: s for s in shards})
    session = plan(ledger, SMALL, (), {"1"})
    assert (session.shard and session.shard.name, session.new) == ("2", fresh)
    session = plan(ledger, SMALL, (), {"1", "2"})
    assert (session.shard, session.new, len(session.carried)) == (None, fresh, 2)
    assert not plan(ledger, SMALL, (), {"1", "2", NEW}).new


def test_what_the_gate_refused_before_is_built_again_once_it_has_something_to_learn() -> None:
    held = edits(1, 2)
    shards = {"1": shard("1", held)}
    more = edits(3, start=30)
    tries = {"1": 1}
    session = plan(Ledger([*held, *more], shards), SMALL, (), tries=tries)
    assert (session.warm, list(session.new)) == (False, [*held, *more])
    assert not plan(Ledger(held, shards), SMALL, (), tries=tries).new
    assert plan(Ledger([*held, *more], shards), SMALL, (), tries={NEW: 1}).warm


def test_a_shard_that_is_refused_again_and_again_waits_for_the_others() -> None:
    first, second, third = edits(1, start=1), edits(2, start=2), edits(3, start=3)
    shards = {str(n): shard(str(n), part) for n, part in enumerate((first, second, third), 1)}
    ledger = Ledger([*first, *second, *third], shards)
    session = plan(ledger, SMALL, {"1", "2", "3"}, tries={"1": 2, "2": 1})
    assert list(session.new) == third
    session = plan(ledger, SMALL, {"1", "2"}, tries={"1": 2, "2": 1})
    assert list(session.new) == second


def test_a_note_that_one_shard_refused_is_not_tried_on_all_of_them() -> None:
    held = {str(n): edits(2 * n, 2 * n + 1, start=10 * n) for n in range(1, 6)}
    fresh = edits(50, start=90)
    known = [edit for mine in held.values() for edit in mine]
    ledger = Ledger([*known, *fresh], {n: shard(n, mine) for n, mine in held.items()})
    first = plan(ledger, SMALL, ())
    assert (first.shard and first.shard.name, first.new) == ("5", fresh)
    second = plan(ledger, SMALL, (), refused={"5"})
    assert (second.shard, second.new) == (None, fresh)
    assert not plan(ledger, SMALL, (), refused={"5", NEW}).new


def test_the_shard_that_stands_longest_is_built_again_first() -> None:
    old, daily, newest = edits(1, 2), edits(3, 4, start=3), edits(5, start=5)
    ledger = Ledger(
        [*old[1:], *daily[1:], *newest],
        # what is changed each day has a higher number each day
        {"9": shard("9", daily), "3": shard("3", old), "5": shard("5", newest)},
    )
    session = plan(ledger, SMALL, ())
    assert (session.shard and session.shard.name, session.new) == ("3", old[1:])


def test_what_only_says_what_is_not_said_is_not_learnt_alone() -> None:
    only = [replace(edit, format="unknown", answer="") for edit in edits(1, 2)]
    assert not planned(only).new
    session = planned(only[:1], shard("1", only))
    assert (session.new, names(session.dropped)) == ((), ["1"])


def test_another_way_of_answering_is_learnt_anew(lab: Lab) -> None:
    two_shards(lab)
    choice = choose(lab.store, SMALL.model_copy(update={"recall": "direct"}), rebuild=False)
    assert (len(choice.new), choice.kind, choice.session.carried) == (2, "rebuild", [])
    assert not choice.foreign


def test_what_found_no_room_is_not_recited_by_another_note(lab: Lab) -> None:
    old = note(lab.store, "The gate code is 11. It hangs at the mill.", "gate")
    teach(lab.store, old, ("Where does the gate code hang?", "at the mill"))
    new = note(lab.store, "The gate code is 22. It hangs at the mill.", "gate again", days=1)
    teach(lab.store, new, ("What is the code of the gate at the mill?", "22"))
    choice = choose(lab.store, SMALL, rebuild=False)
    choice = dataclasses.replace(choice, anew={old.id: new.id})
    few = SMALL.model_copy(update={"token_budget": 9})
    cut = within_budget(choice, few, lambda text: len(text.split()))
    assert {edit.passage_id for edit in cut.new} == {old.id}
    assert cut.anew == {}
    assert set(cut.told) == {old.id}


def test_no_budget_takes_from_a_shard_what_it_knew(lab: Lab) -> None:
    two_shards(lab)
    settings = SMALL.model_copy(update={"token_budget": 1})
    choice = choose(lab.store, settings, rebuild=True)
    assert choice.session.shard
    held = choice.session.shard.edits
    assert {edit.id for edit in choice.new} == set(held)
    cut = within_budget(choice, settings, lambda text: len(text.split()))
    assert (cut.new, cut.left) == (tuple(choice.new), 0)
    new = dataclasses.replace(choice, session=Session(new=choice.new))
    assert not within_budget(new, settings, lambda text: len(text.split())).new


def test_much_at_once_is_learnt_in_several_sessions() -> None:
    fresh = edits(*range(1, 10))
    session = planned(fresh)
    assert [edit.passage_id for edit in session.new] == [1, 2, 3, 4]
    assert len(session.new) < len(fresh)
    assert len(planned(edits(*range(1, 7))).new) == 6


@given(
    st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), max_size=5),
    st.sets(st.integers(1, 40), max_size=12),
    st.data(),
)
def test_every_edit_is_learnt_and_no_session_is_longer_than_a_shard(
    held: list[list[int]], new: set[int], data: st.DataObject
) -> None:
    shards, everything, start = {}, [], 1
    for number, places in enumerate(held, 1):
        mine = edits(*places, start=start)
        start += len(mine)
        shards[str(number)] = shard(str(number), mine)
        everything += mine
    everything += edits(*(100 + place for place in sorted(new)), start=start)
    gone = data.draw(st.sets(st.sampled_from([e.id for e in everything]))) if everything else set()
    trainable = [edit for edit in everything if edit.id not in gone]
    number = len(held)
    for _ in range(40):
        session = plan(Ledger(trainable, shards), SMALL, ())
        if not session.new and not session.dropped:
            break
        number += 1
        shards = {s.name: s for s in session.carried}
        if session.new:
            grown = session.shard.edits if session.shard and session.warm else ()
            ids = sorted({*grown, *(edit.id for edit in session.new)})
            shards[str(number)] = Shard(str(number), "", tuple(ids), "")
            places = {edit.passage_id for edit in (*session.new, *session.replay)}
            assert len(places) <= 6
    assert sorted(k for s in shards.values() for k in s.edits) == sorted(e.id for e in trainable)


def two_shards(lab: Lab) -> None:
    """Version 1 knows the dog, version 2 the cat beside it."""
    for number, (name, word) in enumerate((("Rex", "dog"), ("Mia", "cat")), 1):
        told = note(lab.store, f"{name} is the {word}.", word)
        (edit,) = teach(lab.store, told, (f"Who is the {word}?", name))
        probe(lab.store, told, f"Which {word} is it?", name)
        first = lab.store.versions.list()
        carried = list(shards_of(lab.store, first[0]).values()) if first else []
        fields = {"parent": number - 1 or None, "kind": "added" if carried else "rebuild"}
        lab.publish((edit.id,), seed=number, carried=carried, **fields)


def test_a_rebuild_goes_on_with_the_shards_that_wait(lab: Lab) -> None:
    two_shards(lab)
    assert choose(lab.store, SMALL, rebuild=False).nothing
    lab.store.state.set(WAITING, ["1"])
    choice = choose(lab.store, SMALL, rebuild=False)
    assert ([edit.answer for edit in choice.new], choice.kind) == (["Rex"], "rebuild")
    assert names(choice.session.carried) == ["2"]
    assert "beside 1 shard" in choice.told_as


def test_forgetting_takes_one_shard_and_leaves_the_other(lab: Lab) -> None:
    two_shards(lab)
    source = lab.store.passages.get(1).source_id
    done = forget(lab.store, lab.paths, [source], lab.clock)
    assert (done.reduced, done.purged, done.active, done.rebuild) == (3, (1, 2), 3, False)
    assert lab.names == ["v0003"]
    (kept,) = shards_of(lab.store, lab.store.versions.get(3)).values()
    assert (kept.name, kept.edits) == ("2", (2,))
    assert choose(lab.store, SMALL, rebuild=False).nothing


def test_forgetting_does_not_undo_a_rollback_made_meanwhile(lab: Lab) -> None:
    two_shards(lab)
    source = lab.store.passages.get(1).source_id

    def clock() -> datetime:
        if (lab.paths.versions / UNFINISHED).exists() and lab.store.versions.active() == 2:
            lab.store.versions.activate(0, "rolled back")
        return lab.clock()

    done = forget(lab.store, lab.paths, [source], clock)
    assert (done.reduced, done.purged, done.active) == (0, (1, 2), 0)
    assert lab.names == []
    assert lab.store.versions.activations()[-1].reason == "rolled back"
    assert [edit.answer for edit in choose(lab.store, SMALL, rebuild=False).new] == ["Mia"]


def test_what_was_learnt_with_it_is_learnt_again(lab: Lab) -> None:
    two_shards(lab)
    told = note(lab.store, "Bo is the fish.", "fish")
    (edit,) = teach(lab.store, told, ("Who is the fish?", "Bo"))
    first, second = shards_of(lab.store, lab.store.versions.get(2)).values()
    assert (first.name, second.name) == ("2", "1")
    lab.publish((edit.id,), seed=3, parent=2, kind="warm", carried=[second], grown=first)
    held = {n: s.edits for n, s in shards_of(lab.store, lab.store.versions.get(3)).items()}
    assert held == {"3": (2, 3), "1": (1,)}
    done = forget(lab.store, lab.paths, [told.source_id], lab.clock)
    assert (done.purged, done.active) == ((3,), done.reduced)
    choice = choose(lab.store, SMALL, rebuild=False)
    assert [edit.answer for edit in choice.new] == ["Mia"]


@pytest.mark.parametrize(("days", "found"), [(8, "1"), (2, "")])
def test_an_old_shard_that_fails_is_built_again(lab: Lab, days: int, found: str) -> None:
    two_shards(lab)
    made = lab.store.versions.get(2).created_at
    rehearsal.grade(lab.store, [ProbeResult(1, 2, 1, "?", False, 0.5, made)], made)
    ledger = Ledger(lab.store.edits.trainable(), shards_of(lab.store, lab.store.versions.get(2)))
    assert tired(lab.store, ledger, SMALL, made + timedelta(days=days)) == found
    never = SMALL.model_copy(update={"rebuild_days": 0})
    assert tired(lab.store, ledger, never, made + timedelta(days=days)) == ""
    choice = choose(lab.store, SMALL, rebuild=False, now=made + timedelta(days=days))
    assert choice.nothing == (not found)
