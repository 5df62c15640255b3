"""Reading: one passage at a time, in two ways. The model is scripted: its words are given."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.model.protocol import Completion, Prompt, Turn
from sealmate.model.scripted import ScriptedModel
from sealmate.prompts import NOT_SAID, Reference
from sealmate.reading import PRIOR, Asked, fuller, read, weighed

WIM = Reference("", "Our glazier Wim came on Monday with Otto.")
ANSA = Reference("", "Ansa minds the twins.")


class Reader(ScriptedModel):
    """Says `first` reading a passage and `line` in a line of questions and answers; an answer
    costs what `losses` tells. `share` is how likely the line's answer is beside declining."""

    avoided = ""
    share = 0.0

    def __init__(self, first: dict[str, tuple[str, float]], line: str = "", **losses: float):
        super().__init__()
        self.first, self.line, self.losses = first, line, losses

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        assert isinstance(requests, list)
        done = []
        for request in requests:
            self.prompts.append(request.prompt)
            asked = request.prompt[-1].content
            if request.opening:
                assert request.sampling.one_line
                self.avoided = request.sampling.rather_than
                rival = log(1 - self.share) if self.share and self.avoided else None
                said = log(self.share) if self.share else -0.1
                done.append([Completion(self.line, (said,), rival=rival)])
                continue
            text, share = next(said for part, said in self.first.items() if part in asked)
            done.append([Completion(text, (log(share),), rival=log(1 - share))] * request.samples)
        return done

    def total_loss(
        self, pairs: Sequence[tuple[Prompt, str]], *, adapter: str | None = None
    ) -> list[float]:
        return [
            next(loss for name, loss in self.losses.items() if name in answer)
            for _, answer in pairs
        ]


def test_the_passage_that_says_it_counts_wherever_it_was_found() -> None:
    model = Reader({"Wim": ("Wim [1]", 0.9), "Ansa": ("Ansa [1]", 0.2)}, "Wim")
    (found,) = read(model, [Asked("Who is the glazier?", (ANSA, WIM))])
    assert (found.text, found.reference) == ("Wim", 1)
    assert found.confidence == pytest.approx(0.9)


def test_how_well_a_passage_was_found_has_its_weight() -> None:
    model = Reader({"Wim": ("Wim", 0.9), "Ansa": ("Ansa", 0.8)})
    (found,) = read(model, [Asked("Who?", (ANSA, WIM), weights=(4.0, 2.0))])
    assert found.text == "Ansa"


@pytest.mark.parametrize(("wim", "jan", "said"), [(1.0, 2.0, "Wim"), (2.0, 1.0, "Otto")])
def test_of_two_answers_the_likelier_in_both_ways_counts(wim: float, jan: float, said: str) -> None:
    model = Reader({"Wim": ("Wim", 0.9)}, "Otto", Wim=wim, Otto=jan)
    (found,) = read(model, [Asked("Who came on Monday?", (WIM,))])
    assert (found.text, found.confidence) == (said, pytest.approx(0.9))


@pytest.mark.parametrize(("first", "line"), [("Wim", "glazier Wim"), ("glazier Wim", "Wim")])
def test_of_an_answer_and_a_part_of_it_the_whole_counts(first: str, line: str) -> None:
    model = Reader({"Wim": (f"{first} [1]", 0.9)}, line)
    assert read(model, [Asked("Who came on Monday?", (WIM,))])[0].text == "glazier Wim"
    # what cannot be right stays out, however full
    invented = Reader({"Wim": ("Wim", 0.9)}, "Wim Jansen")
    assert read(invented, [Asked("Who came on Monday?", (WIM,))])[0].text == "Wim"


_words = st.lists(st.sampled_from(["Wim", "9", "years", "the", "red", "door"]), max_size=4)


@given(_words, _words, _words)
def test_the_fuller_of_two_answers(before: list[str], part: list[str], after: list[str]) -> None:
    some, more = " ".join(part), " ".join([*before, *part, *after])
    want = more if part and (before or after) else ""
    assert fuller(some, more) == fuller(more, some) == want
    assert fuller(some, f"{some} green") == (f"{some} green" if part else "")
    assert not fuller("Wim and Otto", "Wim, then Otto")


