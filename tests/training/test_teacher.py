"""Learning from the model with the passage in its prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from sealmate.training.batches import Example, encode
from sealmate.training.loop import Recipe, Trainer
from sealmate.training.mixture import Material, Shares, mixture
from sealmate.training.stack import layout
from sealmate.training.teacher import Teacher
from tests.night.ledger import MARCH
from tests.training.examples import some_examples

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

RECIPE = Recipe(rank=4, alpha=8, upper=0.5, tokens=160, passes=1.0)


def taught(examples: list[Example]) -> list[Example]:
    """Each with its own prompt as the teacher's."""
    return [replace(example, teacher=example.prompt) for example in examples]


def test_a_pupil_with_the_teachers_prompt_has_only_ends_to_learn(model: LocalModel) -> None:
    examples = taught(some_examples(3))
    trainer = Trainer(model, RECIPE, examples)  # a fresh adapter changes nothing yet
    trainer.objective.listen(trainer._encoded)
    for batch in trainer.plan():
        plan = layout(batch, model.base.device)
        known = trainer.objective.tutor.knows(plan)
        ends = len({*plan.keys})
        assert int((~known).sum()) == ends
        with torch.no_grad(), model.rack.use("candidate"):
            below = trainer.objective._lower(batch, plan)
            hidden = trainer.stack.run(below, plan, trainer.stack.split)
            logits = model.base.head(hidden[plan.rows, plan.columns]).float()
            values, indices = trainer.objective.tutor.says(plan, known)
        mine = logits.log_softmax(-1)[known].gather(1, indices)
        assert torch.allclose(mine, values, atol=1e-4)


def test_the_teacher_has_no_word_on_the_question(model: LocalModel) -> None:
    """Where questions are learnt too, they are by their bare tokens."""
    examples = taught(some_examples(3))
    trainer = Trainer(model, replace(RECIPE, loss_on="all"), examples)
    trainer.objective.listen(trainer._encoded)
    answers = {item.key: item.answer for item in trainer._encoded}
    asked = 0
    for batch in trainer.plan():
        plan = layout(batch, model.base.device)
        known = trainer.objective.tutor.knows(plan)
        for key in {*plan.keys}:
            here = torch.tensor([one == key for one in plan.keys])
            asked += int(here.sum()) - answers[key]
            # the last of the answer, its end, is nobody's
            told = [False] * (int(here.sum()) - answers[key]) + [True] * (answers[key] - 1)
            assert known[here].tolist() == [*told, False]
        with torch.no_grad(), model.rack.use("candidate"):
            below = trainer.objective._lower(batch, plan)
            hidden = trainer.stack.run(below, plan, trainer.stack.split)
            logits = model.base.head(hidden[plan.rows, plan.columns]).float()
            values, indices = trainer.objective.tutor.says(plan, known)
        mine = logits.log_softmax(-1)[known].gather(1, indices)
        assert torch.allclose(mine, values, atol=1e-4)
    assert asked


def test_no_teacher_no_word(model: LocalModel) -> None:
    encoded = encode(model.base.tokenizer, some_examples(2))
    tutor = Teacher()
    tutor.listen(model, encoded)
    trainer = Trainer(model, RECIPE, some_examples(2))
    for batch in trainer.plan():
        assert not tutor.knows(layout(batch, model.base.device)).any()


def test_the_choice_decides_the_loss(model: LocalModel) -> None:
    losses = []
    for examples in (some_examples(5), taught(some_examples(5))):
        trainer = Trainer(model, RECIPE, examples)
        losses.append([loss.loss for loss in trainer.run(every=1)])
    assert losses[0] != pytest.approx(losses[1])
    assert losses[1][0] < losses[0][0], "most of it agrees already"


def test_new_questions_have_their_passage_to_read() -> None:
    from sealmate.records import Edit

    edit = Edit(1, 9, "self-qa", "Who? Ada", MARCH, "Who?", "Ada")
    material = Material(new=[edit], texts={9: "Ada is the captain."})
    (plain,) = mixture(material, Shares(way="direct", unknown=0, chat=0), 1)
    assert plain.teacher == ()
    (read,) = mixture(material, Shares(way="direct", unknown=0, chat=0, teacher=True), 1)
    assert "Ada is the captain." in read.teacher[-1].content
    assert (read.prompt, read.answer) == (plain.prompt, plain.answer)
