"""What is left of a passage when one of its facts was told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.screen import grounded_answer
from sealmate.edits.units import units_of
from sealmate.night.supersession import accept
from sealmate.night.truth import GONE, still_true, without
from sealmate.records import Conflict, Passage
from tests.night.ledger import MARCH, note, teach
from tests.versions.build import Lab

TAX = "Tax adviser wants by 21 July: all invoices over 12.50 euro and the mileage book. She moved."


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        (["21 July"], "Tax adviser wants by …: all invoices over 12.50 euro and the mileage book.\n"
                      "She moved."),
        (["by 21 July", "12.50 euro"], "Tax adviser wants …: all invoices over … and the mileage "
                                       "book.\nShe moved."),
        (["moved"], "Tax adviser wants by 21 July: all invoices over 12.50 euro and the mileage "
                    "book."),
        (["the mileage book by 21 July"], "She moved."),
        ([], TAX.replace(". She", ".\nShe")),
    ],
)  # fmt: skip
def test_the_answer_is_blotted_out_or_its_sentence_goes(answers: list[str], left: str) -> None:
    assert without(TAX, answers) == left


RENT = "The rent is 850 euros. The car insurance is 850 euros a year."


@pytest.mark.parametrize(
    ("text", "told", "left"),
    [
        (RENT, {"850 euros": ["How much is the rent?"]}, "The car insurance is 850 euros a year."),
        (RENT, {"850 euros": ["How much is the car insurance?"]}, "The rent is 850 euros."),
        # another wording of the question that names nothing of it takes no more with it
        (RENT, {"850 euros": ["How much is the rent?", "What do we owe the landlord?"]},
         "The car insurance is 850 euros a year."),
        (RENT, {"850 euros": ["How much is the rent?", "What does the insurance cost?"]}, ""),
        # where no sentence tells what is asked for, any of them may be meant
        (RENT, {"850 euros": ["What do we owe the landlord?"]}, ""),
        (RENT, {"850 euros": [""]}, ""),
        (RENT, {"850 euros": []}, ""),
        ("Our vet is Dr Lin, in Elm Road. Dr Lin also sings in the choir on Fridays.",
         {"Dr Lin": ["Who is our vet?"]}, "Dr Lin also sings in the choir on Fridays."),
        ("The choir meets on Mondays at seven in the hall. The pool is closed on Mondays.",
         {"on Mondays": ["When does the choir meet?"]},
         "The choir meets … at seven in the hall.\nThe pool is closed on Mondays."),
        ("The choir meets on Mondays. Bring the black folder.",
         {"on Mondays": ["When does the choir meet?"]}, "Bring the black folder."),
    ],
)  # fmt: skip
def test_only_what_the_question_asks_for_goes(
    text: str, told: dict[str, list[str]], left: str
) -> None:
    assert without(text, list(told), list(told.values())) == left


@given(
    st.sampled_from(["rent", "deposit", "heating", "garage", "lease"]),
    st.sampled_from(["insurance", "bicycle", "choir", "piano", "garden"]),
    st.integers(2, 5000),
)
def test_another_thing_of_the_same_amount_stays(lost: str, kept: str, amount: int) -> None:
    true = f"The {kept} costs {amount} euros every year."
    text = f"The {lost} is {amount} euros. {true}"
    assert without(text, [f"{amount} euros"], [[f"How much is the {lost}?"]]) == true
    assert without(text, [f"{amount} euros"]) == ""


@given(
    st.text("ab .\n1", max_size=40), st.lists(st.text("ab1 ", min_size=1, max_size=5), max_size=3)
)
def test_none_of_the_answers_is_left(text: str, answers: list[str]) -> None:
    left = without(text, answers)
    assert not any(grounded_answer(answer, line) for answer in answers for line in left.split("\n"))


def test_a_conflict_takes_no_other_fact_of_its_passage(lab: Lab) -> None:
    store = lab.store
    old = note(store, RENT, "rent")
    new = note(store, "The rent is 900 euros.", "more", days=1)
    first = teach(store, old, ("How much is the rent?", "850 euros"))
    (second,) = teach(store, new, ("How much is the rent?", "900 euros"))
    row = Conflict(
        0, first[0].id, second.id, "How much is the rent?", "850 euros", "900 euros", MARCH, "open"
    )
    accept(store, store.conflicts.add(row).id, MARCH)
    assert still_true(store, [old])[old.id].text == "The car insurance is 850 euros a year."


def test_each_conflict_of_a_passage_takes_what_it_asks_for(lab: Lab) -> None:
    store = lab.store
    old = note(store, f"{RENT} The cat is Mia.", "rent")
    new = note(store, "Rent 900 euros, car insurance 950.", "more", days=1)
    asked = ("How much is the rent?", "What does one pay to insure a car?")
    first = teach(store, old, *((question, "850 euros") for question in asked))
    second = teach(store, new, *zip(asked, ("900 euros", "950 euros"), strict=True))
    for was, now in zip(first, second, strict=True):
        row = Conflict(0, was.id, now.id, was.question, was.answer, now.answer, MARCH, "open")
        accept(store, store.conflicts.add(row).id, MARCH)
    # what the second asks is told in no sentence: all that tell its answer go
    assert still_true(store, [old])[old.id].text == "The cat is Mia."


def test_passages_as_conflicts_left_them(lab: Lab) -> None:
    store = lab.store
    old = note(store, TAX, "tax")
    other = note(store, "The cat is Mia.", "cat")
    new = note(store, "It is 31 July now.", "date", days=1)
    first = teach(store, old, ("By when does she want it?", "21 July"), ("How much?", "12.50 euro"))
    (second,) = teach(store, new, ("By when does she want it?", "31 July"))
    row = Conflict(0, first[0].id, second.id, "By when?", "21 July", "31 July", MARCH, "open")
    accept(store, store.conflicts.add(row).id, MARCH)
    found = still_true(store, [old, other, new])
    assert GONE in found[old.id].text
    assert "21 July" not in found[old.id].text
    assert (found[other.id], found[new.id]) == (other, new)


DOSE = "Ben takes 20 mg of Ritalin. Give Ben 20 mg with breakfast. He dislikes milk."


@pytest.mark.parametrize(
    ("text", "question", "answer", "left"),
    [
        (DOSE, "How much Ritalin does Ben take?", "20 mg", "He dislikes milk."),
        ("The gate code is 4711. Type 4711 and then the hash key. The gate closes at ten.",
         "What is the gate code?", "4711", "The gate closes at ten."),
        ("Our rent is 900 euros. I transfer 900 euros to Mr Weber on the first of each month.",
         "How much is our rent?", "900 euros", "I transfer … to Mr Weber on the first of each "
                                               "month."),
        ("Our babysitter is Anna. In an emergency call Anna on the red phone at home.",
         "Who is our babysitter?", "Anna", "In an emergency call … on the red phone at home."),
        ("Ben takes 20 mg of Ritalin. The dose is 20 mg. He dislikes milk.",
         "How much Ritalin does Ben take?", "20 mg", "He dislikes milk."),
    ],
)  # fmt: skip
def test_what_goes_on_from_the_fact_goes_with_it(
    lab: Lab, text: str, question: str, answer: str, left: str
) -> None:
    old = changed(lab, text, question, answer)
    assert still_true(lab.store, [old])[old.id].text == left


def test_the_answer_to_another_question_stays(lab: Lab) -> None:
    asked = "How much does Ben get with breakfast?"
    old = changed(lab, DOSE, "How much Ritalin does Ben take?", "20 mg", (asked, "20 mg"))
    left = "Give Ben 20 mg with breakfast.\nHe dislikes milk."
    assert still_true(lab.store, [old])[old.id].text == left


CODE = "The gate code is 4711. It opens the red gate at the back."


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (f"Passwords\ngmail: sunflower\nbank: bluebird\n\n{CODE}", ["sunflower", "bluebird"]),
        (f"{CODE}\n\nSite\tUser\tPassword\nGmail\tanna77\tsunflower\nBank\tanna\tbluebird",
         ["sunflower", "bluebird"]),
        (f"Logins and passwords:\nGmail\nsunflower9\nbank\nbluebird7\n\n{CODE}",
         ["sunflower9", "bluebird7"]),
    ],
)  # fmt: skip
def test_what_is_left_has_no_more_secrets_than_the_whole(
    lab: Lab, text: str, secrets: list[str]
) -> None:
    old = changed(lab, text, "What is the gate code?", "4711")
    assert not any(word in unit for word in secrets for unit in units_of(old))
    told = units_of(still_true(lab.store, [old])[old.id])
    assert "red gate" in " ".join(told)
    assert "4711" not in " ".join(told)
    assert not any(word in unit for word in secrets for unit in told)


def changed(lab: Lab, text: str, question: str, answer: str, *more: tuple[str, str]) -> Passage:
    """A passage of which one answer was told otherwise since."""
    store = lab.store
    old, new = note(store, text, "old"), note(store, "It is otherwise now.", "new", days=1)
    first, second = teach(store, old, (question, answer), *more), teach(store, new, (question, "x"))
    row = Conflict(0, first[0].id, second[0].id, question, answer, "x", MARCH, "open")
    accept(store, store.conflicts.add(row).id, MARCH)
    return old
