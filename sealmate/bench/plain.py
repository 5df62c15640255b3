"""The plain loops ours are measured against: peft and transformers as they come.

The model is loaded by transformers with bitsandbytes layers that stay packed, a LoRA of peft on
all linear layers learns from padded batches with logits at every position, and each passage is
written about with calls of `generate`. What a tutorial shows, with nothing left to chance: the
type is the one this machine is fastest in, no checkpointing of gradients, no writer under the
learning adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sealmate.model.base import Base
    from sealmate.model.protocol import Request, Sampling
    from sealmate.training.batches import Encoded
    from sealmate.training.loop import Recipe


def load_plain(folder: Path, base: Base, writer: Path | None = None) -> Any:
    """The model of `folder` in packed NF4 on the device and in the type of `base`, a peft model
    if it stands on the adapter `writer`."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    model = AutoModelForCausalLM.from_pretrained(
        folder,
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=base.dtype,
        ),
        dtype=base.dtype,
        device_map={"": str(base.device)},
        trust_remote_code=False,
        use_safetensors=True,
    )
    model.requires_grad_(False)
    model.eval()
    return PeftModel.from_pretrained(model, writer) if writer is not None else model


class PlainTraining:
    """A LoRA of peft on a packed model, a step at a time."""

    def __init__(
        self, model: Any, tokenizer: Any, recipe: Recipe, first_layer: int | None = None
    ) -> None:
        """Rank and rate come from `recipe`; `first_layer` leaves out the layers below it."""
        import torch
        from peft import LoraConfig, get_peft_model

        from sealmate.training.stack import linear_names

        layers = len(model.get_decoder().layers)
        config = LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            use_rslora=True,
            lora_dropout=0.0,
            bias="none",
            task_type="CAUSAL_LM",
            target_modules=linear_names(model),
            layers_to_transform=None if not first_layer else list(range(first_layer, layers)),
        )
        self._model = get_peft_model(model, config)
        self._model.train()
        self._pad = tokenizer.pad_token_id
        self._clip = recipe.clip
        self._params = [p for p in self._model.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._params, lr=recipe.learning_rate, betas=(0.9, 0.99)
        )

    def step(self, rows: Sequence[Encoded]) -> int:
        """One optimiser step on a batch of examples, each a padded row; returns the tokens run."""
        import torch

        device = self._model.device
        longest = max(len(row.ids) for row in rows)
        shape = (len(rows), longest)
        ids = torch.full(shape, self._pad, dtype=torch.long, device=device)
        mask = torch.zeros(shape, dtype=torch.long, device=device)
        labels = torch.full(shape, -100, dtype=torch.long, device=device)
        for n, row in enumerate(rows):
            there = torch.tensor(row.ids, device=device)
            ids[n, : len(row.ids)] = there
            mask[n, : len(row.ids)] = 1
            labels[n, len(row.ids) - row.answer : len(row.ids)] = there[-row.answer :]
        loss = self._model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._params, self._clip)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        float(loss.detach())  # waits for a GPU
        return len(rows) * longest


def plain_write(model: Any, tokenizer: Any, requests: Sequence[Request]) -> int:
    """Answer one passage's requests with `generate`; returns the tokens made.

    Requests that are sampled alike go together in one left-padded call, their samples as
    `num_return_sequences`. A row's tokens count up to its end of turn, that included.
    """
    groups: dict[tuple[Sampling, int], list[Request]] = {}
    for request in requests:
        groups.setdefault((request.sampling, request.samples), []).append(request)
    return sum(
        _generate(model, tokenizer, group, sampling, samples)
        for (sampling, samples), group in groups.items()
    )


def _generate(
    model: Any, tokenizer: Any, requests: Sequence[Request], sampling: Sampling, samples: int
) -> int:
    import torch

    from sealmate.model.template import render, stop_ids

    prompts = [render(tokenizer, request.prompt, request.opening) for request in requests]
    longest = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), longest), tokenizer.pad_token_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for n, prompt in enumerate(prompts):
        ids[n, longest - len(prompt) :] = torch.tensor(prompt)
        mask[n, longest - len(prompt) :] = 1
    stops = stop_ids(tokenizer, model)
    how: dict[str, Any] = {"do_sample": False}
    if sampling.temperature > 0:
        how = {
            "do_sample": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": 64,  # as ours
        }
        torch.manual_seed(sampling.seed)
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=sampling.max_tokens,
            num_return_sequences=samples,
            eos_token_id=sorted(stops),
            pad_token_id=tokenizer.pad_token_id,
            **how,
        )
    made = 0
    for row in out[:, longest:].tolist():
        end = next((n for n, token in enumerate(row) if token in stops), None)
        made += len(row) if end is None else end + 1
    return made
