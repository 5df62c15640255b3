"""The same model with the passage in its prompt, as the teacher of what it is to know without.

Distilling from it disturbs the rest less than its bare words do: every likely continuation keeps
its share instead of one taking all (context distillation, Snell et al. 2022, arXiv 2209.15189;
kept top-k logits as in Hinton et al. 2015, arXiv 1503.02531).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from sealmate.model.local import LocalModel
from sealmate.training.batches import Encoded
from sealmate.training.stack import Layout

TOP = 32


class Teacher:
    """What the teacher expects at each answer token of the examples that have one.

    The last token of an answer, its end, is left to the plain loss: an open-book answer goes on
    with the number of its note. So is the question, where that is learnt too.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def listen(self, model: LocalModel, encoded: Sequence[Encoded]) -> None:
        """Run the model without memory over the teacher's prompt and answer of each example."""
        base = model.base
        with model.rack.use(None), model.autocast(), torch.inference_mode():
            for item in encoded:
                answer = item.ids[len(item.ids) - item.answer :][:-1]
                if not item.teacher or not answer or item.key in self._kept:
                    continue
                ids = torch.tensor([[*item.teacher, *answer]], device=base.device)
                hidden = base.decoder(ids, use_cache=False).last_hidden_state[0]
                logits = base.head(hidden[len(item.teacher) - 1 : -1]).float()
                top = logits.log_softmax(-1).topk(min(TOP, logits.shape[-1]))
                self._kept[item.key] = (top.values, top.indices)

    def knows(self, plan: Layout) -> torch.Tensor:
        """True (N,) at the positions of `plan` that the teacher has a word on."""
        return torch.tensor(
            [
                key in self._kept and 0 <= offset < len(self._kept[key][0])
                for key, offset in zip(plan.keys, plan.offsets, strict=True)
            ],
            device=plan.targets.device,
        )

    def says(self, plan: Layout, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities and tokens (n, k) at the `known` positions."""
        picked = [
            (self._kept[plan.keys[at]][0][plan.offsets[at]],
             self._kept[plan.keys[at]][1][plan.offsets[at]])
            for at in known.nonzero()[:, 0].tolist()
        ]  # fmt: skip
        # made in inference mode, which autograd may not keep
        return (
            torch.stack([values for values, _ in picked]).clone(),
            torch.stack([indices for _, indices in picked]).clone(),
        )
