"""The log of a home: opened for its owner alone, and where something broke written into it.

What an exception says may quote a note, and no forgetting would find half a sentence of one in
here: only where it came from is written, and of what type it is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from traceback import FrameSummary, StackSummary, walk_tb
from typing import IO

from sealmate.paths import make_private_dir

_LIMIT = 5_000_000  # bytes


def open_log(log: Path) -> IO[bytes]:
    """The log for appending, readable by its owner only; a long one makes way first, to
    ".old.log". Raises OSError."""
    if log.exists() and log.stat().st_size > _LIMIT:
        log.replace(log.with_suffix(".old.log"))
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file = os.fdopen(handle, "ab")
    found, owner = os.fstat(handle), getattr(os, "getuid", None)
    # A link to /dev/null must leave that as it is.
    if owner and found.st_uid == owner() and stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
        os.fchmod(handle, 0o600)
    file.seek(0, os.SEEK_END)
    return file


def write_error(log: Path, error: BaseException, at: datetime, where: str) -> None:
    """Append the frames and the type of an unexpected error, and of those before it, under a line
    with the time and `where` it was met. Raises HomeError for the folder, OSError for the file."""
    make_private_dir(log.parent)
    with open_log(log) as file:
        text = f"{at.isoformat()} sealmate {where}\n{frames(error)}\n"
        file.write(text.encode("utf-8", "backslashreplace"))


def frames(error: BaseException) -> str:
    """Where an error came from, like a traceback, without what it says and without any line of
    source text."""
    return "\n".join(_parts(error, set()))


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before, how = error.__cause__, "it caused:"
    if before is None and not error.__suppress_context__:
        before, how = error.__context__, "while that was handled:"
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield how
    found = [
        # an empty line of source text keeps it from being looked up
        FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, line="")
        for frame, line in walk_tb(error.__traceback__)
    ]
    yield "".join(StackSummary.from_list(found).format()).rstrip()
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            if id(inner) not in seen:
                yield "in that group:"
                yield from _parts(inner, seen)
