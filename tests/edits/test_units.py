"""Passages in units, and the words that call them to mind."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.units import MOST_WORDS, cues, opening, unit_for, units

NOTE = "Our glazier is called Wim. He can be reached on 0182 44 71 and never works on Mondays."


def test_a_short_note_is_one_unit() -> None:
    assert units(NOTE) == (NOTE,)


def test_long_texts_are_cut_between_sentences() -> None:
    text = " ".join(
        f"Sentence {n} says that shelf {n} holds {n * 7} jars of jam." for n in range(20)
    )
    made = units(text)
    assert " ".join(made) == text
    assert len(made) > 3
    assert all(len(unit.split()) <= MOST_WORDS and unit.endswith(".") for unit in made)


def test_items_of_a_list_are_not_run_into_lines_that_go_on() -> None:
    assert units("2 eggs\nFlour, one\ncup of it") == ("2 eggs Flour, one cup of it",)
    long = "\n".join(f"Item {n} stands on the shelf of the shed" for n in range(12))
    assert all(unit.startswith("Item") for unit in units(long))


def test_a_heading_stands_in_front_unless_the_text_begins_with_it() -> None:
    assert units("It is serviced in May.", "Boiler") == ("Boiler: It is serviced in May.",)
    assert units(NOTE, "Our glazier is called…") == (NOTE,)
    assert opening("Boiler manual: It is serviced in May by old Mr Lund.") == (
        "Boiler manual: It is serviced in May by"
    )
    assert opening(NOTE) == "Our glazier is called Wim. He"


def test_the_unit_of_a_question_holds_its_answer() -> None:
    both = ("The van is grey.", "The cat is grey and drinks from the tap.")
    assert unit_for(both, "What colour is the cat?", "grey") == both[1]
    assert unit_for(both, "What colour is the van?", "grey") == both[0]
    assert unit_for(both, "What colour is the van?", "blue") == ""
    assert unit_for(both, "How old is the cat?") == both[1]
    assert unit_for((), "Who?", "Ada") == ""


def test_cues_name_one_unit_only() -> None:
    told = {1: ("The plumber Jan has a red van.",), 2: ("The baker Ida has a red oven.",)}
    made = cues(told, [1], 6, random.Random(3))
    assert made == cues(told, [1], 6, random.Random(3))
    assert {unit for _, unit in made} == {told[1][0]}
    singles = {cue for cue, _ in made if " " not in cue}
    assert singles <= {"plumber", "Jan", "van"}
    assert singles
    assert len(made) <= 6
    assert all({"plumber", "Jan", "van"} & set(cue.split()) for cue, _ in made)


def test_a_unit_told_twice_has_its_cues_once() -> None:
    unit = "Our glazier is called Wim Jansen."
    once = cues({1: [unit]}, [1], 6, random.Random(1))
    twice = cues({1: [unit], 2: [unit]}, [1, 2], 6, random.Random(1))
    assert once
    assert sorted(once) == sorted(twice)


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_word_is_lost(text: str, heading: str) -> None:
    made = units(text, heading)
    said = " ".join(made).split()
    assert [word for word in text.split() if word not in said] == []
    assert all(made)
    for unit in made:
        assert unit.startswith(opening(unit)) or " ".join(unit.split()).startswith(opening(unit))
