"""The day from which something holds, as a sentence names it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sealmate.edits.beginnings import beginnings, begun

TOLD = datetime(2026, 6, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Since April our vet is Dr Lane.", "2026-04-01"),
        ("Dr Lane has been our vet since 12 April.", "2026-04-12"),
        ("Since October our vet is Dr Lane.", "2025-10-01"),
        ("Since 20 June our vet is Dr Lane.", "2025-06-20"),
        ("Since last month our vet is Dr Lane.", "2026-05-01"),
        ("From 1 July the vet is Dr Lane.", "2026-07-01"),
        ("The vet is Dr Lane from 1 July.", "2026-07-01"),
        ("From 1 May on the vet is Dr Lane.", "2026-05-01"),
        ("Our vet from May onwards is Dr Lane.", "2026-05-01"),
        ("From January the vet is Dr Lane.", "2026-01-01"),
        ("With effect from 1 January 2027 the vet is Dr Lane.", "2027-01-01"),
        ("As of 15 June the vet is Dr Lane.", "2026-06-15"),
        ("Starting 2026-08-01, the vet is Dr Lane.", "2026-08-01"),
        ("Effective on 1 May the vet is Dr Lane.", "2026-05-01"),
    ],
)
def test_the_day_that_is_named(said: str, day: str) -> None:
    assert [one.day.date().isoformat() for one in beginnings(said, TOLD)] == [day]
    found = begun(said, "Dr Lane", TOLD)
    assert found is not None
    assert found.date().isoformat() == day


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Our vet is Dr Lane.", "Dr Lane"),
        ("From today our vet is Dr Lane.", "Dr Lane"),
        ("The letter from 2012 says that it is Dr Lane.", "Dr Lane"),
        ("The bill from 3 May is 80 euros.", "80 euros"),
        ("From 3 to 6 June Ben has the key.", "Ben"),
        ("The lease runs from 1 July.", "1 July"),
        ("The villages have hated each other since 1941.", "1941"),
        ("On 1 July Dr Lane comes.", "Dr Lane"),
    ],
)
def test_what_names_none(said: str, answer: str) -> None:
    assert begun(said, answer, TOLD) is None
