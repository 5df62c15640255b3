"""The version folders on disk: private files that survive a power cut, and their destruction."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from sealmate.errors import BusyError, HomeError
from sealmate.paths import Paths, make_private_dir, shred, sync_folder

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
MANIFEST = "manifest.json"
UNFINISHED = ".publishing"

_NAME = re.compile(r"v(\d{4,})")
_CHUNK = 1 << 20
_WAIT = 30.0  # seconds; whoever holds the lock copies one adapter


def folder_name(number: int) -> str:
    """The folder of a version, relative to the profile's versions folder."""
    return f"v{number:04d}"


def folder_number(name: str) -> int | None:
    """The version a folder's name says, None for any other folder."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


@contextmanager
def held(paths: Paths) -> Iterator[None]:
    """Hold the right to change version folders; the system takes it back from a killed process.

    Raises BusyError if another process keeps it, HomeError if the folder cannot be written.
    """
    make_private_dir(paths.versions)
    lock = FileLock(paths.versions / ".lock", timeout=_WAIT, mode=0o600)
    with disk_errors(paths.versions):
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(
                "another sealmate is publishing or deleting a version", "try again in a minute"
            ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turn the system's errors about files below `place` into one clear line."""
    try:
        yield
    except OSError as error:
        raise HomeError(
            f"cannot write {error.filename or place}: {error.strerror or error}",
            "free some space or mend its permissions; the active version is untouched",
        ) from error


def copy_private(source: Path, target: Path) -> str:
    """Copy a file with mode 0600 down to the disk; returns the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as old, _create(target) as new:
        while block := old.read(_CHUNK):
            digest.update(block)
            new.write(block)
        _flush(new)
    return digest.hexdigest()


def write_private(target: Path, data: bytes) -> str:
    """Write a new file with mode 0600 down to the disk; returns its SHA-256."""
    with _create(target) as file:
        file.write(data)
        _flush(file)
    return hashlib.sha256(data).hexdigest()


def destroy(folder: Path) -> None:
    """Overwrite and delete everything in `folder`; one that is not there is fine.

    The weights go first: they are what must not stay behind if this is cut off. On flash
    and copy-on-write disks the overwriting is best effort: the disk decides where it writes.
    Links are removed, not followed.
    """
    if folder.is_symlink():
        folder.unlink()
        return
    if not folder.exists():
        return
    for file in sorted(folder.iterdir(), key=lambda file: file.name != WEIGHTS):
        if file.is_dir() and not file.is_symlink():
            destroy(file)
            continue
        shred(file)
    folder.rmdir()
    sync_folder(folder.parent)


def discard(folder: Path) -> None:
    """Destroy a folder that could not be finished, without covering the error in flight."""
    with suppress(OSError):
        destroy(folder)


def _create(target: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(target, flags, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
