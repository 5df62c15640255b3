"""Two questions compared, how many answers one can have, and the same one about the past."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.questions import force, in_the_past, same_question, shared, take_apart


def same(a: str, b: str) -> bool:
    return same_question(take_apart(a), take_apart(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Who is our babysitter?", "Who is the babysitter now?"),
        ("When does the rehearsal begin?", "At what time does the rehearsal begin?"),
        ("What is the gate code?", "Which is the code of the gate?"),
        ("How much is the monthly rent?", "how much is the MONTHLY rent"),
        ("In which town does Anna live?", "Where does Anna live?"),
    ],
)
def test_one_question_in_two_wordings(a: str, b: str) -> None:
    assert same(a, b)
    assert same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Who is our babysitter?", "When is our babysitter here?"),
        ("What is the gate code?", "What is the code of the garage?"),
        ("How much is the rent?", "How often is the rent due?"),
        ("When is Anna's birthday?", "When is Ben's birthday?"),
        ("What does plot 12 cost?", "What does plot 13 cost?"),
        ("What is the deposit?", "What is the deposit of the flat?"),
        ("Who is it?", "Who is it?"),
    ],
)
def test_two_questions(a: str, b: str) -> None:
    assert not same(a, b)
    assert not same(b, a)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who is our babysitter?", "one"),
        ("What is the gate code?", "one"),
        ("How much is the monthly rent?", "one"),
        ("When does the choir rehearse?", "one"),
        ("What does the babysitter cost an hour?", "one"),
        ("Who plays in the band?", "several"),
        ("Who came to the party?", "several"),
        ("What did I buy at the market?", "several"),
        ("Who came?", "vague"),
        ("Why is the shop closed?", "vague"),
        ("Is the shop open?", "vague"),
        ("", "vague"),
    ],
)
def test_force(question: str, said: str) -> None:
    assert force(take_apart(question)) == said


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Who is our vet?", "Who was our vet before 3 March 2026?"),
        ("Who's our vet now?", "Who was our vet before 3 March 2026?"),
        ("When does the choir rehearse?", "When did the choir rehearse before 3 March 2026?"),
        ("Who plays Jack?", "Before 3 March 2026, who plays Jack?"),
        ("When did it open?", "Before 3 March 2026, when did it open?"),
    ],
)
def test_in_the_past(question: str, first: str) -> None:
    made = in_the_past(question, "3 March 2026")
    assert made[0] == first
    assert len(set(made)) == (3 if made[0].startswith("Before") else 4)
    assert made[-1].startswith("In former times, ")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text(a: str, b: str) -> None:
    assert same(a, b) == same(b, a)
    assert 0.0 <= shared(take_apart(a), take_apart(b)) <= 1.0
    assert force(take_apart(a)) in ("one", "several", "vague")
    assert all(text.endswith("?") for text in in_the_past(a, "3 March 2026"))
