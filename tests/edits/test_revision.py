"""Notes written anew, and whether they say so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sealmate.bench.stream import LEADS, Shape, make_stream
from sealmate.edits.revision import says_so, written_anew

TOLD = datetime(2026, 6, 3, 9, tzinfo=UTC)
WHERE = ", phone 12, in Mill Street near the big bakery."
VET, LANE = f"The vet is Dr Hall{WHERE}", "Dr Lane"
MEALS = "Tuesday's dinner is at {}, and Ben cooks for all of us in the big kitchen."


def so(older: str, newer: str, question: str, answer: str) -> bool:
    return written_anew(older, newer) and says_so(older, newer, question, answer, TOLD)


@pytest.mark.parametrize(
    "said",
    [
        "Correction: the vet is Dr Lane",
        "This has changed. The vet is Dr Lane",
        "The vet is Dr Lane now",
        "The new vet is Dr Lane",
        "From today the vet is Dr Lane",
        "From 1 July the vet is Dr Lane",
        "The vet is Dr Lane since April",
        "The vet is Dr Lane instead",
        "The vet is no longer Dr Hall, but Dr Lane",
        "The vet isn't Dr Hall any more, but Dr Lane",
        "The vet has changed, it is Dr Lane",
        "Update: the vet is Dr Lane",
        "The vet is actually Dr Lane",
        "I was wrong, the vet is Dr Lane",
    ],
)
def test_it_says_so(said: str) -> None:
    newer = said + WHERE
    assert so(VET, newer, "Who is the vet?", LANE)
    # which of several there may be makes no difference to that
    assert so(VET, newer, "Which vet do we have?", LANE)


@pytest.mark.parametrize(
    ("older", "newer", "question", "answer"),
    [
        (VET, f"The vet is Dr Lane{WHERE}", "Who is the vet?", LANE),
        # words that both have, or that belong to something else, or are what is asked for
        ("Now the vet is Dr Hall in Mill Street, phone 12.",
         "Now the vet is Dr Lane in Mill Street, phone 12.", "Who is the vet?", LANE),
        ("The spare key of the flat is with Mrs Kaya upstairs.",
         "The spare key of the new car is with Mrs Kaya upstairs.",
         "Which spare key is with Mrs Kaya?", "car"),
        ("The lease of the garage runs from 1 May.", "The lease of the garage runs from 1 July.",
         "When does the lease of the garage begin?", "1 July"),
        # what happened once
        ("Rex was at the vet today. Dr Hall gave him a shot against rabies.",
         "Rex was at the vet now. Dr Hall gave him the new shot against distemper.",
         "What did Dr Hall give Rex a shot against?", "distemper"),
        ("Lent Tom 20 euros for lunch.", "Lent Tom 35 euros for lunch today instead.",
         "How much did I lend Tom for lunch?", "35 euros"),
        ("Changed the boiler filter, next change in May.",
         "Changed the boiler filter, next change in November.",
         "When is the next change of the filter?", "November"),
    ],
)  # fmt: skip
def test_it_does_not(older: str, newer: str, question: str, answer: str) -> None:
    assert not so(older, newer, question, answer)


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("question", ["When is dinner on Tuesday?", "When did we have dinner?"])
def test_one_that_speaks_of_an_earlier_note_says_so_of_whatever_happened(
    lead: str, question: str
) -> None:
    older, newer = MEALS.format("six"), lead + MEALS.format("seven")
    assert so(older, newer, question, "seven")
    assert so(newer, lead + MEALS.format("eight"), question, "eight")


@pytest.mark.parametrize("seed", [3, 5])
def test_of_a_stream_the_corrections_say_so_and_nothing_else(seed: int) -> None:
    stream = make_stream(8, Shape(), seed)
    notes = [note for night in stream.nights for note in night.notes]
    texts = {note.key: note.text for note in notes}
    chains: dict[str, set[str]] = {}
    for place, note in enumerate(notes):
        chains[note.key] = {note.key} | chains.get(note.corrects, set())
        if note.corrects:
            (fact, *_) = [one for one in stream.facts if one.note == note.key and one.old]
            assert so(texts[note.corrects], note.text, fact.wordings[0], fact.answer)
        for other in notes[:place]:
            assert other.key in chains[note.key] or not written_anew(other.text, note.text)
