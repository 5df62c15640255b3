"""One file to a Document: what it is decides its first bytes, then its suffix."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sealmate.errors import SourceError
from sealmate.sources import docx, epub, markdown, pdf
from sealmate.sources.document import (
    MAX_BYTES,
    Document,
    open_regular,
    read_all,
    show,
    too_large,
)
from sealmate.sources.html import html_to_markdown
from sealmate.sources.text import decode, tidy, tidy_title

_TEXT = frozenset((".txt", ".text", ".rst", ".org", ".adoc", ".asciidoc", ".tex"))
_MARKDOWN = frozenset((".md", ".markdown", ".mkd", ".mdown"))
_HTML = frozenset((".html", ".htm", ".xhtml"))
SUFFIXES = _TEXT | _MARKDOWN | _HTML | {".pdf", ".docx", ".epub"}
"""The suffixes that are picked up from folders; a file named directly may have any."""

_FOREIGN = (  # (first bytes, what it is, how to mend)
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Office file", "save it as .docx, no password"),
    (b"{\\rtf", "an RTF file", "save it as .docx or .txt"),
    (b"\x89PNG", "a picture", "run it through OCR and ingest the text"),
    (b"\xff\xd8\xff", "a picture", "run it through OCR and ingest the text"),
    (b"GIF8", "a picture", "run it through OCR and ingest the text"),
    (b"SQLite format 3\0", "a database", "export what you want as text"),
    (b"\x1f\x8b", "a compressed file", "unpack it first"),
)


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """The title and the clean text of a file; the title falls back on the file's name.

    Raises SourceError, one line that begins with the path, if the file is absent, unreadable,
    not regular, empty, binary, damaged, encrypted, without text, or holds more than
    `max_bytes` of text.
    """
    try:
        with open_regular(path) as file:
            document = _convert(file, path.suffix.lower(), max_bytes)
        text = tidy(document.text)
        if not text:
            raise SourceError("has no text")
        if len(text.encode()) > max_bytes:
            raise too_large(max_bytes)
    except SourceError as error:
        raise SourceError(f"{show(path)} {error.message}", error.hint) from error
    name = path.stem.encode(errors="replace").decode()
    title = tidy_title(document.title) or tidy_title(name) or "untitled"
    return Document(title, text, document.media_type, document.notes)


def _convert(file: BinaryIO, suffix: str, max_bytes: int) -> Document:
    head = file.read(1024)
    file.seek(0)
    if not head:
        raise SourceError("is empty")
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise SourceError(f"is {what}", hint)
    if suffix == ".pdf" or head.startswith(b"%PDF-"):
        return pdf.read_pdf(file, max_bytes)
    if suffix in (".docx", ".epub") or head.startswith(b"PK\x03\x04"):
        return _zip_reader(file, suffix)(file, max_bytes)
    data = read_all(file, max_bytes)
    if suffix in _HTML or (suffix not in _TEXT | _MARKDOWN and _looks_like_html(head)):
        title, text = html_to_markdown(data)
        return Document(title, text, "text/html")
    text = decode(data)
    if suffix in _MARKDOWN:
        return Document(markdown.title(tidy(text)), text, "text/markdown")
    return Document("", text, "text/plain")


def _zip_reader(file: BinaryIO, suffix: str) -> Callable[[BinaryIO, int], Document]:
    """The converter of a zip: by its members, and by the suffix for the words of a refusal."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except Exception:  # the converter opens it again and says what is wrong
        names = set()
    if "META-INF/container.xml" in names or (
        suffix == ".epub" and "word/document.xml" not in names
    ):
        return epub.read_epub
    if "word/document.xml" in names or suffix == ".docx":
        return docx.read_docx
    raise SourceError(
        "is a zip, but neither a DOCX nor an EPUB", "unpack it, or save the document as .docx"
    )


def _looks_like_html(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))
