"""Parts of the checks that the writer's own tests do not reach."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.abstention import is_abstention, without_references
from sealmate.edits.checks import SURE, VERY_SURE, round_trip, strip_reference
from sealmate.edits.drafts import Draft, Text, Work
from tests.edits.reader import Reader


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Nora [1]", "Nora"),
        ("Nora [12].", "Nora"),
        ("  Nora ", "Nora"),
        ("row [b]", "row [b]"),
        ("[1]", ""),
        ("", ""),
        ("at 5 [p.m.] [2]", "at 5 [p.m.]"),
        ("Rex [1] [2]", "Rex"),
        ("Rex [1][2].", "Rex"),
        ("Rex [1, 2]", "Rex"),
        ("Rex [1,2; 3]!", "Rex"),
        ("Rex [1], [2] and [3].", "Rex"),
        ("Rex. [1]", "Rex."),
        ("Rex [1] [2", "Rex"),
        ("Rex and [1]", "Rex and"),
        ("built in [1990]", "built in [1990]"),
        ("[b] [1]", "[b]"),
    ],
)
def test_strip_reference(given: str, expected: str) -> None:
    assert strip_reference(given) == expected


REFERENCE = st.sampled_from(["[1]", "[12]", "[1, 2]", "[ 1 ]", "[1;2]"])
LINK = st.sampled_from([" ", "", ", ", " and ", "; ", " & "])


@given(st.lists(st.tuples(LINK, REFERENCE), min_size=1), st.sampled_from(["", ".", "!", " ."]))
def test_any_references_at_the_end_are_none_of_the_answer(
    references: list[tuple[str, str]], stop: str
) -> None:
    (_, first), *more = references
    said = f"Rex {first}" + "".join(link + reference for link, reference in more)
    assert strip_reference(said + stop) == "Rex"
    assert without_references(said + stop) == "Rex" + stop
    assert is_abstention(f"I don't know {said.removeprefix('Rex ')}{stop}")
    assert is_abstention(said.removeprefix("Rex ") + stop)


def test_references_inside_an_answer() -> None:
    assert without_references("The notes [1] do not say, [2].") == "The notes do not say,."
    assert is_abstention("The notes [1, 2] do not say.")
    assert without_references("  Max or Rex  ") == "  Max or Rex  "


@pytest.mark.parametrize("text", [" ", "[", "[ ", "[1,", " [1] and", "1]"])
def test_what_looks_like_references_is_no_hang(text: str) -> None:
    for said in (text * 100_000 + "x", "x" + text * 100_000 + "x"):
        assert strip_reference(said) == said.strip()
        assert without_references(said).endswith("x")


def work(answer: str) -> Work:
    text = Text(1, "", "Nora services the boiler every March.")
    draft = Draft(1, "self-qa", "Who comes?", answer, f"Who comes? {answer}", "", 0.0, "self-qa")
    return Work(text, text.text, [draft])


@pytest.mark.parametrize(
    ("answer", "confidence", "kept"),
    [
        ("Nora", 0.99, True),
        ("Nora", (SURE + VERY_SURE) / 2, True),
        ("Nora", SURE - 0.1, False),
        ("boiler", 0.99, True),
        ("boiler", (SURE + VERY_SURE) / 2, False),
    ],
)
def test_how_sure_an_answer_must_be(answer: str, confidence: float, kept: bool) -> None:
    """One that is to replace another must be surer than one that agrees."""
    place = work(answer)
    round_trip(Reader(["Nora [1]"], confidence=confidence), [place], None)
    assert place.drafts[0].kept is kept
    assert not kept or place.drafts[0].answer == "Nora"


def test_an_answer_that_names_several_notes_is_one_without_them() -> None:
    place = work("Nora")
    round_trip(Reader(["Nora [1] [2]"], confidence=0.99), [place], None)
    assert place.drafts[0].reason == "came back the same"
    place = work("boiler")
    round_trip(Reader(["Nora [1, 2]"], confidence=0.99), [place], None)
    assert place.drafts[0].answer == "Nora"


def test_a_draft_is_asked_once() -> None:
    place, model = work("Nora"), Reader(["Nora [1]", "Nora [1]"])
    round_trip(model, [place], None)
    round_trip(model, [place], None)
    assert len(model.prompts) == 1
