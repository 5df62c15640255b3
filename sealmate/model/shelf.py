"""Where models lie on this disk, and whether one is complete. Touches no network.

Fetched models lie in `<paths.models>/<key>/`, each with a provenance.json that was written last:
a folder without it is never used.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from sealmate.errors import ModelError
from sealmate.model import catalogue, hub
from sealmate.model.identity import hash_file
from sealmate.model.transfer import folder_bytes
from sealmate.model.unpack import PROVENANCE
from sealmate.paths import Paths


def key_of(name: str) -> str:
    """The folder's name below `paths.models` for a catalogue name, hub id or GGUF path."""
    entry = catalogue.find(name)
    if entry is not None:
        return entry.name if entry.gguf else entry.hub.replace("/", "--")
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf":
        state = path.stat() if path.exists() else None
        mark = f"{path.absolute()}|{state.st_size}|{state.st_mtime_ns}" if state else str(path)
        stem = re.sub(r"[^\w.-]+", "-", path.stem)[:60]
        return f"{stem}-{hashlib.sha256(mark.encode()).hexdigest()[:8]}"
    return name.replace("/", "--")


def locate(name: str, paths: Paths) -> Path | None:
    """The folder of a model that is on this disk and complete, else None. Touches no network.

    Raises ModelError if `name` is a folder that holds no usable model, or no sort of name.
    """
    folder = Path(name).expanduser()
    entry = catalogue.find(name)
    if entry is None and name.strip() and folder.is_dir():
        if problem := problem_of(folder):
            raise ModelError(f"the folder {folder} holds no usable model: {problem}")
        return folder.absolute()
    if entry is None and folder.suffix.lower() != ".gguf" and not hub.is_hub_id(name):
        known = ", ".join(item.name for item in catalogue.entries())
        raise ModelError(
            f"no model is called {name!r}",
            f"name one of {known}, or a hub id (owner/model), a folder or a .gguf file",
        )
    if entry is None and folder.suffix.lower() == ".gguf" and not folder.is_file():
        raise ModelError(f"the file {folder} does not exist")
    ours = paths.models / key_of(name)
    if (ours / PROVENANCE).is_file() and problem_of(ours) is None:
        return ours
    repo = (entry.hub if entry and not entry.gguf else None) or (
        name if entry is None and hub.is_hub_id(name) else None
    )
    theirs = hub.cached(repo) if repo else None
    return theirs if theirs is not None and problem_of(theirs) is None else None


def problem_of(folder: Path) -> str | None:
    """What keeps `folder` from being a model with safetensors and tokenizer; None if nothing."""
    if not (folder / "config.json").is_file():
        return "no config.json"
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, OSError):
            return f"{index.name} is damaged"
        missing = sorted(shard for shard in shards if not (folder / shard).is_file())
        if missing:
            return f"{missing[0]} is missing"
    elif not any(folder.glob("*.safetensors")):
        return "no .safetensors file"
    for name, wanted in _recorded(folder).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != wanted["bytes"]:
            return f"{name} is missing or cut short"
    if not any((folder / n).is_file() for n in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        return "no tokenizer"
    return None


def _recorded(folder: Path) -> dict[str, dict[str, Any]]:
    """The size and hash of each file as provenance.json has them; empty without a sound one."""
    try:
        files = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))["files"]
        return {
            str(name): {"bytes": int(file["bytes"]), "sha256": str(file["sha256"])}
            for name, file in files.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def removable(name: str, paths: Paths) -> Path:
    """The folder in the model cache that `remove` would delete. Raises ModelError."""
    folder = paths.models / key_of(name)
    if catalogue.find(name) is None and Path(name).expanduser().is_dir():
        raise ModelError(f"{name} is your own folder, not a fetched model", "delete it yourself")
    if not folder.is_dir() and not (paths.models / f".{folder.name}.partial").is_dir():
        raise ModelError(f"no fetched model {name!r} lies in {paths.models}")
    return folder


def remove(name: str, paths: Paths) -> int:
    """Delete a fetched model, or what a cut left of one; the bytes freed. Raises ModelError."""
    folder = removable(name, paths)
    with FileLock(paths.models / f".{folder.name}.lock", mode=0o600):
        freed = 0
        for path in (folder, paths.models / f".{folder.name}.partial"):
            freed += folder_bytes(path)
            # Renamed first: a model that is half deleted must not look like one.
            gone = path.with_name(f".{folder.name}.gone")
            if path.is_dir():
                path.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
    return freed


def damage(folder: Path, *, hashes: bool) -> str | None:
    """`problem_of`, and with `hashes` also whether the files are still those that were fetched."""
    if (problem := problem_of(folder)) or not hashes:
        return problem
    for name, wanted in _recorded(folder).items():
        if hash_file(folder / name) != wanted["sha256"]:
            return f"{name} is not the file that was fetched"
    return None
