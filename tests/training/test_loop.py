"""Training: decided by its seed, resumable at any step, and loud when it breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from sealmate.errors import Cancelled, TrainingError
from sealmate.events import Loss
from sealmate.training import loop
from sealmate.training.loop import Recipe, Trainer
from sealmate.training.stack import linear_names
from tests.tiny import build_adapter, open_tiny
from tests.training.examples import some_examples

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

RECIPE = Recipe(rank=4, alpha=8, upper=0.5, learning_rate=5e-3, passes=2.5, tokens=120)
WEIGHTS = "adapter_model.safetensors"


def adapter_bytes(trainer: Trainer, folder: Path) -> bytes:
    trainer.save(folder)
    return (folder / WEIGHTS).read_bytes()


def trained(model: LocalModel, folder: Path, recipe: Recipe = RECIPE, **how: Any) -> bytes:
    trainer = Trainer(model, recipe, some_examples(1, 12, kl=True), **how)
    list(trainer.run())
    return adapter_bytes(trainer, folder)


def test_the_same_seed_gives_the_same_bytes(model: LocalModel, tmp_path: Path) -> None:
    first = trained(model, tmp_path / "a")
    assert trained(model, tmp_path / "b") == first
    assert trained(model, tmp_path / "c", replace(RECIPE, seed=8)) != first
    config = (tmp_path / "a" / "adapter_config.json").read_bytes()
    assert (tmp_path / "b" / "adapter_config.json").read_bytes() == config


def test_a_reader_beside_it_changes_nothing_and_learns_nothing(
    model: LocalModel, tiny_model_folder: Path, tmp_path: Path
) -> None:
    reader = build_adapter(tmp_path / "reader", tiny_model_folder, seed=6)
    reading = open_tiny(tiny_model_folder, tmp_path, reader=reader)
    before = reading.fingerprint_logits(adapter="reader")
    plain = trained(model, tmp_path / "a")
    trainer = Trainer(reading, RECIPE, some_examples(1, 12, kl=True))
    with reading.rack.use("candidate", training=True):
        learning = [n for n, p in reading.base.model.named_parameters() if p.requires_grad]
        assert learning
        assert all(".candidate." in name for name in learning)
    list(trainer.run())
    assert adapter_bytes(trainer, tmp_path / "b") == plain
    assert reading.fingerprint_logits(adapter="reader") == before


def test_it_learns_and_says_how_far_it_is(model: LocalModel) -> None:
    examples = some_examples(2, 8)
    pairs = [(e.prompt, e.answer) for e in examples]
    before = sum(model.mean_loss(pairs))
    trainer = Trainer(model, replace(RECIPE, passes=12.0, learning_rate=1e-2), examples)
    said = list(trainer.run(every=4))
    steps = len(trainer.plan())
    assert [loss.step for loss in said] == sorted({*range(4, steps + 1, 4), steps})
    assert all(isinstance(loss, Loss) and loss.steps == steps for loss in said)
    assert said[-1].tokens == sum(batch.tokens for batch in trainer.plan())
    assert said[-1].loss < 0.6 * said[0].loss
    assert sum(model.mean_loss(pairs, adapter="candidate")) < 0.6 * before
    assert sum(model.mean_loss(pairs)) == before


class Countdown(Event):
    """Set once it was looked at `looks` times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("stops", [[0], [3], [2, 3]])
def test_stopped_and_taken_up_again_equals_uncut(
    model: LocalModel, tmp_path: Path, stops: list[int]
) -> None:
    uncut = trained(model, tmp_path / "uncut")
    file = tmp_path / "work" / "night.safetensors"
    bare = model.fingerprint_logits()
    for looks in stops:
        with pytest.raises(Cancelled):
            trained(model, tmp_path / "cut", checkpoint=file, cancel=Countdown(looks))
        assert file.stat().st_mode & 0o777 == 0o600
        assert [f.name for f in file.parent.iterdir()] == [file.name]
        assert model.fingerprint_logits() == bare
    model.detach("candidate")
    trainer = Trainer(model, RECIPE, some_examples(1, 12, kl=True), checkpoint=file)
    said = list(trainer.run(every=1))
    assert said[0].step == sum(stops) + 1
    assert adapter_bytes(trainer, tmp_path / "resumed") == uncut
    trainer.forget_checkpoint()
    trainer.forget_checkpoint()
    assert list(file.parent.iterdir()) == []


