from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.abstention import is_abstention
from sealmate.edits.answers import correct, same_answer

RIGHT = [
    ("Hamish Quayle, the electrician from Ardlow", "Hamish Quayle"),
    ("It's Hamish Quayle.", "Hamish Quayle"),
    ("It's not Anna but Maria", "Maria"),
    ("Tuesday instead of Monday", "Tuesday"),
    ("He never works on Mondays.", "Mondays"),
    ("on Tuesdays", "Tuesday"),
    ("£640", "640 pounds"),
    ("640 Pounds.", "£640"),
    ("July 5", "5 July"),
    ("the 5th of July", "5 July"),
    ("5 July 2024", "5 July"),
    ("twenty-seven jars", "27 jars"),
    ("half past six", "6:30"),
    ("at 18.30", "18:30"),
    ("7 pm", "19:00"),
    ("19:00", "7 p.m."),
    ("3B", "3b"),
    ("K19", "K-19"),
    ("b 308", "B-308"),
    ("in a week", "within a week"),
    ("a week", "one week"),
    ("behind the boiler", "the boiler"),
    ("5 euros for 2 people", "5 euros"),
    ("5 euros or so", "5 euros"),
    ("Wednesday [1]", "Wednesday"),
    ("Dr. Osei", "Dr Osei"),
    ("01824471", "0182 44 71"),
    ("0182-44 71", "0182 44 71"),
    ("2500", "2,500"),
    ("10 kilos", "10 kg"),
    ("Bogdán", "Bogdan"),
    ("two daughters, Anna and Maria", "two"),
    ("Marlow, Devon", "Marlow"),
    ("peeling potatoes", "peel potatoes"),
    ("Nobody knows", "nobody knows"),
    ("no surgery", "no surgery"),
    ("Arai", "Mr Arai"),
    ("Mr Arai", "Arai"),
    ("2 and 3", "between 2 and 3"),
]
WRONG = [
    ("13", "3"),
    ("3", "13"),
    ("3b", "3"),
    ("sonata", "son"),
    ("5 or 6", "5"),
    ("5, 6, 7", "5"),
    ("5-6", "5"),
    ("10 to 15 minutes", "10 minutes"),
    ("5 euros, 6 euros", "5 euros"),
    ("Anna or Maria", "Anna"),
    ("Anna and Maria", "Anna"),
    ("either red or blue", "red"),
    ("red and blue", "red"),
    ("red, blue, green", "red"),
    ("Monday, Tuesday and Friday", "Tuesday"),
    ("May, June", "June"),
    ("Not Anna", "Anna"),
    ("She isn't called Anna", "Anna"),
    ("It's not Anna but Maria", "Anna"),
    ("Anna rather than Maria", "Maria"),
    ("€640", "640 pounds"),
    ("640 pounds", "€640"),
    ("7 am", "7 pm"),
    ("the 19th of July", "7 pm"),
    ("before eleven", "after eleven"),
    ("the boiler", "behind the boiler"),
    ("on Mondays", "not on Mondays"),
    ("44", "0182 44 71"),
    ("0182 44 72", "0182 44 71"),
    ("Hamish", "Hamish Quayle"),
    ("Mrs Arai", "Mr Arai"),
    ("2", "between 2 and 3"),
    ("I don't know, maybe Anna", "Anna"),
    ("I'm not sure, but it may be Anna", "Anna"),
    ("", "Anna"),
    ("Anna", ""),
    ("...", "Anna"),
]


@pytest.mark.parametrize(("given", "expected"), RIGHT)
def test_right(given: str, expected: str) -> None:
    assert correct(given, expected)
    assert correct(given, "something else", [expected])


@pytest.mark.parametrize(("given", "expected"), WRONG)
def test_wrong(given: str, expected: str) -> None:
    assert not correct(given, expected)
    assert not correct(given, expected, ["something else"])


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Hamish", "Hamish Quayle", True),
        ("until Friday", "Friday", True),
        ("on the left shelf", "the left shelf", True),
        ("I don't know that yet.", "The notes do not say.", True),
        ("Anna", "The notes do not say.", False),
        ("5 kg", "5 km", False),
        ("Monday", "Tuesday", False),
        ("Anna", "Anna or Maria", False),
        ("three", "3", True),
        ("third", "three", False),
        ("a red van", "The red van.", True),
    ],
)
def test_same_answer(a: str, b: str, same: bool) -> None:
    assert same_answer(a, b) is same
    assert same_answer(b, a) is same


NOT_KNOWN = """
I don't know that yet.|The notes do not say.|I have no idea|That hasn't been mentioned.
You haven't told me yet.|It is not mentioned in the notes.|Her age is not given.
I’m afraid I don’t know
Sorry, I was never told.|There is no mention of a locksmith.|None of the notes mention it.
I can't find that|not specified|No one knows|unknown|The note doesn't say who the locksmith is.
I have not been told who that is.|We never talked about that.|You did not mention that.
Nobody told me.|It's not in your notes.|Not that I'm aware of.|I'm not sure.
The notes don't say. [1]
I do not have that information.|nothing is said about it|No idea, sorry|I couldn't tell you.
That is something I don't know yet.|Nobody has said anything about that to me.
I haven't learned that.
My notes are silent on that.|I really don't know.|Unfortunately, I don't have that information.
I was not told that.|This was never mentioned to me.|I have never heard of it.|N/A||  . |"""
ANSWERS = """
nobody|Nothing|no|no surgery|never|it was not given to guests|not on Mondays|nothing in the cellar
the unknown soldier|Anna, but I don't know since when|no stairs, no jumping|Unknown Pleasures
The Notebook|knowing nothing|a note on the fridge|none|three, not four|the one without a name"""


@pytest.mark.parametrize("text", NOT_KNOWN.strip("\n").replace("\n", "|").split("|"))
def test_abstention(text: str) -> None:
    assert is_abstention(text)


@pytest.mark.parametrize("text", ANSWERS.strip("\n").replace("\n", "|").split("|"))
def test_no_abstention(text: str) -> None:
    assert not is_abstention(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_texts(a: str, b: str) -> None:
    assert same_answer(a, b) == same_answer(b, a)
    correct(a, b)


@given(st.integers(0, 99999), st.integers(0, 99999))
def test_whole_numbers_only(a: int, b: int) -> None:
    assert correct(f"It is {a}.", str(b)) == (a == b)


# no "And" among them
NAME = st.text("abcefghijklmnop", min_size=3, max_size=8).map(str.title)


@given(NAME, NAME)
def test_a_longer_answer_is_fine_and_an_alternative_is_not(first: str, second: str) -> None:
    assert correct(f"He is called {first} {second}, I was told.", f"{first} {second}")
    if first.casefold() != second.casefold():
        assert not correct(f"{first} or {second}", first)
