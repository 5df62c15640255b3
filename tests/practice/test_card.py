"""What is shipped: 16-bit weights of the size that fits, alone or as the mean of two."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sealmate.practice.card import blend, ship


def adapter(folder: Path, value: float, size: int = 4) -> Path:
    folder.mkdir()
    save_file({"a": torch.full((size, 2), value)}, str(folder / "adapter_model.safetensors"))
    (folder / "adapter_config.json").write_text("{}")
    return folder


def weights(folder: Path) -> torch.Tensor:
    return load_file(str(folder / "adapter_model.safetensors"))["a"]


def test_a_blend_lies_between_the_two(tmp_path: Path) -> None:
    new, old = adapter(tmp_path / "new", 1.0), adapter(tmp_path / "old", -1.0)
    blend(new, old, 0.75)
    assert torch.equal(weights(new), torch.full((4, 2), 0.5))
    assert torch.equal(weights(old), torch.full((4, 2), -1.0))


def test_adapters_of_other_shapes_are_not_blended(tmp_path: Path) -> None:
    new, old = adapter(tmp_path / "new", 1.0), adapter(tmp_path / "old", 1.0, size=3)
    with pytest.raises(ValueError, match="not of one shape"):
        blend(new, old, 0.5)


def test_what_is_shipped_tells_how_it_was_made(tmp_path: Path) -> None:
    made, out = adapter(tmp_path / "made", 0.5), tmp_path / "out"
    size = ship(made, out, {"command": "this"}, {"right": 0.5}, "reader")
    assert (size, weights(out).dtype) == (16, torch.float16)
    assert "- command: this" in (out / "README.md").read_text()
    assert "| right | 0.5 |" in (out / "README.md").read_text()
