"""Loading the frozen base: NF4 through bitsandbytes, unpacked once where that pays.

On a GPU the layers stay bitsandbytes `Linear4bit`. On a CPU bitsandbytes unpacks a weight at
every call, so the same NF4 numbers are unpacked once into ordinary linear layers. The writer
adapter, where there is one, is part of what the memory stands on: folded into the unpacked
weights on a CPU, a second active adapter on a GPU.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import bitsandbytes as bnb
import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as hf_logging

from sealmate.errors import ModelError
from sealmate.model.attention import attention_for
from sealmate.model.cpu import cores, cpu_dtype, cpu_name
from sealmate.model.frozen import FrozenLinear
from sealmate.model.identity import adapter_scale, base_fingerprint, hash_file
from sealmate.model.memory import available_bytes, keep_freed_memory
from sealmate.model.slab import cache_argument

hf_logging.set_verbosity_error()
hf_logging.disable_progress_bar()


@dataclass(frozen=True, slots=True)
class Base:
    """A loaded base. `unpacked` tells whether its linear layers are ordinary ones."""

    model: Any
    tokenizer: Any
    device: torch.device
    dtype: torch.dtype
    unpacked: bool
    fingerprint: str
    tokenizer_sha256: str
    template_sha256: str
    writer_sha256: str
    writer: Path | None

    @property
    def decoder(self) -> Any:
        """The stack of layers without the head."""
        return self.model.get_decoder()

    def autocast(self) -> Any:
        """peft keeps its weights in fp32; this runs them in the base's type."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def decode(self, *inputs: Any, cache: Any, **how: Any) -> Any:
        """Hidden states (rows, columns, hidden) of the decoder with `cache`, which it fills."""
        decoder = self.decoder
        how[cache_argument(type(decoder).forward)] = cache
        return decoder(*inputs, use_cache=True, **how).last_hidden_state

    @property
    def head(self) -> Any:
        """The linear layer from hidden states to logits."""
        return self.model.get_output_embeddings()


def environment(base: Base) -> str:
    """What decides the last bits of a sum beside the numbers: equal here means equal logits.

    A CPU multiplies 4-bit layers that are not unpacked by kernels of their own. How it is written
    may change: a version that was published under another wording is compared with a tolerance.
    """
    if base.device.type == "cuda":
        return f"{_libraries()}, {torch.cuda.get_device_name(base.device)}"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{_libraries()}, {cpu_name()} ({capability}), {torch.get_num_threads()} threads" + (
        "" if base.unpacked else ", packed"
    )


@lru_cache
def _libraries() -> str:
    """The libraries that have a part in a logit, with their releases."""
    others = (f"{name} {version(name)}" for name in ("transformers", "bitsandbytes", "peft"))
    return ", ".join([f"torch {torch.__version__}", *others])


def choose_device(wanted: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda": of several GPUs the one with most free memory.

    Raises ModelError if CUDA is asked for and absent.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            "no CUDA GPU is usable", "set device to cpu or auto, see `sealmate doctor`"
        )
    if wanted == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", _emptiest(torch.cuda.device_count()))


def _emptiest(count: int) -> int:
    """The number of the GPU with most free memory, the first of those that have as much."""
    if count < 2:
        return 0  # asking each takes some of its memory: not where there is nothing to choose
    return max(range(count), key=_free_on)


def _free_on(number: int) -> int:
    try:
        return torch.cuda.mem_get_info(number)[0]
    except RuntimeError:
        return 0  # another process has it for itself alone


