"""A sign belongs to its number; a hyphen does not."""

from __future__ import annotations

import pytest

from sealmate.edits.answers import same_answer
from sealmate.edits.screen import grounded_answer, novel_content
from sealmate.edits.spans import find_spans, spans
from sealmate.edits.words import tokens


@pytest.mark.parametrize(
    "text",
    ["-18 degrees", "−18 degrees", "–18 degrees", "(-18)", "it has -18", "minus 18", "at: -18C"],
)
def test_negative(text: str) -> None:
    numbers = [token.forms for token in tokens(text) if token.kind == "number"]
    assert numbers == [frozenset({"-18"})]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("3-5", ["3", "5"]),
        ("3–5", ["3", "5"]),
        ("3 -5", ["3", "5"]),
        ("3 − 5", ["3", "5"]),
        ("- 5 eggs", ["5"]),
        ("– 5 eggs", ["5"]),
        ("page-3", ["3"]),
        ("word–3", ["3"]),
        ("(no)-3", ["3"]),
        ("2026-01-05", ["2026.1.5"]),
        ("0182-44 71", ["01824471"]),
        ("0182 -44 71", ["01824471"]),
        ("K-19", ["19"]),
        ("20 minus 5", ["20", "5"]),
    ],
)
def test_hyphens(text: str, forms: list[str]) -> None:
    assert [min(token.forms) for token in tokens(text) if token.kind == "number"] == forms


def test_a_sign_tells_answers_apart() -> None:
    note = "The freezer is at -18 degrees, the fridge at 5."
    assert not same_answer("-18 degrees", "18 degrees")
    assert same_answer("−18 °", "minus 18 degrees")
    assert same_answer("-1,200 euros", "-1200 €")
    assert not same_answer("-120 €", "120 €")
    assert grounded_answer("-18 degrees", note)
    assert not grounded_answer("18 degrees", note)
    assert not grounded_answer("-5", note)
    assert novel_content("The fridge is at -5.", note) == ["-5"]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("The freezer is at -18 degrees.", "-18 degrees"),
        ("The freezer is at −18 degrees.", "−18 degrees"),
        ("The freezer is at minus 18 degrees.", "minus 18 degrees"),
        ("It takes 3-5 days.", "3-5 days"),
        ("See page-3 now.", "page-3"),
    ],
)
def test_a_span_begins_at_the_sign(text: str, span: str) -> None:
    assert span in spans(text)
    assert all(text[found.start : found.end] == found.text for found in find_spans(text))
