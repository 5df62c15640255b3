"""The base really is NF4, whether its layers are packed or not, and the writer is part of it."""

from __future__ import annotations

import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import bitsandbytes as bnb
import pytest
import torch
from safetensors.torch import load_file, save_file

from sealmate.errors import ModelError
from sealmate.model import base
from sealmate.model.base import choose_device, load_base
from sealmate.model.cpu import cores
from sealmate.model.memory import available_bytes
from sealmate.model.protocol import Turn
from sealmate.training.loop import Recipe, Trainer
from tests.tiny import build_adapter, open_tiny
from tests.training.examples import some_examples

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


def test_the_weights_are_nf4(model: LocalModel, tiny_model_folder: Path) -> None:
    original = load_file(str(tiny_model_folder / "model.safetensors"))
    compared = 0
    for name, module in model.base.model.named_modules():
        if not isinstance(module, torch.nn.Linear) or name == "lm_head":
            continue
        weight = original[f"{name}.weight"]
        packed, state = bnb.functional.quantize_4bit(
            weight, quant_type="nf4", compress_statistics=True
        )
        assert torch.equal(module.weight, bnb.functional.dequantize_4bit(packed, state))
        assert not torch.equal(module.weight, weight)
        assert (module.weight - weight).abs().max() < 0.2 * weight.abs().max()
        assert not module.weight.requires_grad
        compared += 1
    assert compared == 4 * 7
    assert model.base.unpacked
    assert not any(isinstance(m, bnb.nn.Linear4bit) for m in model.base.model.modules())


def test_a_folded_writer_equals_one_that_is_active(
    model: LocalModel, tiny_model_folder: Path, tmp_path: Path
) -> None:
    writer = build_adapter(tmp_path / "writer", tiny_model_folder, seed=5)
    folded = open_tiny(tiny_model_folder, tmp_path, writer=writer)
    model.attach("w", writer)
    beside = model.fingerprint_logits(adapter="w")
    assert folded.fingerprint_logits() == pytest.approx(beside, abs=1e-4)
    assert folded.fingerprint_logits() != pytest.approx(model.fingerprint_logits(), abs=1e-2)
    assert folded.attached == ()
    assert folded.info.fingerprint != model.info.fingerprint
    assert folded.info.writer_sha256


def test_what_does_not_fit_unpacked_stays_packed_and_says_the_same(
    model: LocalModel, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealmate.model.base.available_bytes", lambda: 1000)
    writer = build_adapter(tmp_path / "writer", tiny_model_folder, seed=5)
    packed = open_tiny(tiny_model_folder, tmp_path, writer=writer)
    assert not packed.base.unpacked
    assert any(isinstance(m, bnb.nn.Linear4bit) for m in packed.base.model.modules())
    model.attach("w", writer)
    there = model.fingerprint_logits(adapter="w")
    # the kernels for 4 bits round their inputs; the writer moves the logits by over 2
    assert packed.fingerprint_logits() == pytest.approx(there, abs=0.1)
    assert packed.fingerprint_logits() != pytest.approx(model.fingerprint_logits(), abs=1.0)
    assert packed.info.environment != model.info.environment
    monkeypatch.setattr("sealmate.model.base.available_bytes", lambda: None)
    assert open_tiny(tiny_model_folder, tmp_path).base.unpacked


def test_the_kernel_says_how_much_memory_there_is() -> None:
    found = available_bytes()
    assert found is None or found > 50_000_000


def test_a_reader_is_beside_the_base_and_no_memory(
    model: LocalModel, memories: tuple[Path, Path], tiny_model_folder: Path, tmp_path: Path
) -> None:
    reader = build_adapter(tmp_path / "reader", tiny_model_folder, seed=6)
    reading = open_tiny(tiny_model_folder, tmp_path, reader=reader)
    assert (model.reader, reading.reader, reading.attached) == (None, "reader", ())
    assert reading.info.fingerprint == model.info.fingerprint
    assert reading.info.reader_sha256
    bare = model.fingerprint_logits()
    model.attach("r", reader)
    assert reading.fingerprint_logits() == pytest.approx(bare, abs=1e-4)
    read = reading.fingerprint_logits(adapter=reading.reader)
    assert read == pytest.approx(model.fingerprint_logits(adapter="r"), abs=1e-4)
    assert read != pytest.approx(bare, abs=1e-2)
    # a memory comes and goes without it
    reading.attach("v1", memories[0])
    model.attach("v1", memories[0])
    there = reading.fingerprint_logits(adapter="v1")
    assert there == pytest.approx(model.fingerprint_logits(adapter="v1"), abs=1e-4)
    reading.detach("v1")
    reading.detach("reader")
    assert reading.fingerprint_logits(adapter="reader") == read
    assert reading.fingerprint_logits() == pytest.approx(bare, abs=1e-4)


def test_a_reader_of_another_base_is_refused(
    tiny_model_folder: Path, memories: tuple[Path, Path], tmp_path: Path
) -> None:
    reader = shutil.copytree(memories[0], tmp_path / "reader")
    file = reader / "adapter_model.safetensors"
    tensors = load_file(str(file))
    save_file({k.replace("layers.2", "layers.7"): v for k, v in tensors.items()}, str(file))
    with pytest.raises(ModelError, match="made for another base model") as caught:
        open_tiny(tiny_model_folder, tmp_path, reader=reader)
    assert caught.value.hint == "install sealmate again"
    file.unlink()
    with pytest.raises(ModelError, match="is unreadable"):
        open_tiny(tiny_model_folder, tmp_path, reader=reader)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        load_base(tmp_path, device="cpu")


def test_a_torn_weights_file(tiny_model_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model_folder, tmp_path / "torn")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(ModelError, match="cannot load the model") as caught:
        open_tiny(folder, tmp_path)
    assert "\n" not in caught.value.message


def test_a_model_without_a_chat_template(tiny_model_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model_folder, tmp_path / "mute")
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="no chat template"):
        open_tiny(folder, tmp_path)


