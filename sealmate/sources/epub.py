"""EPUB to Markdown: the chapters of the spine, in reading order, each the HTML way."""

from __future__ import annotations

import posixpath
import zipfile
from typing import BinaryIO
from urllib.parse import unquote
from xml.etree import ElementTree

from sealmate.errors import SourceError
from sealmate.sources.archive import open_archive, read_member, read_xml
from sealmate.sources.document import Document, show, too_large
from sealmate.sources.html import html_to_markdown

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(file: BinaryIO, max_bytes: int) -> Document:
    """The text of a book without its table of contents.

    Raises SourceError (without the path) if it is none, damaged, locked (DRM) or too large.
    """
    with open_archive(file, "EPUB") as archive:
        names = set(archive.namelist())
        if _CONTAINER not in names:
            raise SourceError(f"is not an EPUB: no {_CONTAINER} in the zip")
        root = _xml(archive, _CONTAINER, max_bytes).find(".//{*}rootfile")
        package_name = root.get("full-path", "") if root is not None else ""
        if package_name not in names:
            raise SourceError("is a damaged EPUB: its package file is missing", "fetch it again")
        package = _xml(archive, package_name, max_bytes)
        chapters = _spine(package, posixpath.dirname(package_name))
        locked = _locked(archive, max_bytes) if _ENCRYPTION in names else set()
        texts: list[str] = []
        missing = 0
        left = max_bytes
        for name in chapters:
            if name in locked:
                raise SourceError("is locked by its seller (DRM)", "get a copy without DRM")
            if name not in names:
                missing += 1
                continue
            page = read_member(archive, name, max_bytes)
            left -= len(page)
            if left < 0:
                raise too_large(max_bytes)
            try:
                texts.append(html_to_markdown(page)[1])
            except SourceError as error:
                if error.message != "has no text":  # covers and plates have none
                    raise
    if not texts:
        raise SourceError("has no text")
    notes = (f"{missing} of its {len(chapters)} chapters are missing",) if missing else ()
    title = " ".join((package.findtext(".//{*}title") or "").split())
    return Document(title, "\n\n".join(texts), MEDIA_TYPE, notes)


def _xml(archive: zipfile.ZipFile, name: str, max_bytes: int) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(read_xml(archive, name, max_bytes))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SourceError(
            f"is a damaged EPUB: {show(name)} is not XML", "fetch it again"
        ) from error


def _spine(package: ElementTree.Element, folder: str) -> list[str]:
    """The zip members of the chapters, in order, the table of contents left out."""
    pages = {
        item.get("id", ""): posixpath.normpath(
            posixpath.join(folder, unquote(item.get("href", "").partition("#")[0]))
        )
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.get("media-type", "") in _PAGES and "nav" not in item.get("properties", "").split()
    }
    spine = [entry.get("idref", "") for entry in package.iterfind(".//{*}spine/{*}itemref")]
    # A chapter named twice would be learnt twice.
    return list(dict.fromkeys(pages[name] for name in spine if name in pages))


def _locked(archive: zipfile.ZipFile, max_bytes: int) -> set[str]:
    """Members named in the encryption file: fonts are often there, chapters only under DRM."""
    tree = _xml(archive, _ENCRYPTION, max_bytes)
    return {unquote(ref.get("URI", "")) for ref in tree.iterfind(".//{*}CipherReference")}
