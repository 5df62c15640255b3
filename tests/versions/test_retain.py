"""Thinning out, as a pure function, and purging."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import NotFoundError, VersionError
from sealmate.records import Version
from sealmate.versions.publish import sweep
from sealmate.versions.retain import Retention, expendable, purge, superfluous
from tests.store.build import START
from tests.versions.build import Lab, adapter


def nights(count: int, days: int = 1) -> list[Version]:
    return [
        Version(n, START + timedelta(days=days * n), f"v{n:04d}", "", n - 1 or None, "b", "f")
        for n in range(1, count + 1)
    ]


def kept(versions: list[Version], active: int, rule: Retention) -> list[int]:
    gone = superfluous(versions, active, rule)
    return [version.number for version in versions if version.number not in gone]


def test_the_last_and_the_active_with_its_ancestors_stay() -> None:
    rule = Retention(ancestors=2, last=3, weeks=0, months=0)
    assert kept(nights(20), 10, rule) == [8, 9, 10, 18, 19, 20]
    assert kept(nights(20), 0, rule) == [18, 19, 20]
    assert kept(nights(2), 2, rule) == [1, 2]
    assert superfluous([], 0) == []


def test_one_a_week_and_one_a_month_stay() -> None:
    weekly = kept(nights(28), 28, Retention(ancestors=0, last=1, weeks=3, months=0))
    # START is a Sunday: the newest of a week is Sunday's, the last week's is the newest of all
    assert weekly == [14, 21, 28]
    monthly = kept(nights(90), 90, Retention(ancestors=0, last=1, weeks=0, months=3))
    assert monthly == [30, 60, 90]


@given(
    count=st.integers(0, 60),
    days=st.integers(1, 9),
    rule=st.builds(Retention, *(st.integers(0, 9) for _ in range(4))),
    data=st.data(),
)
def test_what_always_holds(count: int, days: int, rule: Retention, data: st.DataObject) -> None:
    versions = nights(count, days)
    active = data.draw(st.integers(0, count))
    gone = superfluous(versions, active, rule)
    assert gone == sorted(set(gone))
    assert active not in gone
    assert not {v.number for v in versions[max(0, count - rule.last) :]} & set(gone)
    assert len(versions) - len(gone) <= 1 + rule.ancestors + rule.last + rule.weeks + rule.months
    left = [version for version in versions if version.number not in gone]
    assert superfluous(left, active, rule) == []


def test_purged_ancestors_take_the_place_of_none() -> None:
    versions = nights(10)
    versions[8] = replace(versions[8], purged_at=START)
    rule = Retention(ancestors=2, last=0, weeks=0, months=0)
    assert superfluous(versions, 10, rule) == [1, 2, 3, 4, 5, 6]


def test_what_a_rollback_goes_back_to_is_not_expendable(lab: Lab) -> None:
    for seed in range(4):
        lab.publish(seed=seed)
    rule = Retention(ancestors=0, last=0, weeks=0, months=0)
    assert expendable(lab.store, rule) == [1, 2]
    lab.store.versions.activate(1, "rolled back")
    assert expendable(lab.store, rule) == [2, 3]
    assert expendable(lab.store) == []


def test_purging_destroys_the_files_and_marks_the_row(lab: Lab) -> None:
    lab.publish((5,))
    lab.publish((5, 6), seed=1)
    at = lab.clock()
    assert purge(lab.store, lab.paths, 1, at).purged_at == at
    assert lab.names == ["v0002"]
    assert lab.store.versions.edit_ids(1) == [5]
    assert purge(lab.store, lab.paths, 1, lab.clock()).purged_at == at
    with pytest.raises(VersionError, match="is active"):
        purge(lab.store, lab.paths, 2, at)
    with pytest.raises(NotFoundError):
        purge(lab.store, lab.paths, 3, at)
    assert lab.names == ["v0002"]


def test_a_purge_that_was_cut_off_is_finished(lab: Lab) -> None:
    lab.publish()
    lab.publish(seed=1)
    lab.store.versions.mark_purged(1, lab.clock())
    assert sweep(lab.store, lab.paths).purged == (1,)
    adapter(lab.folder(1))
    assert lab.publish(seed=2).number == 3
    assert lab.names == ["v0002", "v0003"]


def test_the_bytes_are_gone_from_a_file_that_is_still_open(lab: Lab) -> None:
    lab.publish()
    lab.publish(seed=1)
    with (lab.folder(1) / "adapter_model.safetensors").open("rb") as still_open:
        purge(lab.store, lab.paths, 1, lab.clock())
        assert not any(still_open.read())
