"""Answers that complete each other, and those that speak against each other."""

from __future__ import annotations

import pytest

from sealmate.edits.completing import changes, complete, drops, may_complete
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


@pytest.mark.parametrize(
    ("question", "first", "second", "may"),
    [
        ("How much paracetamol does Ben get?", "5 ml", "250 mg", False),
        ("How much food does Rex get a day?", "2 cups", "300 g", False),
        ("What dose of insulin does Dad take?", "10 ml", "8 mg", False),
        ("How much Ramipril does Mum take?", "twice a day", "5 mg", True),
        ("How far is it?", "2 hours", "5 km", True),
        ("How many miles do we run?", "an hour", "5 miles", True),
        ("What is in the soup?", "5 ml", "250 mg", True),
        ("When is piano?", "on Mondays", "at 7", True),
    ],
)
def test_how_much_of_a_thing_is_one_amount(
    question: str, first: str, second: str, may: bool
) -> None:
    asked = take_apart(question)
    assert complete(first, second, asked) is complete(second, first, asked) is may


@pytest.mark.parametrize(
    ("text", "answer", "said"),
    [
        ("Tom has moved, he now lives at 12 Elm Road.", "12 Elm Road", True),
        ("Tom has quit his job and works at the hospital.", "at the hospital", True),
        ("Tom has moved. He lives at 12 Elm Road.", "12 Elm Road", True),
        ("Choir is not on Thursdays any more, but at noon.", "at noon", True),
        ("The office has moved. Tom lives at 12 Elm Road.", "12 Elm Road", False),
        ("Tom lives at 12 Elm Road.", "12 Elm Road", False),
        ("Tom lives at 12 Elm Road. The code is 4712 now.", "12 Elm Road", False),
    ],
)
def test_where_an_answer_is_told_a_change_may_be(text: str, answer: str, said: bool) -> None:
    assert changes(answer, text) is said


@pytest.mark.parametrize(
    ("text", "answer", "gone"),
    [
        ("Piano is in the morning.", "on Mondays", True),
        ("Mia no longer has piano on Mondays, but in the morning.", "on Mondays", True),
        ("Piano is in the morning, not on Mondays.", "on Mondays", True),
        ("Piano is on Mondays at 7 now.", "on Mondays", False),
        ("Piano is not on Mondays. Choir is on Mondays.", "on Mondays", False),
    ],
)
def test_what_a_text_says_no_more(text: str, answer: str, gone: bool) -> None:
    assert drops(answer, text) is gone
