"""Which passages are found, in which order, and how many."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate.chat.retrieval import AROUND, Alike, retrieve
from sealmate.edits.questions import is_follow_up
from sealmate.model.protocol import Turn
from tests.chat.home import BOILER, RABBIT, SITTER, Home


def texts(home: Home, question: str, **more: object) -> list[str]:
    options = {"limit": 4, "tokens": 1000} | more
    return [hit.passage.text for hit in retrieve(home.store, question, **options)]  # type: ignore[arg-type]


def test_the_passage_with_the_words_comes_first(home: Home) -> None:
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    assert texts(home, "Who minds the twins?")[0] == SITTER
    assert texts(home, "Who serviced the boiler?")[0] == BOILER


def test_hits_far_below_the_best_are_left_out(home: Home) -> None:
    home.note("The twins have a blue tent, a red kite and a canoe called Otter.")
    for number in range(8):
        home.note(f"Shelf {number} in the garage holds jars, rope, nails and a tent peg.")
    found = texts(home, "What is the canoe of the twins called, and what colour is the tent?")
    assert len(found) == 1


def test_limits_hold(home: Home) -> None:
    for number in range(6):
        home.note(f"Canoe number {number} lies at the lake.")
    assert len(texts(home, "canoe at the lake", limit=3)) == 3
    assert texts(home, "canoe at the lake", limit=0) == []
    assert texts(home, "canoe at the lake", tokens=0) == []
    assert len(texts(home, "canoe at the lake", tokens=2 * (8 + AROUND))) == 2


def test_one_passage_too_long_does_not_keep_out_the_next(home: Home) -> None:
    home.note("The canoe. " + "The canoe lies at the lake by the old pier. " * 12)
    short = home.note("Our canoe is green.")
    assert texts(home, "canoe colour", tokens=30) == [short.text]


def test_of_near_equals_the_newer_comes_first(home: Home) -> None:
    home.note("The wifi password is heron-12.", "older")
    home.note("The wifi password is otter-34.", "newer")
    assert texts(home, "What is the wifi password?")[0] == "The wifi password is otter-34."


@pytest.mark.parametrize(
    "question", ["And when?", "Where does she live?", "What about the twins?", "Why?"]
)
def test_follow_ups_are_known(question: str) -> None:
    assert is_follow_up(question)


def test_a_question_that_stands_by_itself_is_no_follow_up() -> None:
    assert not is_follow_up("Who services the boiler in October?")


def test_a_follow_up_borrows_the_words_before_it(home: Home) -> None:
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    history = [Turn("user", "Who minds the twins?"), Turn("assistant", "Ansa")]
    assert texts(home, "And when?") == []
    assert texts(home, "And when?", history=history) == [SITTER]
    longer = [*history, Turn("user", "And when?"), Turn("assistant", "on Thursdays")]
    assert texts(home, "How much does she cost?", history=longer)[0] == SITTER


def test_a_new_subject_borrows_nothing(home: Home) -> None:
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    history = [Turn("user", "Who minds the twins?"), Turn("assistant", "Ansa")]
    assert texts(home, "Who serviced the boiler in October?", history=history) == [BOILER]


def test_a_replaced_or_unknown_thing_is_not_found(home: Home) -> None:
    home.note(RABBIT)
    assert texts(home, "Who paints the fence?") == []


@given(question=st.text(max_size=200), said=st.text(max_size=80))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_may_be_asked(home: Home, question: str, said: str) -> None:
    if not home.store.sources.list():
        home.note(RABBIT)
    turns = [Turn("user", said), Turn("assistant", said)]
    found = retrieve(home.store, question, limit=2, tokens=500, history=turns)
    assert len(found) <= 2


def test_a_word_that_no_passage_has_finds_one_that_begins_alike(home: Home) -> None:
    band = home.note("I play bass in a band. Lakshmi drums and Jolyon sings.")
    home.note("Our dog sleeps in the band room.")
    assert texts(home, "Who is our drummer?") == [band.text]
    assert texts(home, "Who is the drummer of the band?")[0] == band.text
    # a word that is there is not looked for loosely
    home.note("The drummer came late.")
    assert band.text not in texts(home, "Who is our drummer?")


def likeness(**pairs: str) -> Alike:
    """Words that mean what one other word does."""

    def alike(
        words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        return [{pairs[w]: 0.4} if pairs.get(w) in others else {} for w in words]

    return alike


def test_a_passage_is_found_by_a_word_that_means_alike(home: Home) -> None:
    fish = home.note("The fish tank holds 180 litres and is cleaned on Fridays.")
    home.note(BOILER)
    alike = likeness(aquarium="tank", vineyard="vines")
    assert texts(home, "How big is our aquarium?") == []
    assert texts(home, "How big is our aquarium?", alike=alike) == [fish.text]
    assert texts(home, "How big is our vineyard?", alike=alike) == []


def test_the_word_itself_counts_more_than_one_that_means_alike(home: Home) -> None:
    home.note("The fish tank holds 180 litres.")
    meant = home.note("The aquarium in town opens at ten.")
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    found = texts(home, "When does the aquarium open?", alike=likeness(aquarium="tank"))
    assert found[0] == meant.text


def test_a_name_means_nobody_else(home: Home) -> None:
    home.note("Bertil runs the radio club.")
    assert texts(home, "Where does Ottoline live?", alike=likeness(ottoline="bertil")) == []


def test_what_is_forgotten_lends_no_words(home: Home) -> None:
    fish = home.note("The fish tank holds 180 litres.")
    home.note(BOILER)
    assert "tank" in home.store.passages.vocabulary(99)
    home.store.erasure.erase(fish.source_id)
    assert "tank" not in home.store.passages.vocabulary(99)
    assert texts(home, "How big is our aquarium?", alike=likeness(aquarium="tank")) == []


def test_an_owner_and_a_word_that_says_nothing(home: Home) -> None:
    feast = home.note("Grandma's birthday is on 3 May.")
    home.note("The gatekeeper said it is shut.")
    alike = likeness(grandmother="grandma", tell="said", didn="shut")
    assert texts(home, "When is my grandmother's feast?", alike=alike) == [feast.text]
    assert texts(home, "Tell me about insurance.", alike=alike) == []
    assert texts(home, "Why didn't insurance pay?", alike=alike) == []