def load_base(
    folder: Path,
    *,
    device: str = "auto",
    threads: int = 0,
    writer: Path | None = None,
    compute_cache: Path | None = None,
) -> Base:
    """Load the causal model of `folder` in NF4 with double quantisation.

    `threads` 0 uses all cores of the process; more than the computer has are not used. `writer` is
    a peft adapter folder that the memory stands on. Raises ModelError if the folder is no model,
    has no chat template, or does not fit into memory.
    """
    where = choose_device(device)
    keep_freed_memory()
    # a hundred thousand would be a segmentation fault
    torch.set_num_threads(min(threads, os.cpu_count() or 1) or len(cores()))
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no model (config.json is missing)",
                         "fetch one with `sealmate model fetch`")  # fmt: skip
    dtype = cpu_dtype(compute_cache) if where.type == "cpu" else torch.bfloat16
    tokenizer = _tokenizer(folder)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            quantization_config=BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=dtype,
            ),
            dtype=dtype,
            device_map={"": str(where)},
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation=attention_for(where, dtype),
        )
    except torch.cuda.OutOfMemoryError as error:
        raise ModelError(f"{folder.name} does not fit into the GPU's memory",
                         "choose a smaller one: `sealmate init`") from error  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"cannot load the model in {folder}: {_first_line(error)}",
                         "fetch it again with `sealmate model fetch`") from error  # fmt: skip
    model.requires_grad_(False)
    model.eval()
    if where.type == "cpu":
        _leave_as_packed(model)
    unpacked = where.type == "cpu" and _fits_unpacked(model, dtype)
    writer_sha = hash_file(writer / "adapter_model.safetensors") if writer else ""
    if unpacked:
        _unpack(model, dtype, _writer_deltas(writer) if writer else None)
        _arrange(model)
    template = tokenizer.chat_template
    return Base(
        model=model,
        tokenizer=tokenizer,
        device=where,
        dtype=dtype,
        unpacked=unpacked,
        fingerprint=base_fingerprint(folder, writer_sha),
        tokenizer_sha256=hash_file(folder / "tokenizer.json")
        if (folder / "tokenizer.json").is_file()
        else "",
        template_sha256=hashlib.sha256(str(template).encode()).hexdigest(),
        writer_sha256=writer_sha,
        writer=writer,
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _tokenizer(folder: Path) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"cannot load the tokenizer in {folder}: {_first_line(error)}",
                         "fetch the model again") from error  # fmt: skip
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(f"the model in {folder} has no chat template",
                         "choose an instruct model: `sealmate init` proposes one")  # fmt: skip
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _writer_deltas(folder: Path) -> Callable[[str], torch.Tensor | None]:
    """A function from a module's name to the fp32 change the adapter in `folder` makes to it."""
    scale = adapter_scale(folder)
    file: Any = safe_open(str(folder / "adapter_model.safetensors"), framework="pt")
    keys = set(file.keys())

    def delta(module: str) -> torch.Tensor | None:
        stem = f"base_model.model.{module}.lora_"
        if f"{stem}A.weight" not in keys:
            return None
        down: torch.Tensor = file.get_tensor(f"{stem}A.weight").float()
        up: torch.Tensor = file.get_tensor(f"{stem}B.weight").float()
        return scale * (up @ down)

    return delta


def _packed(model: Any) -> list[Any]:
    return [part for part in model.modules() if isinstance(part, bnb.nn.Linear4bit)]


def _leave_as_packed(model: Any) -> None:
    """Keep bitsandbytes from packing 4-bit weights in another way at the first forward.

    It does so on CPUs with AVX512-BF16: no gradient comes through weights packed so, and they are
    others once they were unpacked again for a state.
    """
    for part in _packed(model):
        part.support_avx512bf16_for_cpu = False


def _fits_unpacked(model: Any, dtype: torch.dtype) -> bool:
    """Whether the 4-bit layers' numbers in `dtype` leave half of the memory for everything else."""
    needed = sum(part.in_features * part.out_features for part in _packed(model)) * dtype.itemsize
    available = available_bytes()
    return available is None or 2 * needed <= available


def _arrange(model: Any) -> None:
    """Make few rows quick, where the memory for a second copy is easily there."""
    head = model.get_output_embeddings()
    if type(head) is torch.nn.Linear:
        bias = head.bias.data if head.bias is not None else None
        model.set_output_embeddings(FrozenLinear.of(head.weight.data, bias))
    layers = [part for part in model.modules() if isinstance(part, FrozenLinear)]
    needed = sum(part.weight.nbytes for part in layers)
    available = available_bytes()
    if available is None or 4 * needed <= available:
        for part in layers:
            part.arrange()


def _unpack(
    model: Any, dtype: torch.dtype, delta: Callable[[str], torch.Tensor | None] | None
) -> None:
    """Replace every `Linear4bit` by a linear layer that holds the same NF4 numbers."""
    for parent_name, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            if not isinstance(child, bnb.nn.Linear4bit):
                continue
            weight = bnb.functional.dequantize_4bit(
                child.weight.data, child.weight.quant_state
            ).float()
            path = f"{parent_name}.{name}" if parent_name else name
            change = delta(path) if delta is not None else None
            if change is not None:
                weight += change
            bias = child.bias.data.to(dtype) if child.bias is not None else None
            setattr(parent, name, FrozenLinear.of(weight.to(dtype), bias))
    # transformers and peft look at these marks and would treat plain layers as packed ones
    for mark in ("is_loaded_in_4bit", "is_quantized"):
        setattr(model, mark, False)
    model.quantization_method = None
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
