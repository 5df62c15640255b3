"""Adapters without torch, and a profile's folders with an open ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from sealmate.paths import Paths
from sealmate.records import Version
from sealmate.store import Store, open_store
from sealmate.versions.publish import publish
from sealmate.versions.shards import Shard
from tests.store.build import Clock

BASE = {"base_id": "tiny", "base_fingerprint": "f" * 64, "device": "cpu", "recall": "recite"}


def paths_in(home: Path) -> Paths:
    return Paths(home, home, home / "state", home / "models").ensure()


def adapter(folder: Path, seed: int = 0, rank: int = 4, *, value: float | None = None) -> Path:
    """A small LoRA adapter of random numbers; its A matrices are `value` where that is given."""
    random = np.random.default_rng(seed)
    tensors = {}
    for layer in (2, 3):
        stem = f"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_"
        tensors[f"{stem}A.weight"] = random.normal(size=(rank, 64)).astype(np.float32)
        tensors[f"{stem}B.weight"] = random.normal(size=(64, rank)).astype(np.float32)
        if value is not None:
            tensors[f"{stem}A.weight"][:] = value
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(folder / "adapter_model.safetensors"))
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 8, "use_rslora": True,
              "target_modules": ["q_proj"], "layers_to_transform": [2, 3]}  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


@dataclass
class Lab:
    """A profile: its folders, its ledger, a clock, a place for adapters."""

    paths: Paths
    store: Store
    clock: Clock
    scratch: Path

    def publish(
        self,
        edits: tuple[int, ...] = (),
        seed: int = 0,
        *,
        carried: Sequence[Shard] = (),
        grown: Shard | None = None,
        **fields: Any,
    ) -> Version:
        """The next version, from a fresh adapter of `seed`."""
        made = adapter(self.scratch / "candidate", seed)
        return publish(
            self.store, self.paths, made, {**BASE, **fields}, edits, self.clock,
            carried=carried, grown=grown,
        )  # fmt: skip

    @property
    def names(self) -> list[str]:
        """What lies in the versions folder, beside its lock."""
        return sorted(e.name for e in self.paths.versions.iterdir() if e.name != ".lock")

    def folder(self, number: int) -> Path:
        return self.paths.versions / f"v{number:04d}"


def open_lab(home: Path, scratch: Path) -> Lab:
    clock = Clock()
    paths = paths_in(home)
    store = open_store(paths.database, paths.backups, clock=clock)
    return Lab(paths, store, clock, scratch)
