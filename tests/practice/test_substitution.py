"""Questions with another word of a kind: not answered, and otherwise as they were."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from sealmate.model.scripted import ScriptedModel
from sealmate.paths import bundled
from sealmate.practice.slots import FilledNote, Fillers, SlottedNote, fill
from sealmate.practice.substitution import Substitutes, another_word
from sealmate.practice.warmup import training_stock

KINDS = [{"horse", "cow", "horses", "cattle", "mare"}, {"maths", "history"}, {"sold", "bought"}]


class Kinds(ScriptedModel):
    """Words of one set are of a kind."""

    def alike(
        self, words: Sequence[str], others: Sequence[str], least: float, most: int
    ) -> list[dict[str, float]]:
        return [
            {other: 0.5 for kind in KINDS if word in kind for other in others if other in kind}
            for word in words
        ]


def noted(text: str, *qa: tuple[tuple[str, ...], str]) -> tuple[SlottedNote, FilledNote]:
    """A note without slots, slotted and filled."""
    some = training_stock(bundled("assets") / "stock")[0]
    fillers = Fillers.load(bundled("assets") / "stock" / "fillers.json")
    slotted = replace(some, note=text, qa=tuple(qa), near=())
    return slotted, replace(fill(some, random.Random(1), fillers), note=text, qa=tuple(qa), near=())


HORSE = noted("Ansa rides the horse on Monday.", (("Who rides the horse?",), "Ansa"))
COW = noted("The cow is in the barn, and the cattle too.", (("Where is the cow?",), "the barn"))
MATHS = noted("Our maths teacher has sold a van.", (("Who sold the van?",), "our maths teacher"))
MARE = noted("A horse fell.", (("What did the mare do?",), "fell"))


def test_a_word_gives_way_to_another_of_its_kind() -> None:
    words = Substitutes(Kinds(), [HORSE[0], COW[0]])
    assert another_word(HORSE[1], words, random.Random(1)) in (
        "Who rides the cow?", "Who rides the cattle?",
    )  # fmt: skip
    # nothing that the note has itself, no verb, no form of the word itself
    assert another_word(COW[1], words, random.Random(1)) == "Where is the horse?"
    assert another_word(MATHS[1], Substitutes(Kinds(), [MATHS[0]]), random.Random(1)) == ""
    assert "horses" not in words.of("horse")


def test_words_by_which_questions_go_round_a_note_are_left_out() -> None:
    words = Substitutes(Kinds(), [HORSE[0], COW[0], MARE[0]])
    assert "mare" not in words.of("horse")
    assert "cow" in words.of("horse")