def test_checkpoints_come_by_themselves(
    model: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the machine loses power: nobody asks for a checkpoint then."""
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 2)
    uncut = trained(model, tmp_path / "uncut")
    file = tmp_path / "night.safetensors"
    trainer = Trainer(model, RECIPE, some_examples(1, 12, kl=True), checkpoint=file)
    for loss in trainer.run(every=1):
        if loss.step == 5:
            break
    again = Trainer(model, RECIPE, some_examples(1, 12, kl=True), checkpoint=file)
    assert next(iter(again.run(every=1))).step == 5
    again = Trainer(model, RECIPE, some_examples(1, 12, kl=True), checkpoint=file)
    list(again.run())
    assert adapter_bytes(again, tmp_path / "resumed") == uncut


def test_a_finished_run_is_not_trained_again(model: LocalModel, tmp_path: Path) -> None:
    """A stop during the tests that follow training must not cost the training."""
    file = tmp_path / "night.safetensors"
    first = trained(model, tmp_path / "a", checkpoint=file)
    again = Trainer(model, RECIPE, some_examples(1, 12, kl=True), checkpoint=file)
    assert list(again.run()) == []
    assert adapter_bytes(again, tmp_path / "b") == first


@pytest.mark.parametrize("change", ["seed", "rate", "examples", "answer", "parent", "torn"])
def test_a_checkpoint_of_another_plan_is_not_used(
    model: LocalModel, tmp_path: Path, tiny_model_folder: Path, change: str
) -> None:
    file = tmp_path / "night.safetensors"
    with pytest.raises(Cancelled):
        trained(model, tmp_path / "cut", checkpoint=file, cancel=Countdown(3))
    recipe, examples, how = RECIPE, some_examples(1, 12, kl=True), {}
    if change == "seed":
        recipe = replace(RECIPE, seed=8)
    elif change == "rate":
        recipe = replace(RECIPE, learning_rate=1e-3)
    elif change == "examples":
        examples = some_examples(2, 12, kl=True)
    elif change == "answer":
        examples[0] = replace(examples[0], answer=examples[0].answer[::-1])
    elif change == "parent":
        targets = tuple(linear_names(model.base.model))
        how["start_from"] = build_adapter(
            tmp_path / "parent", tiny_model_folder, targets=targets, layers=(2, 3)
        )
    else:
        file.write_bytes(file.read_bytes()[:300])
    trainer = Trainer(model, recipe, examples, checkpoint=file, **how)
    assert next(iter(trainer.run(every=1))).step == 1


def test_enough_is_enough(model: LocalModel, tmp_path: Path) -> None:
    """What the held-out examples say after a pass decides; a cut run decides the same."""
    long = replace(RECIPE, passes=8.0)
    held = some_examples(3, 2)
    whole = Trainer(model, replace(long, enough=1e-6), some_examples(1, 12, kl=True), held=held)
    planned = list(whole.run(every=1))[-1]
    assert planned.step == planned.steps == len(whole.plan())
    model.detach("candidate")
    easy = replace(long, enough=100.0)
    short = Trainer(model, easy, some_examples(1, 12, kl=True), held=held)
    said = list(short.run(every=1))
    lap = len(short.plan()) // 8
    assert lap < said[-1].step == said[-1].steps < planned.step
    first = adapter_bytes(short, tmp_path / "short")
    # without anything held out there is nothing to tell by
    model.detach("candidate")
    blind = Trainer(model, easy, some_examples(1, 12, kl=True))
    assert list(blind.run())[-1].step == planned.step
    file = tmp_path / "night.safetensors"
    for looks in (lap, 2):
        model.detach("candidate")
        cut = Trainer(
            model, easy, some_examples(1, 12, kl=True), held=held, checkpoint=file,
            cancel=Countdown(looks),
        )  # fmt: skip
        with pytest.raises(Cancelled):
            list(cut.run())
    model.detach("candidate")
    last = Trainer(model, easy, some_examples(1, 12, kl=True), held=held, checkpoint=file)
    list(last.run())
    assert adapter_bytes(last, tmp_path / "resumed") == first


def test_an_infinite_loss_is_an_error(
    model: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "night.safetensors"
    bare = model.fingerprint_logits()
    trainer = Trainer(model, RECIPE, some_examples(1), checkpoint=file)
    loss = trainer.objective.loss
    monkeypatch.setattr(trainer.objective, "loss", lambda batch: loss(batch) * float("nan"))
    with pytest.raises(TrainingError, match="loss became nan at step 0"):
        list(trainer.run())
    assert not file.exists()
    assert model.fingerprint_logits() == bare


def test_going_on_from_a_parent(model: LocalModel, tmp_path: Path, tiny_model_folder: Path) -> None:
    """A parent's layers all learn on, also where the recipe would take fewer."""
    parent = build_adapter(tmp_path / "parent", tiny_model_folder, layers=(1, 2, 3))
    trainer = Trainer(model, RECIPE, some_examples(1), start_from=parent)
    assert trainer.stack.split == 1
    start = load_file(str(parent / WEIGHTS))
    trainer.save(tmp_path / "same")
    same = load_file(str(tmp_path / "same" / WEIGHTS))
    assert same.keys() == start.keys()
    assert all(torch.equal(same[key], start[key]) for key in start)
    list(trainer.run())
    trainer.save(tmp_path / "child")
    child = load_file(str(tmp_path / "child" / WEIGHTS))
    assert all(not torch.equal(child[key], start[key]) for key in start)


def test_a_scaled_save_is_weaker_by_that_much(model: LocalModel, tmp_path: Path) -> None:
    trainer = Trainer(model, replace(RECIPE, learning_rate=2e-2), some_examples(1))
    list(trainer.run())
    trainer.save(tmp_path / "whole")
    trainer.save(tmp_path / "half", scale=0.5)
    whole, half = (load_file(str(tmp_path / n / WEIGHTS)) for n in ("whole", "half"))
    for key, tensor in whole.items():
        assert torch.equal(half[key], tensor * 0.5 if "lora_B" in key else tensor)
        assert tensor.dtype == torch.float32
    model.attach("strong", tmp_path / "whole")
    whole_logits = model.fingerprint_logits(adapter="strong")
    assert whole_logits == pytest.approx(model.fingerprint_logits(adapter="candidate"), abs=1e-5)
    model.attach("weak", tmp_path / "half")
    assert model.fingerprint_logits(adapter="weak") != pytest.approx(whole_logits, abs=1e-3)


def test_a_weaker_child_lies_on_the_way_from_its_parent(model: LocalModel, tmp_path: Path) -> None:
    first = Trainer(model, replace(RECIPE, learning_rate=2e-2), some_examples(1), name="first")
    list(first.run())
    first.save(tmp_path / "parent")
    trainer = Trainer(
        model, replace(RECIPE, learning_rate=2e-2), some_examples(2),
        start_from=tmp_path / "parent",
    )  # fmt: skip
    list(trainer.run())
    for name, scale in (("whole", 1.0), ("half", 0.5), ("none", 0.0)):
        trainer.save(tmp_path / name, scale=scale)
    parent, whole, half, none = (
        load_file(str(tmp_path / n / WEIGHTS)) for n in ("parent", "whole", "half", "none")
    )
    assert all(torch.equal(none[key], parent[key]) for key in parent)
    assert any(not torch.equal(whole[key], parent[key]) for key in parent)
    for key in parent:
        assert torch.allclose(half[key], (parent[key] + whole[key]) / 2, atol=1e-6)


@pytest.fixture
def trainer(model: LocalModel) -> Trainer:
    return Trainer(model, replace(RECIPE, passes=2.5), some_examples(1, 12))


def test_the_plan_has_all_passes(trainer: Trainer) -> None:
    plan = trainer.plan()
    one = len({id(batch) for batch in plan})
    assert len(plan) == 2 * one + round(one / 2)
    assert trainer.plan() is plan


def test_the_names_of_layers_do_not_depend_on_adapters(model: LocalModel) -> None:
    bare = linear_names(model.base.model)
    assert bare == ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    Trainer(model, RECIPE, some_examples(1))
    assert linear_names(model.base.model) == bare
