"""A larger adapter says what the smaller one said, and has room for more."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sealmate.errors import UsageError
from sealmate.practice.widening import widen

KEY = "base_model.model.model.layers.{}.mlp.up_proj.lora_{}.weight"
WIDTH, HEIGHT, RANK, ALPHA = 6, 5, 2, 4


def adapter(folder: Path, layers: range, **more: object) -> Path:
    folder.mkdir()
    draw = torch.Generator().manual_seed(1)
    tensors = {}
    for layer in layers:
        tensors[KEY.format(layer, "A")] = torch.randn((RANK, WIDTH), generator=draw)
        tensors[KEY.format(layer, "B")] = torch.randn((HEIGHT, RANK), generator=draw)
    save_file(tensors, str(folder / "adapter_model.safetensors"))
    config = {"r": RANK, "lora_alpha": ALPHA, "use_rslora": True, **more}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def product(folder: Path, layer: int) -> torch.Tensor:
    """What is added to that layer's weights."""
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(str(folder / "adapter_model.safetensors"))
    factor = config["lora_alpha"] / math.sqrt(config["r"])
    return factor * tensors[KEY.format(layer, "B")] @ tensors[KEY.format(layer, "A")]


def test_it_says_the_same_with_more_directions_in_more_layers(tmp_path: Path) -> None:
    small, large = adapter(tmp_path / "small", range(2, 4)), tmp_path / "large"
    widen(small, large, rank=4, first=1, layers=4, seed=7)
    config = json.loads((large / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (4, 4)
    assert config["layers_to_transform"] == [1, 2, 3]
    for layer in (2, 3):
        assert torch.allclose(product(large, layer), product(small, layer), atol=1e-5)
    assert not product(large, 1).any()
    tensors = load_file(str(large / "adapter_model.safetensors"))
    for layer in (1, 2, 3):
        # every direction can learn: one of its two matrices is not zero
        assert tensors[KEY.format(layer, "A")].abs().sum(dim=1).all()


def test_what_does_not_fit_in_is_refused(tmp_path: Path) -> None:
    small = adapter(tmp_path / "small", range(2, 4))
    for rank, first in ((1, 1), (4, 3)):
        with pytest.raises(UsageError, match="does not fit"):
            widen(small, tmp_path / "large", rank=rank, first=first, layers=4, seed=7)
    plain = adapter(tmp_path / "plain", range(2, 4), use_rslora=False)
    with pytest.raises(UsageError):
        widen(plain, tmp_path / "large", rank=4, first=1, layers=4, seed=7)
