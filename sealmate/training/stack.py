"""The decoder as two parts: frozen lower layers, run once a night, and the layers that learn.

With adapters in the upper layers only, what the lower layers put out never changes, so it is
computed once and kept for all passes; a step then costs the upper layers alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from sealmate.errors import TrainingError
from sealmate.model.attention import additive
from sealmate.model.base import Base
from sealmate.training.batches import Batch, Row, Tree

# Lengths come in steps of this: a handful of shapes keeps the kernels that were made for them and
# the memory that was freed from them in use, where ever new ones would be sought and cut anew.
STEP = 64

_PROBE = "Name three things that one finds in a kitchen, and say what each of them is for."

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Layout:
    """A batch as tensors: ids, position in its sequence, and what may attend to what.

    ids and positions are (G, L); mask is (G, 1, L, L), True where attended; rows/columns index
    the hidden states (N,) that predict the answer tokens `targets` (N,), with weights (N,) and
    kl (N,) marks; `keys` and `offsets` (N each) say which example's how manieth token of the
    answer it is, less than 0 in the question.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    kl: torch.Tensor
    keys: tuple[int, ...]
    offsets: tuple[int, ...]


def layout(batch: Batch, device: torch.device) -> Layout:
    """Lay a batch out flat: each tree is its prefix, then its rows; L is a multiple of STEP."""
    longest = -(-max(tree.tokens for tree in batch.trees) // STEP) * STEP
    shape = (len(batch.trees), longest)
    ids = torch.zeros(shape, dtype=torch.long)
    positions = torch.zeros(shape, dtype=torch.long)
    segment = torch.full(shape, -1, dtype=torch.long)
    picks: list[tuple[int, int, int, float, bool, int, int]] = []
    for g, tree in enumerate(batch.trees):
        shared = len(tree.prefix)
        ids[g, :shared] = torch.tensor(tree.prefix, dtype=torch.long)
        positions[g, :shared] = torch.arange(shared)
        segment[g, :shared] = 0
        at = shared
        for number, row in enumerate(tree.rows, 1):
            end = at + len(row.ids)
            ids[g, at:end] = torch.tensor(row.ids)
            positions[g, at:end] = torch.arange(shared, shared + len(row.ids))
            segment[g, at:end] = number
            for t in range(row.loss_from, len(row.ids)):
                offset = t - row.loss_from - row.asked
                picks.append((g, at + t - 1, row.ids[t], row.weight, row.kl, row.key, offset))
            at = end
    causal = torch.ones(longest, longest, dtype=torch.bool).tril()
    same = segment[:, :, None] == segment[:, None, :]
    mask = causal[None] & (same | (segment[:, None, :] == 0))
    group, column, target, weight, kl, keys, offsets = zip(*picks, strict=True)
    return Layout(
        ids.to(device),
        positions.to(device),
        mask[:, None].to(device),
        torch.tensor(group, device=device),
        torch.tensor(column, device=device),
        torch.tensor(target, device=device),
        torch.tensor(weight, device=device),
        torch.tensor(kl, device=device),
        keys,
        offsets,
    )


def picked(plan: Layout, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Places (n,) of the `chosen` (N,) loss positions and their weights, n a multiple of STEP;
    the first is repeated without weight to fill up. At least one must be chosen."""
    places = chosen.nonzero()[:, 0]
    spare = -len(places) % STEP
    places = torch.cat([places, places[:1].expand(spare)])
    weights = plan.weights[places]
    weights[len(weights) - spare :] = 0.0
    return places, weights


def linear_names(model: Any) -> list[str]:
    """Names of the linear layers inside decoder layers that an adapter may take: the usual ones
    where a model has all of them, else whatever it has, as some make one layer of several."""
    layers = getattr(model.get_decoder(), "layers", None)
    found = {
        name.rpartition(".")[2]
        for name, module in (layers.named_modules() if layers is not None else ())
        if hasattr(module, "in_features") and hasattr(module, "weight")
        and "lora_" not in name and not name.endswith(".base_layer")
    }  # fmt: skip
    chosen = list(LINEAR) if found.issuperset(LINEAR) else sorted(found)
    if not chosen:
        raise TrainingError("the model has no linear layers to adapt", "choose another model")
    return chosen


class Stack:
    """Runs layers [first, last) of a base over a batch. `split` is where learning begins."""

    def __init__(self, base: Base, split: int) -> None:
        self.base = base
        self._layers = base.decoder.layers
        self.split = split if split and self._splits_cleanly(split) else 0

    @contextmanager
    def _only(self, first: int, last: int, norm: bool) -> Iterator[None]:
        decoder = self.base.decoder
        whole, last_norm = decoder.layers, None if norm else decoder.norm
        try:
            decoder.layers = self._layers[first:last]
            if last_norm is not None:
                decoder.norm = torch.nn.Identity()
            yield
        finally:
            decoder.layers = whole
            if last_norm is not None:
                decoder.norm = last_norm

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Token embeddings (..., hidden)."""
        out: torch.Tensor = self.base.model.get_input_embeddings()(ids)
        return out

    def run(
        self, hidden: torch.Tensor, plan: Layout, first: int, last: int | None = None
    ) -> torch.Tensor:
        """Layers [first, last) over hidden states (G, L, h); the final norm with the last layer."""
        end = len(self._layers) if last is None else last
        mask = plan.mask
        if self.base.device.type == "cpu":  # where every layer would turn it into numbers by itself
            mask = additive(mask, self.base.dtype)
        with self._only(first, end, norm=end == len(self._layers)):
            out: torch.Tensor = self.base.decoder(
                inputs_embeds=hidden,
                attention_mask=mask,
                position_ids=plan.positions,
                use_cache=False,
            ).last_hidden_state
        return out

    def lower(self, plan: Layout) -> torch.Tensor:
        """What embeddings and frozen layers make of a batch (G, L, h)."""
        with torch.no_grad():
            hidden = self.embed(plan.ids)
            return self.run(hidden, plan, 0, self.split) if self.split else hidden

    def _splits_cleanly(self, split: int) -> bool:
        """Whether lower then upper layers give what the whole decoder gives on a probe.

        Some architectures scale embeddings or mix layers in ways a cut would break; those train
        uncut.
        """
        if not hasattr(self.base.decoder, "norm"):
            return False
        # words, as other kernels may run with a mask than without, which makes much of odd tokens
        ids = tuple(self.base.tokenizer(_PROBE, add_special_tokens=False)["input_ids"])
        probe = Batch((Tree((), (Row(ids, 1, 1.0, False, 0),)),))
        plan = layout(probe, self.base.device)
        try:
            # a writer that is not folded in is fp32 beside a base that is not
            with torch.no_grad(), self.base.autocast():
                whole = self.base.decoder(plan.ids, use_cache=False).last_hidden_state
                high = self.run(self.run(self.embed(plan.ids), plan, 0, split), plan, split)
        except (RuntimeError, IndexError, AttributeError, KeyError, TypeError):
            return False
        # what is filled up sees other things in the two, and nobody looks at it
        real = probe.tokens
        return bool((whole - high)[:, :real].abs().max() <= 0.05 * whole[:, :real].abs().max())
