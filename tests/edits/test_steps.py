"""Steps back: one key for an answer in its sentence, however it was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.steps import AROUND, other_steps, step_back, step_of, tellings

WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
SAID = "The tax adviser wants by 31 July: all invoices over 12.50 euro."


@given(st.lists(WORDS, min_size=1).map(" ".join), st.lists(WORDS, min_size=1).map(" ".join))
def test_a_step_is_read_back(answer: str, said: str) -> None:
    assert step_of(step_back(answer, said)) == (answer, said)


@pytest.mark.parametrize("text", ["", "Who was our vet?", "What was it before “Rex”?"])
def test_other_questions_are_no_steps(text: str) -> None:
    assert step_of(text) is None
    assert other_steps(text, 3) == []


def test_quotation_marks_of_a_note_do_not_end_it_early() -> None:
    made = step_back("“Blue” Moon", "We play “Blue” Moon, or\n“Home”.")
    assert step_of(made) == ("Blue Moon", "We play Blue Moon, or Home.")


def test_an_answer_is_found_in_the_sentence_that_tells_it() -> None:
    texts = [f"She moved. {SAID}", "Ask on 31 July."]
    assert tellings("31 July", texts) == [SAID, "Ask on 31 July."]
    assert tellings("by 31 July", texts[:1]) == [SAID]
    assert tellings("30 July", texts) == []


def test_of_a_long_sentence_what_stands_around_the_answer_is_taken() -> None:
    before, after = (" ".join(f"{kind}{n}" for n in range(40)) for kind in ("a", "b"))
    (said,) = tellings("Rex", [f"{before} Rex {after}"])
    assert said.split() == [*before.split()[-AROUND:], "Rex", *after.split()[:AROUND]]


def test_other_words_of_the_sentence_lead_elsewhere() -> None:
    others = other_steps(step_back("31 July", SAID), 2)
    assert others == [step_back("12.50 euro", SAID), step_back("The tax adviser", SAID)]
    assert not [other for other in others if "“31" in other or "“July" in other]
