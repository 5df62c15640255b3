"""Exports load with peft on the plain base and answer like writer and memory together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealmate.errors import UsageError, VersionError
from sealmate.model.identity import hash_file
from sealmate.versions.export import export, join
from sealmate.versions.publish import publish
from sealmate.versions.retain import purge
from sealmate.versions.tensors import read_factors, read_tensors
from tests.tiny import build_adapter
from tests.versions.build import BASE, Lab, adapter
from tests.versions.conftest import Tiny


def logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.arange(10, 42)[None]).logits


def plain(base: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(str(base)).eval()


def together(tiny: Tiny, writer: Path, memory: Path) -> Any:
    from peft import PeftModel

    model = PeftModel.from_pretrained(plain(tiny.base), str(writer), adapter_name="writer")
    model.load_adapter(str(memory), adapter_name="memory")
    model.base_model.set_adapter(["writer", "memory"])
    return logits(model)


def standing_on(writer: Path) -> dict[str, Any]:
    return {**BASE, "writer_sha256": hash_file(writer / "adapter_model.safetensors")}


@pytest.mark.parametrize("everywhere", [True, False])
def test_writer_and_memory_become_one(
    lab: Lab, tiny: Tiny, tmp_path: Path, everywhere: bool
) -> None:
    from peft import PeftModel

    memory = tiny.memories[0]
    if everywhere:  # the same kinds on all layers: written as kinds and layers
        memory = build_adapter(tmp_path / "all", tiny.base, seed=5, rank=2)
    publish(lab.store, lab.paths, memory, standing_on(tiny.writer), [], lab.clock)
    done = export(
        lab.store, lab.paths, 1, tmp_path / "out", writer=tiny.writer, base_name="me/tiny"
    )
    names = sorted(entry.name for entry in done.iterdir())
    assert names == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert {(done / name).stat().st_mode & 0o777 for name in names} == {0o600}
    config = json.loads((done / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "me/tiny"
    assert (config["layers_to_transform"] is not None) is everywhere
    loaded = PeftModel.from_pretrained(plain(tiny.base), str(done))
    found, want = logits(loaded), together(tiny, tiny.writer, memory)
    effect = (want - logits(plain(tiny.base))).abs().max()
    assert effect > 1
    assert (found - want).abs().max() < 1e-4
    # every tensor found its place, and nothing else was adapted
    have = {name for name, _ in loaded.named_parameters() if "lora_" in name}
    kept = {name.replace(".weight", ".default.weight") for name in read_tensors(
        done / "adapter_model.safetensors")}  # fmt: skip
    assert have == kept


def test_without_a_writer_it_is_a_copy(lab: Lab, tiny: Tiny, tmp_path: Path) -> None:
    from peft import PeftModel

    publish(lab.store, lab.paths, tiny.memories[1], BASE, [], lab.clock)
    done = export(lab.store, lab.paths, 1, tmp_path / "out", writer=tiny.writer)
    assert hash_file(done / "adapter_model.safetensors") == lab.store.versions.get(1).sha256
    loaded = PeftModel.from_pretrained(plain(tiny.base), str(done))
    model = PeftModel.from_pretrained(plain(tiny.base), str(tiny.memories[1]))
    assert (logits(loaded) == logits(model)).all()
    assert "private" in (done / "README.md").read_text()


def test_the_sum_is_exact_for_any_ranks(tmp_path: Path) -> None:
    one = read_factors(adapter(tmp_path / "one", 1, rank=3))
    two = read_factors(adapter(tmp_path / "two", 2, rank=5))
    two.pop("model.layers.2.self_attn.q_proj")
    tensors, shape = join(one, two)
    assert (shape["r"], shape["lora_alpha"], shape["use_rslora"]) == (8, 8, False)
    for layer in (2, 3):
        name = f"model.layers.{layer}.self_attn.q_proj"
        want = sum(
            np.float64(f.scale) * f.up.astype("f8") @ f.down.astype("f8")
            for f in (one.get(name), two.get(name))
            if f is not None
        )
        down = tensors[f"base_model.model.{name}.lora_A.weight"]
        up = tensors[f"base_model.model.{name}.lora_B.weight"]
        assert down.shape == (8, 64)
        assert np.abs(up.astype("f8") @ down.astype("f8") - want).max() < 1e-5


def test_what_is_refused(lab: Lab, tiny: Tiny, tmp_path: Path) -> None:
    made = adapter(tmp_path / "a")
    publish(lab.store, lab.paths, made, standing_on(tiny.writer), [], lab.clock)
    publish(lab.store, lab.paths, made, BASE, [], lab.clock)
    out = tmp_path / "out"
    for writer in (None, tiny.memories[0]):
        with pytest.raises(VersionError, match="stands on a writer adapter that is not here"):
            export(lab.store, lab.paths, 1, out, writer=writer)
    with pytest.raises(UsageError, match="no memory"):
        export(lab.store, lab.paths, 0, out)
    purge(lab.store, lab.paths, 1, lab.clock())
    with pytest.raises(VersionError, match="deleted"):
        export(lab.store, lab.paths, 1, out, writer=tiny.writer)
    assert not out.exists()
    out.mkdir()
    export(lab.store, lab.paths, 2, out)
    with pytest.raises(UsageError, match="not empty"):
        export(lab.store, lab.paths, 2, out)
    with pytest.raises(UsageError, match="not empty"):
        export(lab.store, lab.paths, 2, out / "README.md")
    assert sorted(entry.name for entry in tmp_path.iterdir() if "part" in entry.name) == []


@pytest.mark.parametrize(
    "change",
    [{"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"bias": "all"},
     {"rank_pattern": {"q_proj": 2}}],
)  # fmt: skip
def test_adapters_that_are_more_than_factors(tmp_path: Path, change: dict[str, Any]) -> None:
    made = adapter(tmp_path / "a")
    file = made / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(VersionError, match="cannot be exported"):
        read_factors(made)
