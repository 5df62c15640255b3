"""Nights."""

from __future__ import annotations

import pytest

from sealmate.errors import NotFoundError
from sealmate.store import Store
from tests.store.build import START


def test_a_night_from_start_to_finish(store: Store) -> None:
    assert store.runs.latest() is None
    crashed = store.runs.start(START)
    second = store.runs.start(START)
    assert [run.id for run in store.runs.unfinished()] == [crashed.id, second.id]
    done = store.runs.finish(second.id, "published", 3, "fine", {"recall": {"new": 0.5}})
    assert (done.outcome, done.version, done.reason) == ("published", 3, "fine")
    assert done.report == {"recall": {"new": 0.5}}
    assert done.finished_at is not None
    assert store.runs.finish(second.id, "published", 3).report == done.report
    assert store.runs.unfinished() == [crashed]
    latest = store.runs.latest()
    assert latest is not None
    assert latest.id == second.id
    assert [run.id for run in store.runs.list(limit=5)] == [second.id, crashed.id]
    with pytest.raises(NotFoundError, match="no night 9"):
        store.runs.finish(9, "failed")
