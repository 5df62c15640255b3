"""SEAL's way of going on: a fresh adapter for each night's edits, merged into the weights.

Continual self-edits as in arXiv 2506.10943 and its repository Continual-Intelligence/SEAL: LoRA
of rank 32, alpha 64, on the query and value projections only, 10 epochs at 1e-3, no replay, no
gate, merged after each edit. What differs here, and why: rows go through the chat template the
questions are asked in, and several in one pack, without SEAL's padding to 2,048 tokens in the
loss; the rate is 2.5 times higher for models below a billion parameters, as such models need; a
night is one edit, however many notes it has; and the base being in NF4, what is merged is kept
in fp32 beside it and folded into unpacked weights, for merging into 4 bits loses most of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from sealmate.bench.memo import RememberingModel
from sealmate.errors import TrainingError
from sealmate.events import Loss
from sealmate.model.identity import adapter_scale
from sealmate.training.batches import Example
from sealmate.training.loop import Recipe, Trainer
from sealmate.training.stack import linear_names

if TYPE_CHECKING:
    import torch

RANK, ALPHA, EPOCHS, RATE = 32, 64, 10.0, 1e-3
SMALL, SMALL_FACTOR = 1e9, 2.5  # parameters; the starting recipe's 5e-4 beside its 2e-4
# Queries and values, or what holds them where an architecture has them in one matrix.
_PROJECTIONS = ("q_proj", "v_proj", "qkv_proj", "query_key_value", "c_attn")
NAME = "edit"


def seal_recipe(model: RememberingModel, pack_tokens: int, seed: int) -> Recipe:
    """SEAL's settings for this model."""
    parameters = sum(p.numel() for p in model.base.model.parameters())
    factor = SMALL_FACTOR if parameters < SMALL else 1.0
    return Recipe(
        rank=RANK, alpha=ALPHA, upper=1.0, learning_rate=RATE * factor, passes=EPOCHS,
        tokens=pack_tokens, warmup=0.0, final=0.0, seed=seed,
    )  # fmt: skip


class SealTrainer(Trainer):
    """The product's loop with SEAL's adapter."""

    def _config(self, first: int, layers: int) -> Any:
        from peft import LoraConfig

        return LoraConfig(
            r=self.recipe.rank,
            lora_alpha=self.recipe.alpha,
            lora_dropout=0.0,
            bias="none",
            task_type="CAUSAL_LM",
            target_modules=projections(self.model.base.model),
        )


def projections(model: Any) -> list[str]:
    """Names of the layers SEAL adapts. Raises TrainingError if there are none."""
    held = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    found = [name for name in _PROJECTIONS if name in held]
    if not found:
        raise TrainingError(
            f"SEAL's way needs query and value layers; here are {', '.join(linear_names(model))}",
            "leave seal out of --arms",
        )
    return found


class Merged:
    """What the nights so far have changed in the weights, kept in one safetensors file."""

    def __init__(self, model: RememberingModel, file: Path) -> None:
        self._model, self._file = model, file
        self.night = self.tokens = 0
        self._deltas: dict[str, torch.Tensor] = {}
        if file.is_file():
            self._read()

    def _read(self) -> None:
        from safetensors import safe_open

        with safe_open(str(self._file), framework="pt") as file:
            kept = file.metadata() or {}
            self.night, self.tokens = int(kept["night"]), int(kept.get("tokens", 0))
            self._deltas = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118

    def learn(
        self, examples: Sequence[Example], recipe: Recipe, night: int, work: Path,
        cancel: Flag | None = None,
    ) -> Iterator[Loss]:  # fmt: skip
        """Train one night's adapter on the weights as they are and merge it.

        A second call for a night that is merged does nothing; one that was cut goes on.
        """
        if night <= self.night:
            return
        with self.applied():
            trainer = SealTrainer(
                self._model, recipe, examples, name=NAME,
                checkpoint=work / f"seal-{night}.safetensors", cancel=cancel,
            )  # fmt: skip
            tokens = 0
            try:
                for loss in trainer.run():
                    tokens = loss.tokens
                    yield loss
                trainer.save(work / NAME)
            finally:
                self._model.detach(NAME)
        changes = changes_of(work / NAME)
        for key, change in changes.items():
            self._deltas[key] = self._deltas[key] + change if key in self._deltas else change
        self._write(night, tokens)
        trainer.forget_checkpoint()

    def skip(self, night: int) -> None:
        """A night without anything to learn."""
        self._write(night, 0)

    def _write(self, night: int, tokens: int) -> None:
        from safetensors.torch import save_file

        part = self._file.with_suffix(".part")
        save_file(self._deltas, str(part), metadata={"night": str(night), "tokens": str(tokens)})
        part.replace(self._file)
        self.night, self.tokens = night, tokens

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The base with everything merged so far, within the block."""
        import torch

        undo: list[tuple[Any, str, Any]] = []
        modules = dict(self._model.base.model.named_modules())
        with self._model.altered():
            try:
                for key, delta in self._deltas.items():
                    path = f"{key}.base_layer" if f"{key}.base_layer" in modules else key
                    parent, _, name = path.rpartition(".")
                    old = modules[path]
                    weight = _full_weight(old)
                    plain = torch.nn.Linear(
                        old.in_features, old.out_features, bias=old.bias is not None, device="meta"
                    )
                    plain.weight = torch.nn.Parameter(
                        (weight + delta.to(weight.device)).to(self._model.base.dtype),
                        requires_grad=False,
                    )
                    plain.bias = old.bias
                    setattr(modules[parent], name, plain)
                    undo.append((modules[parent], name, old))
                yield
            finally:
                for holder, name, old in undo:
                    setattr(holder, name, old)


def _full_weight(layer: Any) -> torch.Tensor:
    """A linear layer's weight (out, in) in fp32, unpacked if it is packed."""
    state = getattr(layer.weight, "quant_state", None)
    if state is None:
        weight: torch.Tensor = layer.weight.data.float()
        return weight
    import bitsandbytes as bnb

    unpacked: torch.Tensor = bnb.functional.dequantize_4bit(layer.weight.data, state).float()
    return unpacked


def changes_of(folder: Path) -> Mapping[str, torch.Tensor]:
    """What the LoRA adapter in `folder` changes: module name to its (out, in) difference, fp32."""
    from safetensors import safe_open

    scale = adapter_scale(folder)
    found: dict[str, torch.Tensor] = {}
    with safe_open(str(folder / "adapter_model.safetensors"), framework="pt") as file:
        for key in file.keys():  # noqa: SIM118
            if not key.endswith(".lora_A.weight"):
                continue
            stem = key.removesuffix(".lora_A.weight")
            down, up = file.get_tensor(key).float(), file.get_tensor(f"{stem}.lora_B.weight")
            found[stem.removeprefix("base_model.model.")] = scale * (up.float() @ down)
    return found
