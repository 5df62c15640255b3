"""A chat model small enough for every test: four random Llama layers and a tokenizer of bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TEXT = (
    "The rabbit eats hay and the keeper waters the garden before the sun is high.",
    "Name three things that one finds in a kitchen: a kettle, a knife and a table.",
    "What is the code of the gate? I don't know. Who lives in the house by the lake?",
    "user assistant system answer question note passage",
)


def build_tiny_model(folder: Path, seed: int = 0) -> Path:
    """Write config, weights (fp32), tokenizer and chat template to `folder`; about 0.5 MB.

    Another `seed` gives other weights of the same shapes.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.train_from_iterator(
        _TEXT,
        trainers.BpeTrainer(
            vocab_size=320,
            special_tokens=specials,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(str(folder))
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,  # logits that differ visibly
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(str(folder))
    return folder


def build_adapter(
    folder: Path,
    base: Path,
    *,
    seed: int = 1,
    rank: int = 4,
    targets: tuple[str, ...] = ("q_proj", "v_proj", "up_proj"),
    layers: tuple[int, ...] | None = None,
    rslora: bool = True,
) -> Path:
    """A peft LoRA adapter of random numbers for the model in `base`, saved plainly to `folder`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        use_rslora=rslora,
        target_modules=list(targets),
        layers_to_transform=None if layers is None else list(layers),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        peft = get_peft_model(AutoModelForCausalLM.from_pretrained(str(base)), config)
        for name, parameter in peft.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        peft.save_pretrained(str(folder))
    return folder


def open_tiny(
    folder: Path, scratch: Path, *, writer: Path | None = None, reader: Path | None = None
) -> LocalModel:
    """The model of `folder` in NF4 on the CPU, answering in fp32 whatever this CPU is faster in.

    `scratch` is a folder for the note that says so.
    """
    import torch

    from sealmate.model.cpu import cpu_kind
    from sealmate.model.local import LocalModel

    note = scratch / "compute.json"
    note.write_text(json.dumps({f"{torch.__version__} {cpu_kind()}": "float32"}))
    return LocalModel.open(
        "tiny", folder, device="cpu", writer=writer, reader=reader, compute_cache=note
    )
