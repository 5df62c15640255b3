"""Answers that complete each other, and those that speak against each other."""

from __future__ import annotations

import pytest

from sealmate.edits.completing import complete, may_complete
from sealmate.edits.questions import take_apart


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Monday", "at 7 pm"),
        ("on Mondays", "at seven"),
        ("every second Monday", "19:30"),
        ("on Mondays", "half past six"),
        ("3 May", "at 10"),
        ("on Sundays", "in the morning"),
        ("2 hours", "5 km"),
        ("half an hour", "5 km"),
        ("€80", "5 kg"),
        ("twice a day", "5 mg"),
    ],
)
def test_they_complete_each_other(first: str, second: str) -> None:
    assert complete(first, second)
    assert complete(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Monday", "Tuesday"),
        ("on Mondays at 7", "at 8"),
        ("on Mondays at 7", "on Tuesdays"),
        ("Tuesday at 10", "Friday at 3"),
        ("7 am", "7 pm"),
        ("3 May", "30 June"),
        ("May", "June"),
        ("40 minutes", "2 hours"),
        ("5 miles", "5 km"),
        ("5 pounds", "5 kg"),
        ("850 euros", "900 euros a month"),
        ("250 g", "500 g"),
        ("850", "900 euros"),
        ("under the pot", "on the hook"),
    ],
)
def test_they_do_not(first: str, second: str) -> None:
    assert not complete(first, second)
    assert not complete(second, first)


@pytest.mark.parametrize(
    ("question", "first", "second", "may"),
    [
        ("Where does Tom live?", "12 Elm Road", "Leeds", True),
        ("Where does Tom live?", "in a flat", "in Leeds", True),
        ("Where does Tom work?", "at Siemens", "in Munich", True),
        ("Where does Tom live?", "Leeds", "in York", False),
        ("Where does Tom live?", "Elm Road", "Mill Street", False),
        ("Where does the choir sing?", "in the gym", "in the church", False),
        ("Where is the key?", "with Mrs Kaya", "under the pot", False),
        ("Who is the vet?", "Dr Hall", "the man in Leeds", False),
        ("When is the meeting?", "Friday", "3 May", True),
        ("When is the meeting?", "Friday, 3 May", "Tuesday", False),
        ("When is the meeting?", "Friday", "Tuesday", False),
    ],
)
def test_they_may_tell_one_thing(question: str, first: str, second: str, may: bool) -> None:
    asked = take_apart(question)
    assert may_complete(asked, first, second) is may_complete(asked, second, first) is may
