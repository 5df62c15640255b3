"""What a lost fact was lost to."""

from __future__ import annotations

from sealmate.night.blame import MOST, lost_to
from sealmate.records import Edit, Probe
from tests.night.ledger import MARCH

PLUMBER = Probe(1, 1, "Who is our plumber?", "Torvald", MARCH)


def edit(key: int, question: str, answer: str) -> Edit:
    return Edit(key, 2, "self-qa", f"{question} {answer}", MARCH, question, answer)


def test_what_took_its_place_comes_first() -> None:
    new = [
        edit(4, "Who is our new plumber?", "Wim"),
        edit(5, "What is the name of our glazier?", "Ilse"),
        edit(6, "When does the ferry leave?", "at noon"),
    ]
    assert lost_to([(PLUMBER, "Ilse")], new) == {1: (5, 4)}
    assert lost_to([(PLUMBER, "I don't know that yet.")], new) == {1: (4,)}
    assert lost_to([(PLUMBER, "blue")], new[1:]) == {1: ()}


def test_a_short_list() -> None:
    new = [edit(key, "Who is our plumber?", f"Plumber {key}") for key in range(10, 20)]
    assert lost_to([(PLUMBER, "")], new) == {1: tuple(range(10, 10 + MOST))}
    assert lost_to([], new) == {}
