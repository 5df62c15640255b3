from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.parse import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    Pair,
    cut_loops,
    parse_pairs,
    parse_question,
    parse_statements,
    split_sentences,
)

ANNA = Pair("Who is Anna?", "my aunt")


@pytest.mark.parametrize(
    "text",
    [
        "Q: Who is Anna? A: my aunt",
        "Q: Who is Anna? A: my aunt.",
        "1. Q: Who is Anna? A: my aunt",
        "- Q: Who is Anna?  A:  my aunt",
        "* **Q:** Who is Anna? **A:** my aunt",
        "**Q: Who is Anna?** A: my aunt",
        "Q1: Who is Anna? A1: my aunt",
        "Question: Who is Anna? Answer: my aunt",
        "Q: Who is Anna?\nA: my aunt",
        "Q: Who is Anna?\n\n   A: my aunt",
        "q: Who is Anna? a: my aunt",
        'Q: "Who is Anna?" A: "my aunt"',
        "Q: Who is Anna A: my aunt",
        "Who is Anna? my aunt",
        "2) Who is Anna? - my aunt.",
        "Here are some:\nQ: Who is Anna? A: my aunt\nQ: What is",
        "Q: Who is Anna? A: my aunt<|im_end|>",
        "Q: Who is Anna? A: my aunt\r\nQ: Who is Anna? A: My aunt.",
    ],
)
def test_a_pair_in_many_dresses(text: str) -> None:
    assert parse_pairs(text) == [ANNA]


def test_several_on_one_line() -> None:
    text = "Q: Who is Anna? A: my aunt Q: Where is the code? A: B-308"
    assert parse_pairs(text) == [ANNA, Pair("Where is the code?", "B-308")]


@pytest.mark.parametrize(
    "text",
    ["", "Q:", "Q: Who is Anna?", "Q: A: my aunt", "A: my aunt", "Q: Who is Anna? A:", "Anna.",
     "Q: Who is Anna? A: ...", "Q: Anna A: my aunt", "Q: Who? A: my aunt"],
)  # fmt: skip
def test_no_pair(text: str) -> None:
    assert parse_pairs(text) == []


def test_an_abbreviation_keeps_its_point() -> None:
    assert parse_pairs("Q: When is tea? A: at 3 p.m.") == [Pair("When is tea?", "at 3 p.m.")]
    assert parse_pairs("Q: How much is it? A: £5.50.") == [Pair("How much is it?", "£5.50")]


def test_the_answer_takes_no_question_of_the_next_line() -> None:
    assert parse_pairs("Q: Who is Anna? A:\nQ: Who is Bob? A: a cook") == [
        Pair("Who is Bob?", "a cook")
    ]


def test_a_stuck_model_gives_one_pair() -> None:
    assert parse_pairs("Q: Who is Anna? A: my aunt\n" * 40) == [ANNA]
    assert parse_pairs("Q: What is it? A: " + "red " * 50) == [Pair("What is it?", "red")]


def test_too_long_is_dropped() -> None:
    words = " ".join(f"w{n}" for n in range(200))
    assert parse_pairs(f"Q: Who is {words}? A: x1") == []
    assert parse_pairs(f"Q: Who is it? A: {words}") == []


def test_statements() -> None:
    text = (
        "Here are the implications:\n# Anna\n1. Dr. Osei lives in St. Ives. She pays 3.2 percent.\n"
        "* Anna is a cook\n- anna is a cook.\nWho is it?\nQ: Who? A: she\nNote: hi there you\n"
        "- The room is no. 5 on the left. It has"
    )
    assert parse_statements(text) == [
        "Dr. Osei lives in St. Ives.",
        "She pays 3.2 percent.",
        "Anna is a cook",
        "The room is no. 5 on the left.",
    ]


