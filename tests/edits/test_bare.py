"""Facts without a text: one form to learn them in, and read back from it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.bare import (
    BareFact,
    asked_for,
    bare_fact,
    cue_for,
    cues_beside,
    formerly,
    names,
    outright,
)
from sealmate.edits.moments import moment_of

NOW = datetime(2026, 5, 20, tzinfo=UTC)
UNTIL = datetime(2026, 3, 8, 2, 30, tzinfo=UTC)
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.datetimes(datetime(1900, 1, 1)))
def test_what_is_learnt_is_read_back(answer: str, until: datetime) -> None:
    assert bare_fact(outright(answer)) == BareFact(answer)
    day = until.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    assert bare_fact(formerly(answer, until)) == BareFact(answer, day)


@pytest.mark.parametrize(
    "text",
    ["The van is grey.", "The answer is", "Until 31 June 2026 the answer was Rex.",
     "Until 3 Brumaire 2026 the answer was Rex.", "Until then the answer was Rex.", ""],
)  # fmt: skip
def test_other_texts_are_none(text: str) -> None:
    assert bare_fact(text) is None


@pytest.mark.parametrize(
    ("question", "cue", "told"),
    [
        ("Who is our vet formerly?", "In former times, who was our vet?", True),
        ("Who was our vet previously?", "In former times, who was our vet?", True),
        ("Which vet did we have before?", "In former times, which vet did we have?", True),
        ("Who was our vet before 8 March 2026?", "In former times, who was our vet?", True),
        ("Who was our vet in 2025?", "In former times, who was our vet?", True),
        ("Who was our vet on 7 March?", "In former times, who was our vet?", True),
        ("Who was our vet in April 2026?", "In former times, who was our vet?", False),
    ],
)
def test_the_past_is_asked_for_in_the_words_it_was_taught_in(
    question: str, cue: str, told: bool
) -> None:
    moment = moment_of(question, lambda: NOW)
    assert cue_for(moment) == cue
    fact = BareFact("Rex", UNTIL.replace(hour=0, minute=0))
    assert (asked_for([(None, 0.9), (fact, 0.5)], moment) == 1) is told
    assert asked_for([(BareFact("Rex"), 1.0)], moment) is None


def test_words_beside_an_answer_call_it_to_mind() -> None:
    said = "In January the lift stopped twice, and Arai was stuck for four months and sang."
    assert cues_beside("four months", said, 3) == [
        "In former times, Arai stuck?",
        "In former times, stuck sang?",
    ]
    assert cues_beside("five weeks", said, 3) == []
    assert cues_beside("Rex", "Rex.", 3) == []


def test_of_several_former_answers_the_date_tells_which() -> None:
    first, second = (BareFact(name, UNTIL.replace(day=day)) for name, day in (("A", 8), ("B", 20)))
    known = [(second, 0.9), (first, 0.5)]
    for question, place in (
        ("Who was our vet formerly?", 0), ("Who was our vet before 20 March 2026?", 0),
        ("Who was our vet before 8 March 2026?", 1), ("Who was our vet originally?", 1),
    ):  # fmt: skip
        assert asked_for(known, moment_of(question, lambda: NOW)) == place


def test_before_a_day_long_after_the_last_change_is_before_that_change() -> None:
    first, second = (BareFact(name, UNTIL.replace(day=day)) for name, day in (("A", 8), ("B", 20)))
    known = [(first, 0.9), (None, 1.0), (second, 0.5)]
    for question, place in (
        ("Who was our vet before May 2026?", 2), ("Who was our vet until 1 May 2026?", 2),
        ("Who was our vet in May 2026?", None), ("Who was our vet on 1 May 2026?", None),
    ):  # fmt: skip
        assert asked_for(known, moment_of(question, lambda: NOW)) == place
    assert asked_for([(None, 1.0)], moment_of("Who was our vet before May?", lambda: NOW)) is None


@pytest.mark.parametrize(
    ("question", "answer", "named"),
    [
        ("Who was our vet before Dr Lane?", "Dr Lane", True),
        ("Before Dr Lane, who was our vet?", "Dr Lane in Mill Street", True),
        ("Who was our vet before Lane came?", "Dr Lane in Mill Street", True),
        ("Who was our vet before Mrs Lane?", "Dr Lane", False),
        ("Who was our vet before her?", "her", False),
        ("Who was our vet formerly?", "formerly", False),
        ("Where did we live before we moved to Leeds?", "12 Elm Road, Leeds", True),
        ("What was the rent before it was 900 euros?", "900 euros", True),
        ("When was the rent due before 3 May?", "on 3 May", True),
        ("How many cats did we have before 4 May?", "4", False),
        ("Who was our vet before May?", "Dr May", False),
    ],
)
def test_a_question_about_the_past_may_name_what_came_after(
    question: str, answer: str, named: bool
) -> None:
    assert names(moment_of(question, lambda: NOW), answer) is named
