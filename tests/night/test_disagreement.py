"""What two notes say to one question: when it speaks against each other, and when it does not."""

from __future__ import annotations

import pytest

from sealmate.night.clashes import find_clashes
from sealmate.store import Store
from tests.night.ledger import note, teach


def clash(store: Store, question: str, first: str, second: str, asked: str = "") -> bool:
    """Whether a later note's answer to a question clashes with an earlier note's."""
    teach(store, note(store, f"Once it was {first}, they say."), (question, first))
    new = note(store, f"I hear {second} is how things are.", days=1)
    return bool(list(find_clashes(store, teach(store, new, (asked or question, second)))))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("no sugar", "sugar"),
        ("May", "June"),
        ("allowed", "not allowed"),
        ("on Sundays", "never on Sundays"),
        ("Ben", "not Ben"),
        ("sugar", "milk without sugar"),
        ("7 am", "7 pm"),
        ("-18 degrees", "18 degrees"),
        ("one week", "three weeks"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_they_disagree(store: Store, first: str, second: str, turned: bool) -> None:
    first, second = (second, first) if turned else (first, second)
    assert clash(store, "What does Ansa's note at the lake say?", first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("meat", "meat, no fish"),
        ("no fish", "no fish, meat"),
        ("no. 5", "5"),
        ("number 5", "no. 5"),
        ("milk and eggs", "milk, eggs and bread"),
        ("May", "in May"),
        ("I don't know.", "not Ben"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_they_do_not(store: Store, first: str, second: str, turned: bool) -> None:
    first, second = (second, first) if turned else (first, second)
    assert not clash(store, "What does Ansa's note at the lake say?", first, second)


def test_the_other_way_is_another_fact(store: Store) -> None:
    to, back = "When does the train to Leeds leave?", "When does the train from Leeds leave?"
    assert not clash(store, to, "at seven", "at nine", asked=back)
    assert clash(store, to, "at seven", "at nine", asked="When does the Leeds train leave?")
