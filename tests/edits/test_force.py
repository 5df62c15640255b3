"""How many answers a question can have that hold at the same time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.force import force
from sealmate.edits.questions import take_apart

ONE = """
Who is our babysitter?|What is the gate code?|What is the code of the garage?|Who is Mia's teacher?
How much is the monthly rent?|When does the choir rehearse?|What does the babysitter cost an hour?
Where does Anna live?|When is Anna's birthday?|What is Anna's phone number?|Who is our vet?
How old is Anna's dog?|When does the train to Leeds leave?|What is the wifi password?
Where is the spare key?|Who is our neighbour in the attic?|Who is our downstairs neighbour?
Who is the neighbour's vet?|What is the key for?|What is my blood type?|What is my name?
How long does it take to the office?|How far is it from York to Leeds?
When does the babysitter walk her dog?|Where does Tom keep his bike?|What is the boiler's pressure?
When does Anna bring her dog?|How many eggs does the recipe take?|What is Tom's seat number?
Who is the teacher of Mia?|Who is my piano teacher?|When is the choir meeting?
What is the name of our street?|When do they empty the black bin?|Who is in charge of safety?
Where does the vixen have her cubs?|Where do people have their fires?
When is it time for biscuits?|Who is repairing the clock?|Where are the matches?"""
SEVERAL = """
Who wants her ladder back?|Who plays in the band?|Who came to the party?
What did I buy at the market?
What is Mia allergic to?|What's Mia allergic to?|What is our son afraid of?
Who is our neighbour?|Who is Mia's sister?|Who is Mia's friend?|Who is the sister of Mia?
Who's Tom's brother?|Who is my colleague?|Who is the neighbour?
Who is coming to dinner on Saturday?|Who's coming to dinner on Saturday?
What is in the freezer?|What's in the freezer?|Who is on the committee?|What is under the sink?
Where do we live?|Where do I work?|What do I weigh?|How much do I earn?|Who am I married to?
What am I allergic to?|Where am I registered?|Where did we live?
What is the booking reference?|What is the seat number?|What is my seat number?
Who is the teacher?|Who is the driver?|Where is the party?|When is the meeting?
What is the order number?|When is my appointment?|Where is our hotel?"""
VAGUE = """
Who came?|Why is the shop closed?|Is the shop open?||What is it?|Who is it?
What is her phone number?|When is her birthday?|Who is his wife?|What is its price?
Where does she live?|How old is he?|When is it open?|How much does it cost?|What colour is her car?
What is in her bag?|When does he start his new job?|What's her phone number?
What is their address?|Which is his favourite book?|Who is her teacher now?
When do we meet?|What do we need?|When do you work?|Where is it?"""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (question, said)
        for said, text in (("one", ONE), ("several", SEVERAL), ("vague", VAGUE))
        for question in text.strip("\n").replace("\n", "|").split("|")
    ],
)
def test_force(question: str, said: str) -> None:
    assert force(take_apart(question)) == said


THINGS = ("phone number", "birthday", "address", "blood type", "car", "boss", "shoe size")


@given(
    st.sampled_from(["What is", "When is", "Who is", "Where is", "How much is"]),
    st.sampled_from(THINGS),
    st.sampled_from([("her", "Anna's"), ("his", "Tom's"), ("their", "the Weavers'")]),
)
def test_a_pronoun_names_nobody(asks: str, thing: str, whose: tuple[str, str]) -> None:
    pronoun, name = whose
    assert force(take_apart(f"{asks} {pronoun} {thing}?")) == "vague"
    assert force(take_apart(f"{asks} {name} {thing}?")) != "vague"
