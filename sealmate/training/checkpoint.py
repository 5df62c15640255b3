"""Half-trained adapters on disk: weights, the optimiser's state, and where in which plan they are.

A checkpoint belongs to one plan, known by its digest; any other reads it as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from sealmate.paths import put_in_place, shred

_ADAM = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`step` optimiser steps are done, `braked` of them when the end was brought nearer (0: it was
    not). `adapter` is peft's state dict; `moments` has AdamW's
    state for each parameter, in order, empty where a parameter has none yet."""

    step: int
    braked: int
    adapter: Mapping[str, torch.Tensor]
    moments: Sequence[Mapping[str, torch.Tensor]]

    def restore(
        self, optimiser: torch.optim.Optimizer, params: Sequence[torch.nn.Parameter]
    ) -> None:
        """Give the optimiser the state it had; the adapter's weights are the caller's."""
        for param, moments in zip(params, self.moments, strict=True):
            if moments:
                # AdamW counts steps on the CPU and keeps its averages beside the weights
                optimiser.state[param] = {
                    key: value if key == "step" else value.to(param.device)
                    for key, value in moments.items()
                }


def write_checkpoint(
    path: Path,
    digest: str,
    step: int,
    braked: int,
    adapter: Mapping[str, torch.Tensor],
    optimiser: torch.optim.Optimizer,
    params: Sequence[torch.nn.Parameter],
) -> None:
    """Write a checkpoint in the place of an earlier one; a crash leaves one of the two whole."""
    tensors = {f"adapter.{key}": value.detach().contiguous() for key, value in adapter.items()}
    for index, param in enumerate(params):
        for key, value in optimiser.state.get(param, {}).items():
            tensors[f"adam.{index}.{key}"] = torch.as_tensor(value).detach().contiguous()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = _part(path)
    save_file(
        tensors,
        str(part),
        metadata={
            "digest": digest,
            "step": str(step),
            "braked": str(braked),
            "parameters": str(len(params)),
        },
    )
    part.chmod(0o600)
    put_in_place(part, path)


def read_checkpoint(path: Path, digest: str, parameters: int) -> Checkpoint | None:
    """The checkpoint of the plan with this digest; None if there is none that can be read."""
    try:
        with safe_open(str(path), framework="pt") as file:
            meta = file.metadata() or {}
            if meta.get("digest") != digest or meta.get("parameters") != str(parameters):
                return None
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    return Checkpoint(
        step=int(meta["step"]),
        braked=int(meta.get("braked", "0")),
        adapter={
            key.removeprefix("adapter."): value
            for key, value in tensors.items()
            if key.startswith("adapter.")
        },
        moments=[
            {
                key: tensors[f"adam.{index}.{key}"]
                for key in _ADAM
                if f"adam.{index}.{key}" in tensors
            }
            for index in range(parameters)
        ],
    )


def forget_checkpoint(path: Path) -> None:
    """Delete a checkpoint and what a crash may have left of the next one."""
    for file in (path, _part(path)):
        with suppress(FileNotFoundError):
            shred(file)


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")