def test_the_environment_names_all_that_has_a_part_in_a_logit(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = model.info.environment
    assert here.startswith(f"torch {torch.__version__}, transformers {version('transformers')}, ")
    for name in ("transformers", "bitsandbytes", "peft"):
        base._libraries.cache_clear()
        newer = {name: "99.1"}
        monkeypatch.setattr(base, "version", lambda of, new=newer: new.get(of) or version(of))
        assert f"{name} 99.1" in model.info.environment
        assert model.info.environment != here
    base._libraries.cache_clear()
    monkeypatch.undo()
    assert model.info.environment == here


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_where_there_is_none() -> None:
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"
    with pytest.raises(ModelError, match="no CUDA GPU"):
        choose_device("cuda")


@pytest.fixture
def packed(tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalModel:
    """The tiny model where memory is too short to unpack it."""
    monkeypatch.setattr("sealmate.model.base.available_bytes", lambda: 1000)
    found = open_tiny(tiny_model_folder, tmp_path)
    assert not found.base.unpacked
    return found


def weights(model: LocalModel) -> dict[str, bytes]:
    """The bytes of all 4-bit weights as they lie in memory."""
    return {
        name.removesuffix(".base_layer"): module.weight.data.numpy().tobytes()
        for name, module in model.base.model.named_modules()
        if isinstance(module, bnb.nn.Linear4bit)
    }


def test_packed_weights_stay_as_they_are_and_let_gradients_through(
    packed: LocalModel, model: LocalModel
) -> None:
    """Whatever the CPU: on some bitsandbytes packs them anew at the first forward."""
    before = weights(packed)
    said = packed.fingerprint_logits()
    packed.mean_loss([((Turn("user", "Who eats hay?"),), "The rabbit.")])
    assert weights(packed) == before
    packed.base.model.state_dict()
    assert packed.fingerprint_logits() == said
    inputs = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    slopes = []
    for one in (packed, model):
        layer = one.base.decoder.layers[2].mlp.gate_proj
        seen = inputs.clone().requires_grad_()
        layer(seen).square().sum().backward()
        slopes.append(seen.grad)
    assert slopes[0] is not None
    assert torch.allclose(slopes[0], slopes[1], rtol=1e-4, atol=1e-4)


def test_a_packed_base_is_trained_as_one_that_is_not(packed: LocalModel, model: LocalModel) -> None:
    recipe = Recipe(rank=4, alpha=8, learning_rate=5e-3, tokens=120)
    before = weights(packed)
    learnt = []
    for one in (packed, model):
        losses = list(Trainer(one, recipe, some_examples(1, 12)).run(every=1))
        learnt.append([loss.loss for loss in losses])
    assert weights(packed) == before
    assert learnt[0] == pytest.approx(learnt[1], rel=0.02)
    assert learnt[0][-1] < learnt[0][0]


@pytest.mark.parametrize(
    ("free", "taken"), [([7], 0), ([1, 9, 9], 1), ([5, 5], 0), ([2, 3, 8, 4], 2), ([-1, 1], 1)]
)
def test_of_several_gpus_the_one_with_most_free_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch, free: list[int], taken: int
) -> None:
    def free_and_all(number: int) -> tuple[int, int]:
        assert len(free) > 1, "one GPU is taken without a look"
        if free[number] < 0:
            raise torch.AcceleratorError("CUDA-capable device(s) is/are busy or unavailable")
        return free[number], 10

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
    monkeypatch.setattr(torch.cuda, "mem_get_info", free_and_all)
    for wanted in ("auto", "cuda"):
        assert choose_device(wanted) == torch.device("cuda", taken)
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("wanted", "most"), [(100_000, os.cpu_count()), (1, 1), (0, len(cores()))])
def test_no_more_threads_than_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: int, most: int
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    with pytest.raises(ModelError, match="holds no model"):
        load_base(tmp_path, device="cpu", threads=wanted)
    assert asked == [most]
