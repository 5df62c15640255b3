"""Answers that share words and are not the same, and those that share hardly any and are."""

from __future__ import annotations

import pytest

from sealmate.edits.answers import correct, same_answer


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("7 am", "7 pm"),
        ("6:30 am", "6:30 pm"),
        ("6:30 am", "18:30"),
        ("7 am", "7 in the evening"),
        ("half past six am", "half past six pm"),
        ("one week", "three weeks"),
        ("one dog", "2 dogs"),
        ("May 5", "March 5"),
        ("May 2024", "June 2024"),
        ("5 may", "5 march"),
        ("May", "June"),
        ("Will Turner", "Ann Turner"),
        ("May Lin", "Ann Lin"),
        ("milk and sugar", "milk without sugar"),
        ("milk, sugar", "milk, no sugar"),
        ("meat and fish", "meat, no fish"),
        ("tea and cake", "tea and no cake"),
        ("Ann", "Ann's sister"),
        ("Ann Lin", "Ann Lin's sister"),
        ("our neighbour", "our neighbour's dog"),
        ("-18 degrees", "18 degrees"),
        ("minus 5", "5"),
    ],
)
def test_two_answers(a: str, b: str) -> None:
    assert not same_answer(a, b)
    assert not same_answer(b, a)
    assert not correct(a, b)
    assert not correct(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("7 pm", "19:00"),
        ("7 am", "07:00"),
        ("6:45 a.m.", "6.45 am"),
        ("7 am", "7 in the morning"),
        ("a week", "one week"),
        ("a week after 5 July", "one week after 5 July"),
        ("a fifth", "one fifth"),
        ("Ann's", "Ann"),
        ("at Ann's", "Ann"),
        ("Ann's", "Ann's sister"),
        ("the sister of Ann", "Ann's sister"),
        ("Ann's sister Maria", "Maria"),
        ("Ann's coming", "Ann"),
        ("Ann's the one", "Ann"),
        ("May", "in May"),
        ("5 May", "May 5"),
        ("Will", "Will Turner"),
        ("Turner", "Will Turner"),
        ("milk", "milk without sugar"),
        ("milk and cake", "milk without sugar, and cake"),
        ("meat, no fish", "meat"),
        ("He never leaves without his hat", "his hat"),
        ("−18 °", "-18 degrees"),
        ("minus 18 degrees", "-18 degrees"),
        ("3-5 days", "3–5 days"),
    ],
)
def test_one_answer(a: str, b: str) -> None:
    assert same_answer(a, b)
    assert same_answer(b, a)


def test_a_shorter_answer_may_leave_the_half_of_the_day_to_be_understood() -> None:
    assert correct("7", "7 am")
    assert correct("6:45", "6:45 am")
    assert not correct("7", "7 pm")
