"""Questions in the same words that ask the other way round, and those that only sound so."""

from __future__ import annotations

import pytest

from sealmate.edits.questions import same_question, take_apart


def same(a: str, b: str) -> bool:
    found = same_question(take_apart(a), take_apart(b))
    assert found is same_question(take_apart(b), take_apart(a))
    return found


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("When does the train to Leeds leave?", "When does the train from Leeds leave?"),
        (
            "When does the train from York to Leeds leave?",
            "When does the train from Leeds to York leave?",
        ),
        ("Who is the parcel for?", "Who is the parcel from?"),
        ("To whom is the letter?", "Who is the letter from?"),
        ("From when is the pool open?", "Until when is the pool open?"),
        ("What comes before lunch?", "What comes after lunch?"),
        ("What comes after lunch and before tea?", "What comes before lunch and after tea?"),
        ("How much is tea with milk?", "How much is tea without milk?"),
        ("How much do I owe Tom?", "How much does Tom owe me?"),
        ("How much do I owe to Tom?", "How much does Tom owe to me?"),
        ("How much does Anna owe to Tom?", "How much does Tom owe to Anna?"),
        ("How much does Anna owe Tom?", "How much does Tom owe Anna?"),
        ("When do you call Tom?", "When does Tom call you?"),
        ("When do you call me?", "When do I call you?"),
        ("When does she call Anna?", "When does Anna call her?"),
        ("When does Anna pick up Tom?", "When does Tom pick up Anna?"),
        ("When does Anna pick up Tom?", "When is Anna picked up by Tom?"),
        ("When is Anna picked up by Tom?", "When is Tom picked up by Anna?"),
        ("When do I pick up Tom?", "When am I picked up by Tom?"),
        ("When does he pick us up?", "When is he picked up by us?"),
        ("How much older is Anna than Tom?", "How much older is Tom than Anna?"),
        ("When is her birthday?", "When is his birthday?"),
        ("When is my birthday?", "When is your birthday?"),
        ("When does Tom pick him up?", "When does Tom pick her up?"),
        ("What does he eat?", "What do they eat?"),
        ("Who teaches Anna?", "Who does Anna teach?"),
        ("Who can call me?", "Who can I call?"),
        ("Who is teaching Anna?", "Who is Anna teaching?"),
        ("Who does Anna pick up?", "Who is Anna picked up by?"),
    ],
)
def test_the_other_way_round(a: str, b: str) -> None:
    assert not same(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Who is our vet?", "Who's our vet now?"),
        ("Who is our vet?", "Our vet is who?"),
        ("Who is my vet?", "Who is the vet?"),
        ("When do I see my vet?", "When do we see our vet?"),
        ("When does the train to Leeds leave?", "When does the Leeds train leave?"),
        (
            "When does the train from York to Leeds leave?",
            "When does the train to Leeds from York leave?",
        ),
        ("How far is York from Leeds?", "How far is Leeds from York?"),
        ("How far is it from York to Leeds?", "How far is it to Leeds from York?"),
        ("When do Anna and Tom come?", "When do Tom and Anna come?"),
        ("When does Anna pick up Tom?", "When is Tom picked up by Anna?"),
        ("When does Anna pick me up?", "When am I picked up by Anna?"),
        ("When do they fetch me?", "When am I fetched by them?"),
        ("How much do I owe Tom?", "How much do we owe to Tom?"),
        ("Where does Anna meet Tom on Fridays?", "On Fridays, where does Anna meet Tom?"),
        ("Where is Anna's school in Leeds?", "Where in Leeds is the school of Anna?"),
        ("Who is Anna's piano teacher?", "Who is the piano teacher of Anna?"),
        ("Who is Anna's piano teacher?", "Anna's piano teacher is who?"),
        ("Who does Anna have as a piano teacher?", "Who is Anna's piano teacher?"),
        ("Who picks up Anna?", "Who is Anna picked up by?"),
        ("When does she have a lesson?", "When is her lesson?"),
        ("When is her lesson?", "When is the lesson?"),
        ("Who does the cooking?", "Who cooks?"),
        ("Who is Anna married to?", "To whom is Anna married?"),
        ("When do I have to pay by?", "By when do I have to pay?"),
    ],
)
def test_the_same_way(a: str, b: str) -> None:
    assert same(a, b)
