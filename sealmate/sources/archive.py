"""Zip files from strangers, and the XML in them: read with limits, so that bombs cost nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from xml.parsers import expat

from sealmate.errors import SourceError
from sealmate.sources.document import show

_MOST_MEMBERS = 20_000
_HEAD = 65_536


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
        raise SourceError(f"is damaged: no {show(name)} in the zip", "fetch it again") from None
    if info.flag_bits & 1:
        raise SourceError("is encrypted", "save it without a password")
    if info.file_size > max_bytes:
        raise SourceError(
            f"is refused: {show(name)} unpacks to {info.file_size / 1e6:.0f} MB, "
            f"more than {max_bytes / 1e6:g} MB",
            "split it into smaller files",
        )
    try:
        return archive.read(info)
    except Exception as error:  # as above
        raise SourceError(
            f"is damaged: {show(name)} cannot be unpacked", "fetch it again"
        ) from error


def read_xml(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """The bytes of a member that an XML parser is to read, be it well-formed or not.

    Raises SourceError as `read_member` does, and if it declares entities.
    """
    data = read_member(archive, name, max_bytes)
    _may_be_xml(name, data)
    return data


def holds_xml(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether an XML parser would take a member, whatever its name; False if it is damaged.

    Raises SourceError if it declares entities.
    """
    try:
        with archive.open(name) as member:
            head = member.read(_HEAD)
    except Exception:  # as above; nor can anybody else read it
        return False
    return _may_be_xml(name, head)


class _PrologEndError(Exception):
    """The XML proper begins: nothing can be declared any more."""


def _may_be_xml(name: str, head: bytes) -> bool:
    """Whether bytes are XML up to their end or the first element.

    Entities, and defaults of attributes, are how a few bytes of XML grow to gigabytes; no office
    program writes them. The parser itself says whether there are any, as it alone knows how they
    may be encoded. Those of a DTD elsewhere are never fetched. Raises SourceError.
    """

    def doctype(root: str, system: str | None, public: str | None, own: int) -> None:
        if own:
            raise SourceError(
                f"is refused: {show(name)} declares XML entities, or rules of its own"
            )

    def element(tag: str, attributes: Any) -> None:
        raise _PrologEndError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(head, False)
    except _PrologEndError:
        return True
    except (expat.ExpatError, ValueError, LookupError):  # the latter of unknown encodings
        return False
    return True
