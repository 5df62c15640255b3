"""A day is one of the time zone that the computer is in, wherever that is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.bare import bare_fact, formerly
from sealmate.edits.beginnings import begun
from sealmate.edits.moments import moment_of
from sealmate.times import begin_of, day, end_of, local

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="no time zones by name")
ZONES = ("America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "America/Santiago", "UTC")
INSTANT = timedelta(microseconds=1)
# ten in the evening of the third of March in New York
EVENING = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_day_begins_where_the_day_before_ends(zone: str) -> None:
    for number in range(800):  # twice over each change of the clocks
        one = date(2025, 1, 1) + timedelta(days=number)
        first, last = begin_of(one.year, one.month, one.day), end_of(one)
        assert local(first).date() == local(last).date() == one, zone
        after = one + timedelta(days=1)
        assert begin_of(after.year, after.month, after.day) - last == INSTANT
        assert day(first) == day(last) == f"{one.day} {one:%B %Y}"


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_moment_has_a_day(at: datetime) -> None:
    assert day(at).endswith(str(local(at).year))


@pytest.mark.usefixtures("new_york")
def test_what_is_told_in_the_evening_is_of_that_day() -> None:
    assert day(EVENING) == "3 March 2026"
    said = formerly("Dr Lane", EVENING)
    assert said.startswith("Until 3 March 2026 ")
    fact = bare_fact(said)
    assert fact is not None
    assert fact.until is not None
    assert day(fact.until) == "3 March 2026"


@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize(
    "asked",
    [
        "Who was our vet on 3 March 2026?",
        "Who was our vet on 03.03.2026?",
        "Who was our vet in early March 2026?",
        "Who was our vet in March 2026?",
        "Who was our vet yesterday?",
        "Who was our vet last month?",
    ],
)
def test_a_question_about_a_day_has_its_evening(asked: str) -> None:
    def now() -> datetime:
        later = timedelta(days=30) if "month" in asked else timedelta(days=1)
        return EVENING + later

    moment = moment_of(asked, now)
    assert moment.begin is not None
    assert moment.end is not None
    assert moment.begin <= EVENING <= moment.end


@pytest.mark.usefixtures("new_york")
def test_a_day_that_a_note_names_begins_at_its_midnight() -> None:
    found = begun("Since 3 March 2026 our vet is Dr Lane.", "Dr Lane", EVENING)
    assert found == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)


def test_no_such_day() -> None:
    with pytest.raises(ValueError, match="day"):
        begin_of(2026, 2, 30)
