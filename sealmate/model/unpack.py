"""A GGUF file to a transformers folder: 16-bit safetensors, tokenizer and chat template.

Knows nothing of where the file came from. transformers keeps a GGUF packed by default and then
cannot save it, so it is loaded dequantised and the leftover quantisation entry is dropped.

Run as `python -m sealmate.model.unpack GGUF FOLDER` it is the child process that does the work:
the memory it takes is given back, and its libraries' progress bars stay out of the terminal.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from sealmate.child import own_module
from sealmate.errors import ModelError
from sealmate.events import Event, Progress
from sealmate.model.identity import hash_file
from sealmate.model.transfer import run_watched
from sealmate.paths import sync_folder

PROVENANCE = "provenance.json"
_GGUF_MAGIC = b"GGUF"


def check_gguf(path: Path) -> None:
    """Raise ModelError unless `path` begins like a GGUF file of a known version."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error
    if len(head) < 8 or head[:4] != _GGUF_MAGIC or struct.unpack("<I", head[4:])[0] not in (2, 3):
        raise ModelError(f"{path} is not a GGUF file", "name a .gguf file that is complete")


def check_chat(path: Path) -> None:
    """Raise ModelError unless the GGUF file is whole and has a chat template. Without torch."""
    from gguf import GGUFReader

    try:
        template = GGUFReader(path).get_field("tokenizer.chat_template")
    except Exception as error:  # numpy and gguf raise anything on files that are cut
        raise ModelError(f"{path} is cut short or damaged", "fetch it again") from error
    if template is None:
        raise ModelError(
            f"{path.name} has no chat template", "pick an instruct or chat model's file"
        )


def unpack(gguf: Path, folder: Path) -> None:
    """Write config, fp16 safetensors, tokenizer and chat template of `gguf` into `folder`.

    fp16 holds the scales of the packed blocks with more digits than bf16 does. The same file
    gives the same bytes. Raises ModelError where transformers does not know the architecture
    or the file has no chat template.
    """
    check_gguf(gguf)
    check_chat(gguf)
    # torch and transformers take seconds to import; everything else here must not.
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent),
            gguf_file=gguf.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float16,
        )
    except Exception as error:  # transformers raises anything on files it does not know
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise ModelError(
            f"transformers cannot unpack {gguf.name}: {reason}",
            "pick another model, or a folder with safetensors",
        ) from error
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


def unpack_apart(gguf: Path, folder: Path) -> Generator[Event, None, None]:
    """`unpack` in a child process, with progress. The same errors."""
    check_gguf(gguf)
    check_chat(gguf)
    yield Progress("unpack", 0, 0, f"{gguf.name} to 16-bit safetensors, once")
    command = own_module("sealmate.model.unpack", str(gguf), str(folder))
    try:
        yield from run_watched(command, folder, 0, stage="unpack")
    except ModelError as error:
        message, _, hint = error.message.partition("\t")
        raise ModelError(message, hint) from error


def _child(gguf: str, folder: str) -> int:
    try:
        unpack(Path(gguf), Path(folder))
    except ModelError as error:
        print(f"ERROR: {error.message}\t{error.hint}", file=sys.stderr)
        return 1
    return 0


def write_provenance(folder: Path, facts: Mapping[str, Any]) -> None:
    """Flush every file of `folder`, then write provenance.json with their hashes, last."""
    files = {}
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = path.relative_to(folder).as_posix()
        if name == PROVENANCE or name.startswith("."):
            continue
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        files[name] = {"sha256": hash_file(path), "bytes": path.stat().st_size}
    text = json.dumps({**facts, "files": files}, indent=2, ensure_ascii=False) + "\n"
    with (folder / PROVENANCE).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)


if __name__ == "__main__":
    sys.exit(_child(*sys.argv[1:]))