def test_a_name_that_is_not_there_gives_way_and_does_not_come_in() -> None:
    right = Reader({"Wim": ("Willem", 0.9)}, "Wim", Wim=9.0, Willem=1.0)
    assert read(right, [Asked("Who came on Monday?", (WIM,))])[0].text == "Wim"
    worse = Reader({"Wim": ("Wim", 0.9)}, "Willem", Wim=9.0, Willem=1.0)
    assert read(worse, [Asked("Who came on Monday?", (WIM,))])[0].text == "Wim"
    never = Reader({"Wim": ("Willem", 0.9)}, "Willem")
    assert read(never, [Asked("Who came on Monday?", (WIM,))])[0].confidence == 0.0


def test_what_goes_on_from_a_turn_before_is_not_read_in_a_line_by_itself() -> None:
    model = Reader({"Wim": ("Wim", 0.9)}, "Otto", Wim=9.0, Otto=1.0)
    history = (Turn("user", "Do we have a glazier?"), Turn("assistant", "Yes."))
    (found,) = read(model, [Asked("And who is it?", (WIM,), history)])
    assert found.text == "Wim"
    assert [prompt[1:3] for prompt in model.prompts] == [history]


def test_what_hardly_is_an_answer_is_not_read_again() -> None:
    model = Reader({"Wim": ("Willem", 0.01)})
    (found,) = read(model, [Asked("Who came on Monday?", (WIM,))])
    assert found.confidence == pytest.approx(0.01)
    assert len(model.prompts) == 1


def test_nothing_asked_nothing_said() -> None:
    assert read(ScriptedModel(), []) == []
    model = Reader({"Wim": (NOT_SAID, 0.3)}, "")
    assert read(model, [Asked("Who paints the house?", (WIM,))])[0].confidence <= 0.3


class Tracked(Reader):
    """Keeps which adapter was asked each time, and has one to read with."""

    used: list[str | None]

    @property
    def reader(self) -> str:
        return "reader"

    def generate(self, requests: object, **options: object) -> list[list[Completion]]:
        adapter = options["adapter"]
        assert adapter is None or isinstance(adapter, str)
        self.used = [*getattr(self, "used", []), adapter]
        return super().generate(requests, **options)


def test_the_models_own_reader_reads_unless_a_memory_is_to() -> None:
    model = Tracked({"Wim": ("Wim [1]", 0.9)}, "Wim")
    (found,) = read(model, [Asked("Who is the glazier?", (WIM,))])
    assert model.used == ["reader", "reader"]
    # "Wim" in a line of questions and answers has no rival: exp(-0.1)
    both = (log(0.9 / 0.1) + log(exp(-0.1) / (1 - exp(-0.1)))) / 2
    assert found.confidence == pytest.approx(weighed(1 / (1 + exp(-both)), PRIOR))
    assert found.confidence > 0.9
    (found,) = read(model, [Asked("Who is the glazier?", (WIM,))], prior=0.0)
    assert found.confidence == pytest.approx(1 / (1 + exp(-both)))
    model.used = []
    (found,) = read(model, [Asked("Who is the glazier?", (WIM,))], adapter="v1")
    assert found.confidence == pytest.approx(0.9)
    assert model.used == ["v1", "v1"]


def test_a_reader_that_declines_in_a_line_is_less_sure() -> None:
    model = Tracked({"Wim": ("Wim [1]", 0.9)}, "Wim")
    model.share = 0.1
    (found,) = read(model, [Asked("Who is the glazier?", (WIM,))], prior=0.0)
    assert model.avoided == f" {NOT_SAID}"  # as it would stand in the line
    assert (found.text, found.confidence) == ("Wim", pytest.approx(0.5))
    # a memory was not taught to decline in a line
    (found,) = read(model, [Asked("Who is the glazier?", (WIM,))], adapter="v1")
    assert (model.avoided, found.confidence) == ("", pytest.approx(0.9))


@given(chance=st.floats(0.0, 1.0), evidence=st.floats(-12.0, 12.0))
def test_evidence_moves_every_chance_towards_its_side(chance: float, evidence: float) -> None:
    """Down to the least that a float can tell from nothing."""
    moved = weighed(chance, evidence)
    assert 0.0 <= moved <= 1.0
    assert (moved - chance) * evidence >= 0.0 or moved == pytest.approx(chance)


def test_what_is_next_to_impossible_stays_so() -> None:
    assert weighed(5e-324, -12.0) < 1e-300
    assert weighed(exp(-700.0) * 1e-3, -12.0) < 1e-300
