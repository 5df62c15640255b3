"""What a converter hands back, and the reading of files that are safe to open."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sealmate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 50_000_000
"""The most text read from one file, in bytes of UTF-8 (or of the file, where it is text)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text. `notes` are lines worth telling the user: what could not be read in it."""

    title: str
    text: str
    media_type: str
    notes: tuple[str, ...] = ()


def show(path: Path | str) -> str:
    """`path` for a one-line message: whatever does not print is escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(path)
    )


def why(error: OSError) -> SourceError:
    """The user's words for an operating system's error, without the path."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return SourceError("does not exist", "check the spelling of the path")
        case errno.EACCES | errno.EPERM:
            return SourceError("cannot be read: permission denied", "check who may read it")
        case errno.ELOOP:
            return SourceError("is a symbolic link that leads back to itself", "mend the link")
        case errno.ENAMETOOLONG:
            return SourceError("has a name that is too long", "check the spelling of the path")
    return SourceError(f"cannot be read: {error.strerror or error}")


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Folders, devices, sockets and fifos are refused before they are opened, and again after
    (a fifo put in the file's place must not block). Raises SourceError without the path.
    """
    try:
        _refuse_special(path.stat().st_mode)
        flags = getattr(os, "O_NONBLOCK", 0)
        opened = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115
    except ValueError as error:  # a NUL in the name
        raise SourceError("is not a usable path", "check the spelling of the path") from error
    except OSError as error:
        raise why(error) from error
    with opened as file:
        _refuse_special(os.fstat(file.fileno()).st_mode)
        try:
            yield file
        except OSError as error:
            raise why(error) from error


def _refuse_special(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise SourceError("is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise SourceError("is a device, a pipe or a socket, not a file")


def read_all(file: BinaryIO, max_bytes: int) -> bytes:
    """The rest of `file`. Raises SourceError if there are more than `max_bytes`."""
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise too_large(max_bytes)
    return data


def too_large(max_bytes: int) -> SourceError:
    """The refusal of more than `max_bytes` of text."""
    amount = f"{max_bytes / 1e6:g} MB" if max_bytes >= 100_000 else f"{max_bytes} bytes"
    return SourceError(f"holds more than {amount} of text", "split it into smaller files")
