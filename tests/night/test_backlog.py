"""What nights leave over, in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sealmate.night.backlog import LONGEST, NEW, Backlog
from sealmate.store import Store, open_store
from tests.night.ledger import MARCH


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "s.db", tmp_path / "backups", clock=lambda: MARCH) as opened:
        yield opened


@pytest.fixture
def backlog(store: Store) -> Backlog:
    return Backlog(store)


def test_a_flag_is_there_until_something_was_built(backlog: Backlog) -> None:
    assert not backlog.flagged
    backlog.flag("a fact has changed")
    assert backlog.flagged
    backlog.built(NEW, ())
    assert not backlog.flagged


def test_those_that_wait_wait_until_they_were_built_or_are_gone(
    backlog: Backlog, store: Store
) -> None:
    backlog.wait_for(["1", "2", "3"])
    backlog.built("2", {"1", "3"})
    assert backlog.waiting == ("1", "3")
    assert Backlog(store).waiting == ("1", "3")
    backlog.built("1", ())
    assert backlog.waiting == ()


def test_refusals_in_a_row_are_counted(backlog: Backlog) -> None:
    later = MARCH + timedelta(days=2)
    backlog.refuse("1", MARCH, {"1", "2"})
    backlog.refuse("1", later, {"1", "2"})
    backlog.refuse(NEW, later, {"1", "2"})
    assert backlog.tries == {"1": 2, NEW: 1}
    assert backlog.refused_at("1") == later
    assert backlog.refused_at(NEW) is None
    assert backlog.refused_at("2") is None
    backlog.refuse("2", later, {"2"})  # 1 is not there any more
    assert backlog.tries == {"2": 1, NEW: 1}
    backlog.built("2", ())
    assert backlog.tries == {NEW: 1}
    assert backlog.refused_at("2") == later  # it may be tired again only some days after


def test_the_same_waits_twice_as_long_each_time(backlog: Backlog) -> None:
    waited = []
    for _ in range(6):
        backlog.refuse("1", MARCH, {"1"}, [3, 2], ["lost"])
        waited.append(backlog.nights("1", {2, 3}))
    assert waited == [1, 2, 4, 8, LONGEST, LONGEST]
    assert (backlog.nights("1"), backlog.nights("1", {2, 3, 4}), backlog.nights("2")) == (16, 0, 0)
    assert (backlog.why("1"), backlog.why("2")) == (("lost",), ())
    backlog.begin_night()
    assert backlog.nights("1") == 15
    backlog.refuse("1", MARCH, {"1"}, [2], ["lost"])  # something else
    assert backlog.nights("1", {2}) == 1
    backlog.begin_night()
    backlog.begin_night()
    assert backlog.nights("1") == 0
    backlog.refuse("1", MARCH, {"1"}, [2])
    assert backlog.nights("1") == 2
    backlog.begin_night(asked=True)
    assert backlog.nights("1") == 0
    backlog.refuse("1", MARCH, {"1"}, [2])
    backlog.built("1", ())
    assert (backlog.nights("1"), backlog.why("1")) == (0, ())


def test_what_was_passed_over_most_often_is_the_longest(backlog: Backlog) -> None:
    for names in ({"1"}, {"1", NEW}, {"1", NEW}):
        assert backlog.longest == ""
        backlog.pass_over(names)
    assert backlog.longest == "1"
    backlog.pass_over({NEW, "2"})
    assert backlog.longest == NEW
    backlog.pass_over(())
    assert backlog.longest == ""
