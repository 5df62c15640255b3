"""Adapter files read without torch: headers, fp32 arrays, and what their configuration says.

The layout is that of https://huggingface.co/docs/safetensors: eight bytes of length, a JSON
header, then the numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealmate.errors import VersionError
from sealmate.versions.files import CONFIG, WEIGHTS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float32]]

_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_LONGEST_HEADER = 100_000_000  # bytes, as the safetensors library has it
PREFIX = "base_model.model."


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one tensor lies: `begin` and `end` in bytes from the file's first byte."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file. Raises VersionError unless it is whole and sound."""
    try:
        size = file.stat().st_size
        with file.open("rb") as handle:
            length = int.from_bytes(handle.read(8), "little")
            if not 2 <= length <= min(size - 8, _LONGEST_HEADER):
                raise ValueError("its header is cut off")
            header = json.loads(handle.read(length))
        header.pop("__metadata__", None)
        found = {name: _tensor(entry, 8 + length) for name, entry in header.items()}
    except OSError as error:
        raise VersionError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VersionError(f"{file} is corrupt: {error}") from None
    at = 8 + length
    for tensor in sorted(found.values(), key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != at:
            raise VersionError(f"{file} is corrupt: its tensors overlap or leave gaps")
        at = tensor.end
    if at != size:
        raise VersionError(f"{file} is corrupt: {size} bytes instead of {at}")
    return found


def _tensor(entry: Mapping[str, Any], start: int) -> Tensor:
    shape = tuple(int(side) for side in entry["shape"])
    begin, end = (start + int(offset) for offset in entry["data_offsets"])
    if entry["dtype"] not in _SIZES:
        raise ValueError(f"tensors of type {entry['dtype']}")
    if min(shape, default=0) < 0 or end - begin != math.prod(shape) * _SIZES[entry["dtype"]]:
        raise ValueError("a tensor's shape does not fit its bytes")
    return Tensor(entry["dtype"], shape, begin, end)


def read_tensors(file: Path) -> dict[str, Array]:
    """All tensors of a safetensors file as fp32 arrays. Raises VersionError if it is corrupt."""
    import numpy as np  # 0.1 s

    found = {}
    header = read_header(file)
    with file.open("rb") as handle:
        for name, tensor in header.items():
            handle.seek(tensor.begin)
            data = handle.read(tensor.end - tensor.begin)
            if tensor.dtype == "BF16":
                # bfloat16 is the upper half of a float32
                wide = np.frombuffer(data, "<u2").astype("<u4") << 16
                values = wide.view("<f4")
            else:
                values = np.frombuffer(data, f"<f{_SIZES[tensor.dtype]}")
            found[name] = values.reshape(tensor.shape).astype(np.float32)
    return found


def read_config(folder: Path) -> dict[str, Any]:
    """The peft configuration of an adapter folder. Raises VersionError unless it is LoRA's."""
    file = folder / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise VersionError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise VersionError(f"{file} is no JSON: {error}") from None
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise VersionError(f"{file} describes no LoRA adapter")
    return config


@dataclass(frozen=True, slots=True)
class Factors:
    """One module's change of its weight: `scale` * up @ down; down (r, in), up (out, r)."""

    down: Array
    up: Array
    scale: float

    @property
    def rank(self) -> int:
        """Its rank r."""
        return int(self.down.shape[0])


def read_factors(folder: Path) -> dict[str, Factors]:
    """The low-rank factors of an adapter folder by module name, like model.layers.0.mlp.up_proj.

    Raises VersionError for what is no plain LoRA on linear layers (DoRA, trained biases, whole
    modules, ranks that differ by layer): its change cannot be written as factors alone.
    """
    config = read_config(folder)
    for key in ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "lora_bias"):
        if config.get(key):
            raise VersionError(f"the adapter in {folder} uses {key}, which cannot be exported")
    if config.get("bias", "none") != "none":
        raise VersionError(f"the adapter in {folder} trains biases, which cannot be exported")
    tensors = read_tensors(folder / WEIGHTS)
    rank = float(config["r"])
    scale = float(config["lora_alpha"]) / (math.sqrt(rank) if config.get("use_rslora") else rank)
    found = {}
    for name in [name for name in tensors if name.endswith(".lora_A.weight")]:
        stem = name.removesuffix(".lora_A.weight")
        down, up = tensors.pop(name), tensors.pop(f"{stem}.lora_B.weight", None)
        if up is None or down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
            raise VersionError(f"the adapter in {folder} has no fitting pair for {stem}")
        found[stem.removeprefix(PREFIX)] = Factors(down, up, scale)
    if tensors or not found:
        odd = next(iter(tensors), "nothing")
        raise VersionError(f"the adapter in {folder} holds {odd}, which is no LoRA factor")
    return found
