"""The training loop: shared-prefix batches, AdamW on the adapter, resumable at any step."""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any

import torch
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from sealmate.errors import Cancelled, TrainingError
from sealmate.events import Loss
from sealmate.model.identity import hash_file
from sealmate.model.local import LocalModel
from sealmate.records import LossOn
from sealmate.training.batches import Batch, Encoded, Example, batches, encode
from sealmate.training.checkpoint import forget_checkpoint, read_checkpoint, write_checkpoint
from sealmate.training.objective import Objective
from sealmate.training.pace import Pace, Watch
from sealmate.training.stack import Stack, linear_names

_CHECKPOINT_EVERY = 200  # steps
MOST_PASSES = 3.0  # times a recipe's passes, for the sake of its least steps


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides an adapter beside the examples. Rates are per optimiser step.

    rsLoRA on all linear layers (Kalajdzievski 2023, arXiv 2312.03732); linear warm-up then
    linear decay to `final` of the peak. `least_steps` asks for more passes, up to MOST_PASSES
    times as many, where the examples are few. `enough` is the loss on held-out examples, in nats
    per token, from which on the rate decays at once and training ends (0 = never). `loss_on`:
    whether the answer alone is learnt or "all", the question before it as well.
    """

    rank: int = 32
    alpha: int = 32
    upper: float = 0.5
    learning_rate: float = 1.2e-3
    passes: float = 3.0
    tokens: int = 768
    warmup: float = 0.05
    final: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    seed: int = 7
    kl_weight: float = 1.0
    least_steps: int = 0
    enough: float = 0.0
    loss_on: LossOn = "answer"

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


class Trainer:
    """Trains one adapter on one loaded model."""

    def __init__(
        self,
        model: LocalModel,
        recipe: Recipe,
        examples: Sequence[Example],
        *,
        name: str = "candidate",
        start_from: Path | None = None,
        held: Sequence[Example] = (),
        checkpoint: Path | None = None,
        cancel: Flag | None = None,
    ) -> None:
        if not examples:
            raise TrainingError("there is nothing to train on", "ingest notes first")
        self.model, self.recipe, self.name = model, recipe, name
        self._cancel, self._checkpoint = cancel, checkpoint
        self._rng = random.Random(recipe.seed)
        torch.manual_seed(recipe.seed)
        layers = len(model.base.decoder.layers)
        first = layers - max(1, round(layers * recipe.upper))
        self._parent, self._start = "", start_from
        if start_from is not None:
            model.attach(name, start_from)
            self._parent = hash_file(start_from / "adapter_model.safetensors")
            # the parent's layers learn on, whatever share of them the recipe would take afresh
            adapted = model.rack.peft.peft_config[name].layers_to_transform
            first = min(adapted) if adapted else 0
        else:
            model.rack.create(name, self._config(first, layers))
        self.stack = Stack(model.base, first)
        asked = recipe.loss_on == "all"
        self._encoded: list[Encoded] = encode(model.base.tokenizer, examples, asked=asked)
        if not self._encoded:
            raise TrainingError("every example is too long to train on", "lower passage_tokens")
        # cut layers keep their batches from pass to pass, see `_compose`
        again = bool(self.stack.split) and recipe.passes > 1
        self.objective = Objective(model, self.stack, recipe.kl_weight, again)
        self._held = encode(model.base.tokenizer, held) if recipe.enough else []
        self._params: list[torch.nn.Parameter] = []
        self._steps: list[Batch] = []
        self._lap = 0

    def _config(self, first: int, layers: int) -> LoraConfig:
        names = linear_names(self.model.base.model)
        return LoraConfig(
            r=self.recipe.rank,
            lora_alpha=self.recipe.alpha,
            use_rslora=True,
            lora_dropout=0.0,
            bias="none",
            task_type="CAUSAL_LM",
            target_modules=names,
            layers_to_transform=list(range(first, layers)),
        )

    def plan(self) -> list[Batch]:
        """All steps of all passes, in order; the same seed gives the same plan."""
        if not self._steps:
            self._steps = self._compose()
        return self._steps

    def cut(self, steps: int) -> None:
        """Keep only the plan's first `steps` (0 = all); the rate decays to its end by then."""
        if steps:
            self._steps = self.plan()[:steps]

    def _compose(self) -> list[Batch]:
        steps: list[Batch] = []

        def shuffled() -> list[Batch]:
            return batches(self._encoded, self.recipe.tokens, self._rng)

        fixed = shuffled()
        self._lap = len(fixed)
        # a few notes make few steps, too few to be learnt by
        passes = max(self.recipe.passes, self.recipe.least_steps / len(fixed))
        passes = min(passes, MOST_PASSES * self.recipe.passes)
        whole, part = int(passes), passes % 1
        for number in range(whole + (part > 0)):
            # with kept lower layers the batches stay as composed and only their order changes
            made = list(fixed) if self.stack.split else shuffled()
            self._rng.shuffle(made)
            if number == whole:
                made = made[: max(1, round(len(made) * part))]
            steps.extend(made)
        return steps

    def run(
        self,
        on_step: Callable[[int, int], bool] | None = None,
        every: int = 10,
    ) -> Iterator[Loss]:
        """Train; yields a Loss every `every` steps. `on_step(step, steps)` may stop early (True).

        Held-out examples are looked at after each pass (see `Recipe.enough`). Raises Cancelled
        after writing a checkpoint; TrainingError if the loss is not finite.
        """
        pace = Pace(self.recipe.warmup, self.recipe.final, len(self.plan()))
        watch = Watch(self.objective, self._held, self.recipe.tokens)
        self.objective.listen(self._encoded)
        with self.model.rack.use(self.name, training=True):
            self._params = [
                p for n, p in self.model.rack.peft.named_parameters()
                if f".{self.name}." in n and "lora_" in n
            ]  # fmt: skip
            optimiser = torch.optim.AdamW(
                self._params, lr=self.recipe.learning_rate, betas=(0.9, 0.99),
                weight_decay=self.recipe.weight_decay,
            )  # fmt: skip
            done = self._resume(optimiser, pace)
            begin, tokens = time.perf_counter(), 0
            recent: list[float] = []
            for number, batch in enumerate(self.plan()):
                if number < done or number >= pace.steps:
                    continue
                if self._cancel is not None and self._cancel.is_set():
                    self.save_checkpoint(optimiser, number, pace)
                    raise Cancelled("training stopped; it goes on next time")
                for group in optimiser.param_groups:
                    group["lr"] = self.recipe.learning_rate * pace.at(number)
                loss = self._step(batch)
                if not math.isfinite(loss):
                    self.forget_checkpoint()  # going on from it would only end here again
                    raise TrainingError(
                        f"the loss became {loss} at step {number}", "lower learning_rate"
                    )
                torch.nn.utils.clip_grad_norm_(self._params, self.recipe.clip)
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)
                tokens += batch.tokens
                recent.append(loss)
                if (number + 1) % self._lap == 0 and not pace.braking:
                    with self.model.autocast():
                        learnt = watch.loss() <= self.recipe.enough
                    if learnt:
                        pace.brake(number + 1)
                last = number + 1 == pace.steps
                if (number + 1) % every == 0 or last:
                    yield Loss(number + 1, pace.steps, sum(recent) / len(recent), tokens,
                               time.perf_counter() - begin)  # fmt: skip
                    recent = []
                if on_step is not None and on_step(number + 1, pace.steps):
                    break
                # the last one spares training again when the tests that follow are stopped
                if (number + 1) % _CHECKPOINT_EVERY == 0 or last:
                    self.save_checkpoint(optimiser, number + 1, pace)
        self.objective.forget()

    def _step(self, batch: Batch) -> float:
        """Gradients of one step; returns the mean loss per answer token."""
        with self.model.autocast():
            loss = self.objective.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _state(self) -> dict[str, torch.Tensor]:
        # left to itself peft looks for the base on the hub, to see whether embeddings were changed
        state: dict[str, torch.Tensor] = get_peft_model_state_dict(
            self.model.rack.peft, adapter_name=self.name, save_embedding_layers=False
        )
        return state

    def save(self, folder: Path, scale: float = 1.0) -> None:
        """Write the adapter as a plain peft folder (fp32 safetensors and config).

        `scale` weakens what training changed: from the base, the product of the factors is
        multiplied by it; from a parent, the factors stand so far on the way from the parent's to
        the new ones (Wortsman et al. 2022, arXiv 2109.01903), so that it costs nothing older.
        """
        peft = self.model.rack.peft
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = {key: value.detach().float().cpu() for key, value in sorted(self._state().items())}
        if scale != 1.0 and self._start is not None:
            parent = load_file(str(self._start / "adapter_model.safetensors"))
            state = {key: torch.lerp(parent[key].float(), state[key], scale) for key in state}
        elif scale != 1.0:
            state = {key: state[key] * (scale if "lora_B" in key else 1.0) for key in state}
        tensors = {key: value.contiguous() for key, value in state.items()}
        save_file(tensors, str(folder / "adapter_model.safetensors"))
        config = peft.peft_config[self.name]
        config.base_model_name_or_path = self.model.info.id
        config.inference_mode = True
        config.save_pretrained(str(folder))
        for file in folder.iterdir():
            file.chmod(0o600)

    def save_checkpoint(self, optimiser: torch.optim.Optimizer, step: int, pace: Pace) -> None:
        """Write adapter, optimiser state and position, so that `run` can go on from here."""
        if self._checkpoint is not None:
            digest, state = self.digest(), self._state()
            write_checkpoint(
                self._checkpoint, digest, step, pace.braked, state, optimiser, self._params
            )

    def forget_checkpoint(self) -> None:
        """Delete the checkpoint once its work is done."""
        if self._checkpoint is not None:
            forget_checkpoint(self._checkpoint)

    def digest(self) -> str:
        """SHA-256 of all that decides the adapter: base, parent, recipe, steps and examples."""
        base = self.model.base
        parts: list[Any] = [base.fingerprint, str(base.dtype), self._parent, self.recipe.as_dict()]
        parts.append(len(self.plan()))  # the rate depends on it
        parts.append([astuple(item) for item in (*self._encoded, *self._held)])
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _resume(self, optimiser: torch.optim.Optimizer, pace: Pace) -> int:
        """Take up the checkpoint of this very plan; returns the steps that are done."""
        if self._checkpoint is None:
            return 0
        kept = read_checkpoint(self._checkpoint, self.digest(), len(self._params))
        if kept is None:
            return 0
        set_peft_model_state_dict(self.model.rack.peft, dict(kept.adapter), adapter_name=self.name)
        kept.restore(optimiser, self._params)
        if kept.braked:
            pace.brake(kept.braked)
        return kept.step
