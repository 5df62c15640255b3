"""Hashes that tell whether a model and an adapter belong together. Knows nothing of torch."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

from sealmate.errors import ModelError
from sealmate.model.protocol import ModelInfo


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hex. Raises ModelError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"cannot read {path}: {error.strerror}", "is the file still there?"
        ) from error


def weights_fingerprint(folder: Path) -> str:
    """SHA-256 over names and hashes of a folder's safetensors files.

    Hashing gigabytes at each start would be felt, so it is kept in `fingerprint.json` beside
    them and believed while sizes and times of the files are the same.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelError(f"{folder} holds no safetensors weights", "fetch the model again")
    state = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    note = folder / "fingerprint.json"
    if note.is_file():
        try:
            kept = json.loads(note.read_text())
            if kept["files"] == state:
                return str(kept["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name} {hash_file(file)}\n".encode())
    try:
        note.write_text(json.dumps({"files": state, "sha256": total.hexdigest()}))
        note.chmod(0o600)
    except OSError:
        pass  # a read-only cache only means hashing again
    return total.hexdigest()


def base_fingerprint(folder: Path, writer_sha256: str) -> str:
    """What a memory stands on: the base's weights and the writer's hash ("" for none)."""
    return hashlib.sha256((weights_fingerprint(folder) + writer_sha256).encode()).hexdigest()


def describe(model_id: str, folder: Path, writer: Path | None) -> ModelInfo:
    """The identity of a model without loading it; what only loading tells is "" or 0.

    Raises ModelError if the folder holds no weights.
    """
    writer_sha = hash_file(writer / "adapter_model.safetensors") if writer else ""
    tokenizer = folder / "tokenizer.json"
    return ModelInfo(
        id=model_id,
        folder=folder,
        fingerprint=base_fingerprint(folder, writer_sha),
        tokenizer_sha256=hash_file(tokenizer) if tokenizer.is_file() else "",
        template_sha256="",
        writer_sha256=writer_sha,
        quantization="",
        device="",
        compute_dtype="",
        layers=0,
        context=0,
    )


def adapter_scale(folder: Path) -> float:
    """The factor of a LoRA adapter's product: alpha / r, or alpha / sqrt(r) for rsLoRA.

    rsLoRA: Kalajdzievski 2023, arXiv 2312.03732.
    """
    config = json.loads((folder / "adapter_config.json").read_text())
    rank = float(config["r"])
    root = math.sqrt(rank) if config.get("use_rslora") else rank
    return float(config["lora_alpha"]) / root
