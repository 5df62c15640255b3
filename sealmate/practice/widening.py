"""A larger adapter that says the same as a smaller one, to go on teaching it.

The new directions of each layer begin as a fresh adapter's do, with one of their two matrices at
zero, and so do all those of layers that had none (Hu et al. 2021, arXiv 2106.09685).
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from sealmate.errors import UsageError

_LAYER = re.compile(r"\.layers\.(\d+)\.")


def widen(adapter: Path, out: Path, rank: int, first: int, layers: int, seed: int) -> None:
    """Write the rsLoRA adapter in `adapter` to `out` with `rank` directions in layers `first` to
    `layers` - 1.

    Raises UsageError if it has more directions, or layers before `first`, or is no rsLoRA.
    """
    config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    old = load_file(str(adapter / "adapter_model.safetensors"))
    had = sorted({int(found[1]) for key in old if (found := _LAYER.search(key))})
    if not config.get("use_rslora") or config["r"] > rank or not had or had[0] < first:
        raise UsageError(
            f"the adapter in {adapter} does not fit into one of rank {rank} from layer {first} on",
            "give a --rank and an --upper that are no smaller than its own",
        )
    # rsLoRA's factor is alpha / sqrt(rank); the product of both matrices is to stay as it is
    factor = config["lora_alpha"] / math.sqrt(config["r"]) / math.sqrt(rank)
    draw = torch.Generator().manual_seed(seed)
    new: dict[str, torch.Tensor] = {}
    for layer in range(first, layers):
        for pattern, like in old.items():
            if f".layers.{had[0]}." not in pattern:
                continue
            key = _LAYER.sub(f".layers.{layer}.", pattern)
            there = old[key].float() if key in old else like[:0] if "lora_A" in key else like[:, :0]
            if "lora_A" in key:
                bound = 1.0 / math.sqrt(like.shape[1])
                fresh = torch.rand((rank, like.shape[1]), generator=draw) * 2 * bound - bound
                fresh[: len(there)] = there
            else:
                fresh = torch.zeros((len(like), rank))
                fresh[:, : there.shape[1]] = there * factor
            new[key] = fresh
    config |= {"r": rank, "lora_alpha": rank, "layers_to_transform": list(range(first, layers))}
    out.mkdir(parents=True, exist_ok=True)
    (out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    save_file(new, str(out / "adapter_model.safetensors"), metadata={"format": "pt"})
