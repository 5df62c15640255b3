"""Packed, shared and cut computations give the loss of plain ones."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers

from sealmate.errors import TrainingError
from sealmate.model.cpu import cpu_kind
from sealmate.model.local import LocalModel
from sealmate.model.protocol import Turn
from sealmate.training.batches import Batch, Encoded, Example, Row, Tree, batches, encode
from sealmate.training.loop import Recipe, Trainer
from sealmate.training.stack import STEP, Stack, layout, linear_names, picked
from tests.tiny import build_adapter
from tests.training.examples import some_examples

RECIPE = Recipe(rank=4, alpha=8, upper=0.5, tokens=160, passes=1.0)


def trainer_of(model: LocalModel, examples: list[Example], upper: float = 0.5) -> Trainer:
    """A trainer whose adapter already changes something."""
    recipe = Recipe(rank=4, alpha=8, upper=upper, tokens=160, passes=1.0)
    made = Trainer(model, recipe, examples)
    for name, parameter in model.rack.peft.named_parameters():
        if "lora_B" in name:
            torch.manual_seed(len(name))
            torch.nn.init.normal_(parameter, std=0.1)
    return made


def weighted(model: LocalModel, examples: list[Example], losses: list[float]) -> float:
    """Mean loss per answer token of unpacked examples, by weight."""
    lengths = [item.answer for item in encode(model.base.tokenizer, examples)]
    total = sum(e.weight * n * loss for e, n, loss in zip(examples, lengths, losses, strict=True))
    return total / sum(e.weight * n for e, n in zip(examples, lengths, strict=True))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("upper", [0.5, 1.0])
def test_the_packed_loss_is_the_unpacked_one(model: LocalModel, seed: int, upper: float) -> None:
    examples = some_examples(seed)
    trainer = trainer_of(model, examples, upper)
    assert trainer.stack.split == (2 if upper == 0.5 else 0)
    plan = trainer.plan()
    assert any(len(tree.rows) > 1 and tree.prefix for batch in plan for tree in batch.trees)
    with torch.no_grad(), model.rack.use("candidate"):
        packed = sum(float(trainer.objective.loss(batch)) * batch.answer_weight for batch in plan)
        again = sum(float(trainer.objective.loss(batch)) * batch.answer_weight for batch in plan)
    packed /= sum(batch.answer_weight for batch in plan)
    plain = weighted(model, examples, model.mean_loss(
        [(e.prompt, e.answer) for e in examples], adapter="candidate"))  # fmt: skip
    assert packed == pytest.approx(plain, abs=1e-4)
    assert again / sum(b.answer_weight for b in plan) == packed
    bare = weighted(model, examples, model.mean_loss([(e.prompt, e.answer) for e in examples]))
    assert abs(bare - plain) > 1e-3


def test_rows_do_not_see_each_other(model: LocalModel) -> None:
    """Changing one row changes nothing at the others, nor does the padding beside a tree."""
    stack = Stack(model.base, 2)
    prefix = tuple(range(10, 30))

    def hidden(other: int, *more: Tree) -> torch.Tensor:
        rows = (
            Row((other,) * 7, 1, 1.0, False, 0),
            Row((50, 51, 52, 53), 2, 1.0, False, 1),
        )
        plan = layout(Batch((Tree(prefix, rows), *more)), model.base.device)
        with torch.no_grad():
            out = stack.run(stack.lower(plan), plan, stack.split)
        return out[0, 27:31]

    first = hidden(40)
    assert torch.allclose(hidden(41), first, atol=1e-5)
    longer = Tree((), (Row(tuple(range(60, 100)), 1, 1.0, False, 2),))
    assert torch.allclose(hidden(40, longer), first, atol=1e-5)


def test_positions_restart_for_each_row() -> None:
    rows = (Row((5, 6, 7), 1, 0.5, False, 0), Row((8, 9), 1, 1.0, True, 1))
    alone = Tree((), (Row((1, 2), 1, 1.0, False, 2),))
    plan = layout(Batch((Tree((1, 2, 3), rows), alone)), torch.device("cpu"))
    assert plan.ids.shape == (2, STEP)
    assert plan.ids[:, :8].tolist() == [[1, 2, 3, 5, 6, 7, 8, 9], [1, 2, 0, 0, 0, 0, 0, 0]]
    assert not plan.ids[:, 8:].any()
    assert plan.positions[0, :8].tolist() == [0, 1, 2, 3, 4, 5, 3, 4]
    assert plan.targets.tolist() == [6, 7, 9, 2]
    assert plan.ids[plan.rows, plan.columns].tolist() == [5, 6, 8, 1]
    assert plan.weights.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert plan.kl.tolist() == [False, False, True, False]
    sees = plan.mask[0, 0]
    assert sees[7, :8].tolist() == [True, True, True, False, False, False, True, True]
    assert sees[4, :8].tolist() == [True, True, True, True, True, False, False, False]
    assert bool(plan.mask[1, 0].any(-1).all())  # padding sees something, or it would be NaN


def test_loss_positions_are_filled_up_without_weight() -> None:
    rows = (Row((5, 6, 7), 1, 0.5, False, 0), Row((8, 9), 1, 2.0, True, 1))
    plan = layout(Batch((Tree((1, 2, 3), rows),)), torch.device("cpu"))
    places, weights = picked(plan, ~plan.kl)
    assert len(places) == len(weights) == STEP
    assert places[:2].tolist() == [0, 1]
    assert weights[:2].tolist() == [0.5, 0.5]
    assert not weights[2:].any()
    assert plan.weights.tolist() == [0.5, 0.5, 2.0]


def test_a_base_that_cannot_be_cut_is_trained_whole(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an architecture whose decoder does something between embedding and layers."""
    forward = model.base.decoder.forward

    def scaled(input_ids: torch.Tensor | None = None, **how: object) -> object:
        if input_ids is not None:
            how["inputs_embeds"] = 3.0 * model.base.model.get_input_embeddings()(input_ids)
        return forward(**how)

    monkeypatch.setattr(model.base.decoder, "forward", scaled)
    assert Stack(model.base, 2).split == 0


