"""Zip files from strangers: opened with limits, so that a zip bomb costs nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from sealmate.errors import SourceError

_MOST_MEMBERS = 20_000


@contextmanager
def open_archive(file: BinaryIO, kind: str) -> Iterator[zipfile.ZipFile]:
    """The zip in `file`. `kind` is what it should be ("DOCX"), for the SourceError."""
    try:
        file.seek(0)
        archive = zipfile.ZipFile(file)
    except Exception as error:  # zipfile lets ValueError, struct.error and others through
        raise SourceError(
            f"is not a {kind}: it is no whole zip file", "it may be cut short: fetch it again"
        ) from error
    with archive:
        if len(archive.infolist()) > _MOST_MEMBERS:
            raise SourceError(f"is refused: more than {_MOST_MEMBERS} files in one {kind}")
        yield archive


def read_member(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """The bytes of one member.

    `zipfile` never inflates past the declared size, so checking that is enough.
    Raises SourceError if it is missing, damaged, encrypted or larger than `max_bytes`.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise SourceError(f"is damaged: no {name} in the zip", "fetch it again") from None
    if info.flag_bits & 1:
        raise SourceError("is encrypted", "save it without a password")
    if info.file_size > max_bytes:
        raise SourceError(
            f"is refused: {name} unpacks to {info.file_size / 1e6:.0f} MB, "
            f"more than {max_bytes / 1e6:g} MB",
            "split it into smaller files",
        )
    try:
        data = archive.read(info)
    except Exception as error:  # as above
        raise SourceError(f"is damaged: {name} cannot be unpacked", "fetch it again") from error
    # Entities are how a few bytes of XML grow to gigabytes; no office program writes them.
    if name.endswith((".xml", ".rels", ".opf")) and b"<!ENTITY" in data:
        raise SourceError(f"is refused: {name} declares XML entities")
    return data
