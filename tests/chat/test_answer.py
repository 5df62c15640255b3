"""Reference numbers, sources, and what is said while an answer comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.chat.answer import Speaker, as_sources, cited, how_sure, read_references
from sealmate.records import Hit, Passage


@pytest.mark.parametrize(
    ("reply", "text", "numbers"),
    [
        ("Ansa [1]", "Ansa", (1,)),
        ("Ansa[2]", "Ansa", (2,)),
        ("Ansa [2].", "Ansa.", (2,)),
        ("Ansa. [2]", "Ansa.", (2,)),
        ("Ansa. [2].", "Ansa.", (2,)),
        ("Ansa [1][3]", "Ansa", (1, 3)),
        ("Ansa [3, 1]", "Ansa", (3, 1)),
        ("Ansa [1] and [2]", "Ansa", (1, 2)),
        ("Ansa [1], [1]", "Ansa", (1,)),
        ("Ansa [1]. She comes on Thursdays [2].", "Ansa. She comes on Thursdays.", (1, 2)),
        ("Ansa [9]", "Ansa", ()),
        ("Ansa [0] [1]", "Ansa", (1,)),
        ("It is row[1] of the table", "It is row[1] of the table", ()),
        ("The year [1984] was cold", "The year [1984] was cold", ()),
        ("[1]", "", (1,)),
        ("", "", ()),
        ("Ansa [", "Ansa [", ()),
    ],
)
def test_references_are_read_and_removed(reply: str, text: str, numbers: tuple[int, ...]) -> None:
    assert read_references(reply, 3) == (text, numbers)


def hit(key: int, text: str, source: int | None = None) -> Hit:
    return Hit(Passage(key, source or key, 0, text, 9), f"note {key}", 1.0)


RABBIT = hit(11, "Muesli the rabbit gets a slice of fennel every Sunday.")
SITTER = hit(12, "Ansa minds the rabbit and the twins for 14 euros an hour.")


def test_named_passages_are_the_sources_in_their_order() -> None:
    assert cited("Ansa", (2, 1), [RABBIT, SITTER], "Who?") == [SITTER, RABBIT]


def test_without_a_number_the_passages_with_the_answers_words_are_named() -> None:
    question = "What does the rabbit get?"
    assert cited("A slice of fennel", (), [RABBIT, SITTER], question) == [RABBIT]
    # Both say "rabbit", but that was in the question already.
    assert cited("The rabbit gets fennel", (), [RABBIT, SITTER], question) == [RABBIT]
    assert cited("fourteen euros", (), [RABBIT, SITTER], "How much?") == [SITTER]


def test_no_source_is_invented() -> None:
    assert cited("A carrot", (), [RABBIT, SITTER], "What does it eat?") == []
    assert cited("Yes.", (), [RABBIT, SITTER], "Is it so?") == []


def test_a_passage_is_named_once() -> None:
    assert as_sources([RABBIT, RABBIT]) == ({"id": 11, "title": "note 11", "passage": 11},)


def said(reply: str, shown: int, sizes: list[int]) -> tuple[list[str], str]:
    pieces: list[str] = []
    speaker = Speaker(pieces.append, shown)
    at = 0
    for size in [*sizes, len(reply)]:
        if reply[at : at + size]:
            speaker.hear(reply[at : at + size])
        at += size
    before = list(pieces)
    final, _ = read_references(reply, shown)
    speaker.finish(final)
    assert "".join(pieces) == final
    return before, final


@given(
    st.sampled_from(
        [
            "Ansa [1].",
            "On Thursdays, and [sic] at noon. [2]",
            "Ansa [1]. She comes on Thursdays [2].",
            "I don't know that yet.",
            "I do not like fennel at all",
            "The notes do not say.",
            "The notes say so. [1] [2]",
            "  spaced out  ",
            "Ends in [",
        ]
    ),
    st.sampled_from([0, 2]),
    st.lists(st.integers(1, 9), max_size=30),
)
def test_pieces_add_up_to_the_answer_however_they_are_cut(
    reply: str, shown: int, sizes: list[int]
) -> None:
    said(reply, shown, sizes)


def test_a_reference_is_never_said() -> None:
    before, _ = said("Ansa minds them [1]", 1, [1] * 30)
    assert "".join(before) == "Ansa minds them"


def test_an_abstention_is_not_said_before_it_is_certain() -> None:
    assert said("The notes do not say.", 1, [4] * 9)[0] == []
    assert said("I don't know that yet.", 1, [4] * 9)[0] == []
    assert "".join(said("The notes are in the blue box", 1, [4] * 9)[0]).startswith("The notes are")


@pytest.mark.parametrize(
    ("confidence", "said"), [(0.0, "0% sure"), (0.374, "37% sure"), (0.9951, "over 99% sure")]
)
def test_a_model_is_never_wholly_sure(confidence: float, said: str) -> None:
    assert how_sure(confidence) == said