def test_a_list_without_points_is_not_cut_off() -> None:
    assert parse_statements("- Anna is a cook\n- Bob bakes bread") == [
        "Anna is a cook",
        "Bob bakes bread",
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is there.", ["One is here.", "Two is there."]),
        ("J. R. Smith came at 7 p.m. on Monday.", ["J. R. Smith came at 7 p.m. on Monday."]),
        ("Open until 7 p.m. Bring cake.", ["Open until 7 p.m.", "Bring cake."]),
        ('He said "Go." Then he went!', ['He said "Go."', "Then he went!"]),
        ("It costs 3.50 a piece. Really?", ["It costs 3.50 a piece.", "Really?"]),
        ("Take vitamin c. Then rest.", ["Take vitamin c.", "Then rest."]),
        ("Born in 1954. Died in 1999.", ["Born in 1954.", "Died in 1999."]),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Q: What does Anna charge?\nmore", "What does Anna charge?"),
        ("1. who is it", "who is it?"),
        ("What is her age? What is her name?", "What is her age?"),
        ("The dog is nice. What is its name? It is", "What is its name?"),
        ("Sure!\n\n**What is its name?**", "What is its name?"),
        ("no question here", None),
        ("", None),
        ("???", None),
    ],
)
def test_question(text: str, question: str | None) -> None:
    assert parse_question(text) == question


def test_phone_numbers_are_no_loops() -> None:
    assert cut_loops("ring 22 22 22 22 22 now") == "ring 22 22 22 22 22 now"
    assert cut_loops("the cat and the cat and the cat and") == "the cat and"
    assert cut_loops("very very nice") == "very very nice"


@given(st.text(max_size=300))
def test_any_text_parses(text: str) -> None:
    for pair in parse_pairs(text):
        assert 0 < len(pair.question) <= LONGEST_QUESTION + 1
        assert pair.question.endswith("?")
        assert 0 < len(pair.answer) <= LONGEST_ANSWER
        assert "\n" not in pair.question + pair.answer
    for statement in parse_statements(text):
        assert len(statement.split()) >= 3
        assert "\n" not in statement
    question = parse_question(text)
    assert question is None or question.endswith("?")
    assert text.startswith(cut_loops(text))


WORD = st.text("abcdefghij", min_size=2, max_size=7)
PHRASE = st.lists(WORD, min_size=2, max_size=5, unique=True).map(" ".join)
MARK = st.sampled_from(["", "- ", "* ", "1. ", "12) ", "• "])
LINK = st.sampled_from([" ", "\n", "  "])


@given(st.lists(st.tuples(PHRASE, PHRASE), max_size=6, unique=True), MARK, LINK)
def test_what_is_written_comes_back(pairs: list[tuple[str, str]], mark: str, link: str) -> None:
    text = "\n".join(f"{mark}Q: {question}?{link}A: {answer}" for question, answer in pairs)
    assert parse_pairs(text) == [Pair(question + "?", answer) for question, answer in pairs]


@given(st.lists(PHRASE.map(lambda words: f"Xy {words} kk."), max_size=6, unique=True))
def test_sentences_lose_nothing(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


WRITTEN = st.sampled_from([".", "!", "…", '"', ")", "(", " ", "\n", "a", "B", "Dr", "e.g", "5"])


@given(st.lists(WRITTEN).map("".join))
def test_sentences_are_cut_behind_their_ends_alone(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.rstrip('")')[-1] in ".!?…" for sentence in sentences[:-1])


@pytest.mark.parametrize(
    "text",
    [".", "?!", "…", '."', '"', "a.", "e.g. ", "Dr. ", "a. b ", "x", " ", "A. ", "(", "Jr. a"],
)
def test_sentences_of_odd_texts_are_no_hang(text: str) -> None:
    said = "Contents " + text * (200_000 // len(text)) + "x"
    assert "".join("".join(split_sentences(said)).split()) == "".join(said.split())


@pytest.mark.parametrize("label", ["Q", "Question 1", "note", "Note 12", "A", "**A"])
def test_labels_without_a_sign_are_no_hang(label: str) -> None:
    wide = label + " " * 20_000 + "x"
    assert parse_pairs(wide) == []
    assert parse_pairs(f"Q: Who is Anna? A: {wide}")
    parse_statements(wide)
    parse_question(wide)


@pytest.mark.parametrize("space", [" ", "   ", ""])
def test_labels_with_spaces(space: str) -> None:
    label = f"1{space}**{space}:{space}**"
    assert parse_pairs(f"**Q{space}{label} Who is Anna? **A{space}{label}{space}my aunt") == [ANNA]
    text = f"Q: Who is Anna? A: note{space}3{space}: nothing"
    assert parse_pairs(text) == []
