"""What was told, as plain files: a person can leave with it and read it without sealmate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sealmate.errors import HomeError, UsageError
from sealmate.paths import make_private_dir
from sealmate.records import Source
from sealmate.sources.document import show

_PLAIN = ("text/plain", "application/pdf")  # of everything else the text is Markdown
_LONGEST = 60  # letters of a title in a name: in UTF-8 no file system's limit


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Where the texts are: each source with its file's name in `folder`."""

    folder: Path
    files: tuple[tuple[Source, str], ...]


def take_out(sources: Iterable[Source], folder: str | Path) -> TakenOut:
    """Write the text of each of `sources` to a file of its own in `folder`, which is new or empty.

    The files begin with the source's id, are dated as it is, and are the owner's alone. Raises
    UsageError for a folder in use or without a name, HomeError where it cannot be written.
    """
    if not str(folder):
        raise UsageError("the folder has no name", "name a new folder")
    target = Path(folder).expanduser().absolute()
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UsageError(f"{show(target)} exists and is not empty", "name a new folder")
        make_private_dir(target)
        files = tuple((source, _write(target, source)) for source in sources)
    except OSError as error:
        raise HomeError(
            f"cannot write to {show(target)}: {error.strerror}", "name another folder"
        ) from error
    return TakenOut(target, files)


def _write(folder: Path, source: Source) -> str:
    name = file_name(source)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(folder / name, flags, 0o600), "wb") as file:
        file.write(source.text.encode("utf-8", "replace") + b"\n")
    at = source.created_at.timestamp()
    with suppress(OSError, OverflowError):  # the date is a courtesy
        os.utime(folder / name, (at, at))
    return name


def file_name(source: Source) -> str:
    """The id and the words of the title; nothing that a shell or a file system takes amiss."""
    words = re.sub(r"[\W_]+", "-", source.title).strip("-")[:_LONGEST].strip("-")
    ending = ".txt" if source.media_type in _PLAIN else ".md"
    return "-".join(filter(None, (f"{source.id:04}", words))) + ending
