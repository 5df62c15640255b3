"""Adapters on the base: attached, switched, nested and taken off without a trace."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from safetensors.torch import load_file, save_file

from sealmate.errors import VersionError

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

Memories = tuple[Path, Path]


def logits(model: LocalModel) -> tuple[float, ...]:
    """Logits with whatever is active now."""
    import torch

    from sealmate.model.protocol import Turn
    from sealmate.model.template import render

    ids = render(model.base.tokenizer, (Turn("user", "Who eats hay?"),))
    with torch.inference_mode():
        out = model.base.model(torch.tensor([ids]), use_cache=False).logits[0, -1]
    return tuple(out[:16].tolist())


def test_attach_switch_detach(model: LocalModel, memories: Memories) -> None:
    bare = model.fingerprint_logits()
    model.attach("a", memories[0])
    first = model.fingerprint_logits(adapter="a")
    model.attach("b", memories[1])
    second = model.fingerprint_logits(adapter="b")
    assert model.attached == ("a", "b")
    assert len({bare, first, second}) == 3
    assert model.fingerprint_logits(adapter="a") == first
    assert model.fingerprint_logits() == bare
    model.detach("a")
    assert model.attached == ("b",)
    assert model.fingerprint_logits(adapter="b") == second
    model.detach("b")
    model.detach("b")
    assert (model.attached, model.rack.peft) == ((), None)
    assert model.fingerprint_logits() == bare
    model.attach("a", memories[0])
    assert model.fingerprint_logits(adapter="a") == first


def test_attaching_a_name_again_replaces_it(model: LocalModel, memories: Memories) -> None:
    model.attach("b", memories[1])
    second = model.fingerprint_logits(adapter="b")
    model.attach("x", memories[0])
    model.attach("x", memories[1])
    assert model.attached == ("b", "x")
    assert model.fingerprint_logits(adapter="x") == second


def test_attaching_makes_nothing_active(model: LocalModel, memories: Memories) -> None:
    bare = logits(model)
    model.attach("a", memories[0])
    assert logits(model) == bare
    with model.rack.use("a"):
        first = logits(model)
        model.attach("b", memories[1])
        assert logits(model) == first


def test_nested_use_restores_what_was_active(model: LocalModel, memories: Memories) -> None:
    model.attach("a", memories[0])
    model.attach("b", memories[1])
    rack, bare = model.rack, logits(model)
    with rack.use("a"):
        first = logits(model)
        with rack.use("b"):
            second = logits(model)
            with rack.use(None):
                assert logits(model) == bare
            assert logits(model) == second
        assert logits(model) == first
        with pytest.raises(RuntimeError, match="in between"), rack.use("b"):
            raise RuntimeError("in between")
        assert logits(model) == first
        with pytest.raises(VersionError), rack.use("unknown"):
            pass
        assert logits(model) == first
    assert logits(model) == bare
    assert len({bare, first, second}) == 3


def test_training_state_survives_a_look_at_the_base(model: LocalModel, memories: Memories) -> None:
    model.attach("a", memories[0])

    def trainable() -> int:
        return sum(p.requires_grad for p in model.base.model.parameters())

    with model.rack.use("a", training=True):
        learning = trainable()
        assert learning == 2 * 3 * 2  # A and B of three layers in two blocks
        with model.rack.use(None):
            pass
        assert trainable() == learning
    with model.rack.use("a"):
        assert trainable() == 0


def test_detaching_the_active_one_leaves_the_base(model: LocalModel, memories: Memories) -> None:
    bare = logits(model)
    model.attach("a", memories[0])
    model.attach("b", memories[1])
    with model.rack.use("a"):
        model.detach("a")
        assert logits(model) == bare
    assert logits(model) == bare


@pytest.mark.parametrize("name", ["writer", "reader"])
def test_a_memory_cannot_take_the_name_of_what_it_stands_on(
    model: LocalModel, memories: Memories, name: str
) -> None:
    with pytest.raises(ValueError, match="no name for a memory"):
        model.attach(name, memories[0])
    assert model.attached == ()


def test_peft_is_quiet(model: LocalModel, memories: Memories) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model.attach("a", memories[0])
        model.attach("b", memories[1])
        model.detach("a")
    assert [str(warning.message) for warning in seen] == []


def test_adapters_are_read_onto_the_device_of_the_base(
    model: LocalModel, memories: Memories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a GPU in the computer and `--device cpu`."""
    from peft.utils import save_and_load

    asked: list[str] = []
    real = save_and_load.safe_load_file

    def read(file: str, device: str) -> object:
        asked.append(device)
        return real(file, device="cpu")

    monkeypatch.setattr("peft.peft_model.infer_device", lambda: "cuda")
    monkeypatch.setattr(save_and_load, "safe_load_file", read)
    model.attach("a", memories[0])
    model.attach("b", memories[1])
    assert asked == ["cpu", "cpu"]


@pytest.mark.parametrize("harm", ["missing", "torn", "shape", "names", "kind"])
def test_what_does_not_fit_is_refused(
    model: LocalModel, memories: Memories, tmp_path: Path, harm: str
) -> None:
    folder = shutil.copytree(memories[0], tmp_path / "harmed")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(str(file))
    if harm == "missing":
        file.unlink()
    elif harm == "torn":
        file.write_bytes(file.read_bytes()[:200])
    elif harm == "shape":
        save_file({k: v.new_zeros(v.shape[0] + 1, v.shape[1] + 1) for k, v in tensors.items()},
                  str(file))  # fmt: skip
    elif harm == "names":
        save_file({k.replace("layers.2", "layers.7"): v for k, v in tensors.items()}, str(file))
    else:
        config = json.loads((folder / "adapter_config.json").read_text())
        (folder / "adapter_config.json").write_text(json.dumps({**config, "peft_type": "IA3"}))
    bare = model.fingerprint_logits()
    with pytest.raises(VersionError) as caught:
        model.attach("x", folder)
    assert "\n" not in caught.value.message
    assert model.attached == ()
    assert model.fingerprint_logits() == bare