def test_a_base_with_a_writer_beside_it_is_cut(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on every GPU: layers of 4 bits in bfloat16, and the writer's own in fp32."""
    monkeypatch.setattr("sealmate.model.base.available_bytes", lambda: 1000)
    note = tmp_path / "compute.json"
    note.write_text(json.dumps({f"{torch.__version__} {cpu_kind()}": "bfloat16"}))
    writer = build_adapter(tmp_path / "writer", tiny_model_folder, seed=5)
    model = LocalModel.open(
        "tiny", tiny_model_folder, device="cpu", writer=writer, compute_cache=note
    )
    assert (model.base.dtype, model.base.unpacked) == (torch.bfloat16, False)
    assert Stack(model.base, 2).split == 2
    trainer = Trainer(model, RECIPE, some_examples(1))
    assert trainer.stack.split == 2
    assert [loss.loss for loss in trainer.run(every=1)]


def test_a_decoder_without_a_last_norm_is_trained_whole(model: LocalModel) -> None:
    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList(torch.nn.Linear(64, 64) for _ in range(3))

        def forward(self, inputs_embeds: torch.Tensor, **how: object) -> SimpleNamespace:
            for layer in self.layers:
                inputs_embeds = layer(inputs_embeds)
            return SimpleNamespace(last_hidden_state=inputs_embeds)

    plain = Plain()
    base = SimpleNamespace(
        decoder=plain, device=model.base.device, dtype=torch.float32, model=model.base.model
    )
    stack = Stack(base, 2)  # type: ignore[arg-type]
    assert stack.split == 0
    plan = layout(Batch((Tree((), (Row((5, 6, 7), 1, 1.0, False, 0),)),)), model.base.device)
    hidden = stack.lower(plan)
    assert torch.equal(stack.run(hidden, plan, 0), plain(hidden).last_hidden_state)
    assert len(plain.layers) == 3
    assert not hasattr(plain, "norm")


def test_the_teacher_agrees_with_itself(model: LocalModel) -> None:
    examples = [
        Example(e.prompt, e.answer, e.share, e.kind, 1.0, kl=True) for e in some_examples(3)
    ]
    trainer = Trainer(model, RECIPE, examples)  # a fresh adapter changes nothing yet
    with torch.no_grad(), model.rack.use("candidate"):
        losses = [float(trainer.objective.loss(batch)) for batch in trainer.plan()]
    assert losses == pytest.approx([0.0] * len(losses), abs=1e-5)


def test_the_teacher_has_no_memory(model: LocalModel) -> None:
    trainer = trainer_of(model, some_examples(4, kl=True))
    with torch.no_grad(), model.rack.use("candidate"):
        moved = [float(trainer.objective.loss(batch)) for batch in trainer.plan()]
    assert all(loss > 1e-3 for loss in moved)


def test_what_a_reply_begins_with_carries_no_loss(model: LocalModel) -> None:
    told = Example((Turn("user", "Note: Rex barks."),), " Rex", opening="Q: Who barks? A:")
    whole = Example(told.prompt, told.opening + told.answer)
    opened, plain = encode(model.base.tokenizer, [told, whole])
    assert opened.ids == plain.ids
    assert model.base.tokenizer.decode(opened.ids[-opened.answer :]).startswith(" Rex")
    same = replace(told, answer="")
    assert 1 <= encode(model.base.tokenizer, [same])[0].answer < opened.answer
    trainer = trainer_of(model, [told])
    opening = Example(told.prompt, told.opening, goes_on=True)

    def total(example: Example) -> float:
        some = encode(model.base.tokenizer, [example])
        (batch,) = batches(some, 160, random.Random(0))
        with torch.no_grad(), model.rack.use("candidate"):
            return float(trainer.objective.loss(batch)) * some[0].answer

    assert total(told) + total(opening) == pytest.approx(total(whole), rel=1e-3)
    assert total(opening) > 0.1


def test_the_question_of_what_is_held_is_never_learnt(model: LocalModel) -> None:
    examples = [*some_examples(1), replace(some_examples(1)[0], kl=True)]
    asked = encode(model.base.tokenizer, examples, asked=True)
    assert [item.asked for item in asked] == [not example.kl for example in examples]
    assert not any(item.asked for item in encode(model.base.tokenizer, examples))


def test_examples_that_are_too_long_are_left_out(model: LocalModel) -> None:
    examples = some_examples(1)
    whole = encode(model.base.tokenizer, examples)
    limit = sorted(len(item.ids) for item in whole)[4]
    kept = encode(model.base.tokenizer, examples, limit)
    assert [item.key for item in kept] == [i.key for i in whole if len(i.ids) <= limit]
    assert batches(kept, 160, random.Random(0))
    assert all(isinstance(item, Encoded) for item in kept)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("Llama", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
        ("Qwen3", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
        ("Phi3", ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"]),
        ("Glm4", ["down_proj", "gate_up_proj", "k_proj", "o_proj", "q_proj", "v_proj"]),
        ("Phi", ["dense", "fc1", "fc2", "k_proj", "q_proj", "v_proj"]),
    ],
)
def test_all_linear_layers_learn_under_whatever_name(kind: str, names: list[str]) -> None:
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=32, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, pad_token_id=0,
    )  # fmt: skip
    assert linear_names(transformers.AutoModelForCausalLM.from_config(config)) == names


def test_nothing_to_learn_with() -> None:
    bare = SimpleNamespace(get_decoder=lambda: torch.nn.Identity())
    with pytest.raises(TrainingError, match="no linear layers"):
        linear_names(bare)


def test_nothing_to_train_on(model: LocalModel) -> None:
    with pytest.raises(TrainingError, match="nothing to train on"):
        Trainer(model, RECIPE, [])
    assert model.attached == ()
