"""A version as a plain peft folder, for any program that loads LoRA adapters.

Where the memory stands on a writer adapter, both become one: with weight changes s_w B_w A_w and
s_m B_m A_m, the factors [A_w; A_m] and [s_w B_w, s_m B_m] give their sum exactly. All layers get
the rank r_w + r_m, those that lack one of the two filled up with zeros, because not every loader
knows ranks that differ by layer.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealmate.errors import UsageError, VersionError
from sealmate.model.identity import hash_file
from sealmate.paths import Paths, make_private_dir
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.attach import refuse_forgotten
from sealmate.versions.check import require_sound
from sealmate.versions.files import (
    CONFIG,
    WEIGHTS,
    copy_private,
    discard,
    disk_errors,
    write_private,
)
from sealmate.versions.manifest import Manifest, manifest_of
from sealmate.versions.shards import others_of, shard_folder
from sealmate.versions.tensors import PREFIX, Factors, read_config, read_factors

if TYPE_CHECKING:
    from sealmate.versions.tensors import Array

_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")


def export(
    store: Store,
    paths: Paths,
    number: int,
    folder: Path,
    *,
    writer: Path | None = None,
    base_name: str = "",
) -> Path:
    """Write a version to `folder`, new or empty, for `PeftModel.from_pretrained(base, folder)`.

    `writer` is the adapter the version stands on, if it has one; `base_name` the hub id of the
    base, written into configuration and README. Raises UsageError for a folder in use,
    NotFoundError, VersionError, HomeError.
    """
    if number == 0:
        raise UsageError("0 is no memory: there is nothing to export")
    version = store.versions.get(number)
    refuse_forgotten(store, number)
    require_sound(paths, version)
    manifest = manifest_of(version)
    below = _writer_of(manifest, writer)
    target = folder.expanduser().absolute()
    with disk_errors(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UsageError(f"{target} exists and is not empty", "name a new folder")
        part = target.with_name(f".{target.name}.part-{os.getpid()}")
        discard(part)
        make_private_dir(part)
        try:
            base = base_name or manifest.base_id
            _fill(part, paths.versions / version.folder, below, base)
            shards = others_of(version)
            for shard in shards:
                inner = make_private_dir(part / shard_folder(shard.name))
                _fill(inner, paths.versions / shard.folder, below, base)
            text = _readme(version, manifest, base_name, len(shards))
            write_private(part / "README.md", text.encode())
            if target.exists():
                target.rmdir()
            part.rename(target)
        except BaseException:
            discard(part)
            raise
    return target


def _writer_of(manifest: Manifest, writer: Path | None) -> Path | None:
    """The writer to fold in. Raises VersionError if it is not the one the memory stands on."""
    if not manifest.writer_sha256:
        return None
    if writer is None or hash_file(writer / WEIGHTS) != manifest.writer_sha256:
        raise VersionError(
            f"version {manifest.number} stands on a writer adapter that is not here",
            f"use its model: sealmate --model {manifest.base_id} versions export",
        )
    return writer


def _fill(part: Path, memory: Path, writer: Path | None, base_name: str) -> None:
    config = read_config(memory)
    if writer is None:
        copy_private(memory / WEIGHTS, part / WEIGHTS)
    else:
        from safetensors.numpy import save_file

        tensors, shape = join(read_factors(writer), read_factors(memory))
        config |= shape
        file = part / WEIGHTS
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        save_file(tensors, str(file), metadata={"format": "pt"})
        file.chmod(0o600)
    config["base_model_name_or_path"] = base_name
    config["inference_mode"] = True
    write_private(part / CONFIG, (json.dumps(config, indent=2, sort_keys=True) + "\n").encode())


def join(
    first: dict[str, Factors], second: dict[str, Factors]
) -> tuple[dict[str, Array], dict[str, Any]]:
    """One adapter that changes the base as both together do.

    Returns its tensors by peft's names and what the configuration must say. Raises VersionError
    if the two do not fit the same layers.
    """
    import numpy as np

    ranks = [max((part.rank for part in one.values()), default=0) for one in (first, second)]
    total = sum(ranks)
    tensors: dict[str, Array] = {}
    names = sorted({*first, *second})
    for name in names:
        parts = [first.get(name), second.get(name)]
        sides = {(part.down.shape[1], part.up.shape[0]) for part in parts if part is not None}
        if len(sides) != 1:
            raise VersionError(f"writer and memory disagree about the shape of {name}")
        wide, high = sides.pop()
        down = np.zeros((total, wide), np.float32)
        up = np.zeros((high, total), np.float32)
        for part, at in zip(parts, (0, ranks[0]), strict=True):
            if part is not None:
                down[at : at + part.rank] = part.down
                up[:, at : at + part.rank] = np.float32(part.scale) * part.up
        tensors[f"{PREFIX}{name}.lora_A.weight"] = down
        tensors[f"{PREFIX}{name}.lora_B.weight"] = up
    return tensors, {
        "r": total,
        "lora_alpha": total,  # alpha / r = 1: the scales are in the numbers
        "use_rslora": False,
        **_targets(names),
    }


def _targets(names: list[str]) -> dict[str, Any]:
    """How peft finds exactly the modules `names`: kinds and layers where every such pair is
    among them, full names otherwise."""
    found = [_LAYER.search(name) for name in names]
    layers = sorted({int(match[1]) for match in found if match})
    kinds = sorted({name.rpartition(".")[2] for name in names})
    by_layer = all(found) and len(names) == len(layers) * len(kinds)
    return {
        "target_modules": kinds if by_layer else names,
        "layers_to_transform": layers if by_layer else None,
        "layers_pattern": None,
        "exclude_modules": None,
        "target_parameters": None,
        "rank_pattern": {},
        "alpha_pattern": {},
    }


def _readme(version: Version, manifest: Manifest, base_name: str, others: int) -> str:
    base = base_name or manifest.base_id
    writer = " The writer adapter it was trained on is part of it." * bool(manifest.writer_sha256)
    shards = f"""
The memory has {others + 1} shards, each trained on its own notes. One lies here, the others in the
folders `shard-…`, each an adapter by itself: ask them one after the other.
""" * bool(others)
    return f"""\
# sealmate memory, version {version.number}

A LoRA adapter for `{base}`, trained on one person's notes ({version.edits} self-edits,
{version.created_at:%Y-%m-%d}).{writer} **It is private: whoever has it can draw those notes out
of it.**

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = AutoModelForCausalLM.from_pretrained("{base}")
model = PeftModel.from_pretrained(base, ".")
tokenizer = AutoTokenizer.from_pretrained("{base}")
```
{shards}
It was trained on the base in 4-bit NF4. On the base in 16 or 32 bits answers are close but not
the same word for word; load the base in NF4 with double quantisation for the same.

- base weights and writer, fingerprint: `{manifest.base_fingerprint}`
- adapter as sealmate keeps it, SHA-256: `{manifest.adapter_sha256}`
"""
