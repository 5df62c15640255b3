"""Passages in the order in which the model finds a question likely after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.chat.ranking import SHARP, by_likelihood
from sealmate.chat.retrieval import RANKED, retrieve
from sealmate.model.protocol import Prompt, Turn
from sealmate.model.scripted import ScriptedModel
from sealmate.records import Hit, Passage
from tests.chat.home import BOILER, RABBIT, SITTER, Home


class Likely(ScriptedModel):
    """A question costs what its passage tells."""

    def __init__(self, **losses: float) -> None:
        super().__init__()
        self.losses, self.asked = losses, 0

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        assert adapter is None
        self.asked += len(pairs)
        return [
            next(loss for text, loss in self.losses.items() if text in prompt[-1].content)
            for prompt, _ in pairs
        ]


def hit(text: str, score: float, number: int = 1) -> Hit:
    return Hit(Passage(number, number, 0, text, 10, ""), "", score)


def test_what_a_question_is_likelier_about_comes_first() -> None:
    model = Likely(tank=12.0, tent=20.0)
    ranked = by_likelihood(model, "Who minds the aquarium?", [hit("tent", 4.0), hit("tank", 0.0)])
    assert [one.passage.text for one in ranked] == ["tank", "tent"]
    assert ranked[0].score == 4.0
    assert ranked[1].score == pytest.approx(4.0 * exp(-SHARP * 4.0))


def test_words_in_common_count_beside_it() -> None:
    model = Likely(tank=12.0, tent=13.0)
    ranked = by_likelihood(model, "Who has the tent?", [hit("tank", 1.0), hit("tent", 5.0)])
    assert [one.passage.text for one in ranked] == ["tent", "tank"]


def test_one_passage_is_not_held_against_another() -> None:
    model = Likely()
    assert by_likelihood(model, "Who?", [hit("tent", 2.0)]) == [hit("tent", 2.0)]
    assert by_likelihood(model, "Who?", []) == []
    assert model.asked == 0


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 99)), min_size=2, max_size=12))
def test_scores_stay_above_nothing_and_fall(found: list[tuple[float, float]]) -> None:
    hits = [hit(f"<{n}>", score, n + 1) for n, (score, _) in enumerate(found)]
    model = Likely(**{f"<{n}>": loss for n, (_, loss) in enumerate(found)})
    ranked = by_likelihood(model, "Who?", hits)
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert {one.passage.id for one in ranked} == {one.passage.id for one in hits}
    assert max(scores) == pytest.approx(max(score for score, _ in found))


def test_the_newest_passages_are_held_against_a_question_as_well(home: Home) -> None:
    for note in (RABBIT, SITTER, BOILER):
        home.note(note)
    shown: list[Hit] = []

    def rank(question: str, hits: Sequence[Hit]) -> list[Hit]:
        shown[:] = hits
        best = max(one.score for one in hits)
        return [replace(one, score=best) for one in reversed(hits)]

    ask = partial(retrieve, home.store, limit=4, tokens=1000, rank=rank)
    found = ask("Who minds the twins?")
    assert shown[0].passage.text == SITTER
    assert {one.passage.text for one in shown} == {RABBIT, SITTER, BOILER}
    assert found[-1].passage.text == SITTER
    # nothing in common with anything: no passage is what it asks for
    assert ask("Zebra xylophone?") == []
    # what goes on from a turn before says nothing by itself
    shown.clear()
    turns = [Turn("user", "Who minds the twins?"), Turn("assistant", "Ansa.")]
    ask("And when does she come?", history=turns)
    assert shown == []
    for number in range(2 * RANKED):
        home.note(f"Shelf {number} holds jars.")
    ask("Who minds the twins?")
    assert len(shown) == RANKED
    assert SITTER in [one.passage.text for one in shown]


def test_the_newest_come_first(home: Home) -> None:
    home.note(RABBIT)
    home.note(SITTER)
    assert [one.passage.text for one in home.store.passages.newest(5)] == [SITTER, RABBIT]
    assert [one.score for one in home.store.passages.newest(1)] == [0.0]
    assert home.store.passages.newest(0) == []
