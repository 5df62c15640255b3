"""Answers of the kind that was asked for."""

from __future__ import annotations

import pytest

from sealmate.edits.fitting import fits


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who teaches Emeka the piano?", "Thursdays at half past four"),
        ("To whom do I pay it?", "640 pounds"),
        ("Whom did we ask to be godparent?", "Christening 12 June"),
        ("Who rang?", "the caller of May 3rd"),
        ("When is the pick-up?", "at 8 Orchard Street"),
        ("When is the pick-up?", "12b Old Mill Lane"),
        ("Where does Gregor sleep?", "every morning"),
        ("When is the recital?", "the Amber Hall"),
        ("On which day does the sweep come?", "old Mr Gallo"),
        ("How much flour does Gregor need?", "every morning"),
        ("How many goats does she keep?", "the meadow"),
        ("How often do we meet?", "in the chapel"),
        ("How old is Biscotti?", "a grey tabby"),
        ("Where was the last wolf shot?", "1984"),
        ("When it rains, where do we meet?", "on Tuesday"),
        ("When do we meet, and who comes?", "the old barn"),
        ("Which company owns the boat?", "The company"),
        ("Who is Nutmeg's vet?", "Nutmeg"),
        ("What does the library want back?", "the library"),
        ("Whom is Ludmila Ndiaye married to?", "Ludmila Ndiaye"),
    ],
)
def test_another_kind_of_thing(question: str, answer: str) -> None:
    assert not fits(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who teaches Emeka the piano?", "Madame Voss"),
        ("Who runs the shop?", "the June family"),
        ("Who opens on Monday?", "Jan"),
        ("Who has our number?", "June Tran"),
        ("When is the pick-up?", "8 Orchard Street at four"),
        ("When is the pick-up?", "10:30 Market Square"),
        ("When is the pick-up?", "8.15 from Orchard Road"),
        ("When is the pick-up?", "at half past seven, front row"),
        ("When did it open?", "1998 in Bank Street"),
        ("When do we leave?", "at 7 to drive to Leeds"),
        ("When do we leave?", "at 8 close to home"),
        ("Who lives there?", "June, 7"),
        ("Who lives there?", "Jan 2nd floor"),
        ("Who is it?", "the Tuesday 10 o'clock choir"),
        ("Where is the pick-up?", "8 Orchard Street"),
        ("Where do they live?", "number 31"),
        ("When do we eat?", "after choir"),
        ("When is the recital?", "next spring"),
        ("When does she ring?", "Sundays"),
        ("How often must it be oiled?", "twice a year"),
        ("How much does it cost?", "nothing"),
        ("How much is the crown?", "640 pounds"),
        ("How many children are they expecting?", "twins"),
        ("How old is Archibald?", "fifty-three"),
        ("Where does the bus stop?", "by number 31"),
        ("How often must I ring?", "twice"),
        ("When can the study be deducted?", "if nobody sleeps in it"),
        ("When it rains, where do we meet?", "in the barn"),
        ("If I cannot come, who takes the keys?", "Ansa"),
        ("Tell me the name to give when I ring.", "Ansa"),
        ("What do we call the van?", "Mabel"),
        ("Is the van grey?", "yes"),
        ("How does she pay?", "in cash"),
        ("Who?", ""),
        ("Which shelf is a good one for hats?", "shelf A"),
        ("Who drives, Ansa or Wim?", "Wim"),
        ("Who of Ansa and Wim drives?", "Wim"),
        ("Is the wine red or white?", "red"),
        ("Does Ansa drive?", "Ansa does"),
        ("Whose turn comes after mine?", "your turn"),
        ("Who has the key?", "I have the key"),
    ],
)
def test_what_may_well_be_an_answer(question: str, answer: str) -> None:
    assert fits(question, answer)
