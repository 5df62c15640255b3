"""An adapter as it is shipped: 16-bit weights, peft's config, and a card of how it was made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file, save_file

Role = Literal["writer", "reader"]

LIMIT = 20_000_000
_TEXTS: dict[Role, tuple[str, str, str]] = {
    "writer": (
        "# Writer adapter",
        """A LoRA that teaches a small instruct model to write self-edits from notes, to answer from
numbered passages, and to say when it was not told. The memory adapter stands on it.""",
        """Limits: it was taught on invented notes in plain English; it makes mistakes in questions
about who did what to whom, and its rewritten statements still invent now and then, which is why
every one of them is checked against its passage before anything is trained on it.""",
    ),
    "reader": (
        "# Reader adapter",
        """A LoRA on the same base and writer that is in use while one passage, or what the memory
recites, is read for the answer to a question, and for nothing else. It is taught to find the
answer, and above all to say that it is not there: of somebody else than the passage tells of, of
things it names without saying this of them, of what other notes say.""",
        "Limits: it was taught on invented notes in plain English, one passage at a time.",
    ),
}


def ship(
    adapter: Path,
    out: Path,
    facts: Mapping[str, Any],
    scores: Mapping[str, float],
    role: Role = "writer",
) -> int:
    """Write the adapter in `adapter` to `out` in 16 bits with a card; returns bytes of weights.

    Raises ValueError if the file would be larger than 20 MB.
    """
    out.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: value.to(torch.float16).contiguous()
        for key, value in load_file(str(adapter / "adapter_model.safetensors")).items()
    }
    size = sum(value.numel() * 2 for value in tensors.values())
    if size > LIMIT:
        raise ValueError(f"the adapter takes {size} bytes in 16 bits, more than {LIMIT}")
    save_file(tensors, str(out / "adapter_model.safetensors"))
    if adapter != out:
        shutil.copyfile(adapter / "adapter_config.json", out / "adapter_config.json")
    (out / "card.json").write_text(
        json.dumps({"made": dict(facts), "mirror": dict(scores)}, indent=1, sort_keys=True) + "\n"
    )
    (out / "README.md").write_text(_text(facts, scores, role))
    return size


def blend(adapter: Path, other: Path, share: float) -> None:
    """Make the weights in `adapter` the mean with those in `other`, `share` (0..1) of them its own.

    What was taught further keeps what it learnt and forgets less (Wortsman et al. 2022, "Robust
    fine-tuning of zero-shot models", arXiv 2109.01903); the two must come one from the other.
    Raises ValueError if they have other tensors.
    """
    file = adapter / "adapter_model.safetensors"
    new, old = load_file(str(file)), load_file(str(other / file.name))
    if {key: value.shape for key, value in new.items()} != {k: v.shape for k, v in old.items()}:
        raise ValueError(f"{adapter} and {other} are not of one shape")
    save_file(
        {
            key: (share * value.float() + (1.0 - share) * old[key].float()).contiguous()
            for key, value in new.items()
        },
        str(file),
    )


def _text(facts: Mapping[str, Any], scores: Mapping[str, float], role: Role) -> str:
    title, purpose, limits = _TEXTS[role]
    rows = "\n".join(f"| {key} | {value} |" for key, value in scores.items())
    made = "\n".join(f"- {key}: {value}" for key, value in facts.items())
    return f"""{title}

{purpose}

How it was made:
{made}

In the mirror (topics that were in no training; shares of 1):

| figure | value |
|---|---|
{rows}

{limits}
"""
