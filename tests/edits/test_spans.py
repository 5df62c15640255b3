from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.spans import coverage, find_spans, spans, uncovered

NOTE = (
    "Our storage unit is B-308 at Stowmere Storage, behind the old boiler. It costs €75 a month. "
    "Imran has the key until 5 July 2024; ring him on 0182 44 71 at ten at night. The cat is "
    'called "Lady Bug". We meet on Thursdays at 18:30 in room 26.'
)


@pytest.mark.parametrize(
    "span",
    ["B-308", "Stowmere Storage", "behind the old boiler", "€75 a month", "Imran", "5 July 2024",
     "0182 44 71", "ten at night", "Lady Bug", "Thursdays", "18:30", "26", "Our storage unit",
     "the key"],
)  # fmt: skip
def test_spans(span: str) -> None:
    assert span in spans(NOTE)


def test_no_span_runs_over_a_sentence() -> None:
    assert spans("We met Anna. Bob was there.")[:2] == ["Anna", "Bob"]


def test_uncovered_and_coverage() -> None:
    note = "Our glazier is Wim. He comes on 5 July."
    assert uncovered(note, [], []) == ["Our glazier", "Wim", "5 July"]
    pairs = [("Who is our glazier?", "Wim")]
    assert uncovered(note, pairs, []) == ["5 July"]
    assert coverage(note, pairs, []) == pytest.approx(2 / 3)
    assert coverage(note, pairs, ["Wim comes on 5 July."]) == 1.0
    # A date that is only asked about is not told.
    assert uncovered(note, [*pairs, ("Who comes on 5 July?", "Wim")], []) == ["5 July"]


def test_nothing_to_cover() -> None:
    assert coverage("", [], []) == 1.0
    assert spans("") == []


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    for span in find_spans(text):
        assert text[span.start : span.end] == span.text
        assert span.text
    share = coverage(text, [], [text])
    assert 0.0 <= share <= 1.0


WORDS = st.sampled_from(
    [
        "Wim",
        "Anna",
        "5",
        "July",
        "the",
        "red",
        "key",
        "behind",
        "is",
        "on",
        "Monday",
        "€40",
        ".",
        ",",
    ]
)


@given(st.lists(WORDS, max_size=20).map(" ".join))
def test_a_passage_covers_itself(text: str) -> None:
    assert coverage(text, [], [text]) == 1.0
    assert uncovered(text, [], [text]) == []
    assert (coverage(text, [], []) == 1.0) == (not spans(text))
