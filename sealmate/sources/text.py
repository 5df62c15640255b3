"""Bytes to clean text: byte order marks, UTF-8, and the legacy encodings of old notes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from itertools import groupby

from sealmate.errors import SourceError

_MARKS = (  # UTF-32's mark begins with UTF-16's, so it comes first
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ALLOWED = frozenset("\t\n\r\f\v\b\x1b")
# Control characters; soft hyphens, zero-width spaces and direction overrides, none of which a
# reader sees. The joiners of Indic, Persian and emoji stay.
_UNSEEN = [
    *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"),
    *(0xAD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
]
_SPACES = (*range(0x1C, 0x20), 0xA0, 0x2007, 0x202F)
_TIDY: dict[int, str | None] = {
    **dict.fromkeys(_UNSEEN),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # lone surrogates cannot be stored
}
_PILES = re.compile(r"[^\w\s\x00-\x7f]{31,}")  # or other signs: no letter or digit is among them
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")


def _legacy(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)  # latin-1


_LEGACY = {0xDC00 + byte: _legacy(byte) for byte in range(0x80, 0x100)}


def decode(data: bytes, encoding: str | None = None) -> str:
    """The text of `data`, not yet tidied.

    A byte order mark decides; then `encoding`, if the document declares one and the bytes
    obey it; then UTF-8, where each byte that is not UTF-8 is read as Windows-1252 or, where
    that has no such character, Latin-1. So a file in mixed encodings loses nothing.
    Raises SourceError if this is not text.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(name, "replace"))
    if b"\0" in data:
        raise _binary()
    if encoding is not None:
        try:
            return _checked(data.decode(encoding))
        except (LookupError, UnicodeError):
            pass  # an unknown name or a lie: the bytes know better
    return _checked(data.decode("utf-8", "surrogateescape").translate(_LEGACY))


def _checked(text: str) -> str:
    controls = sum(
        map(text.count, (chr(code) for code in range(0x20) if chr(code) not in _ALLOWED))
    )
    # Compressed or compiled bytes are a tenth controls; text has a stray one at most.
    if "\0" in text or controls > 2 + len(text) // 50:
        raise _binary()
    return text


def _binary() -> SourceError:
    return SourceError(
        "is not text: it holds binary data", "text, Markdown, HTML, PDF, DOCX and EPUB can be read"
    )


def tidy(text: str) -> str:
    """`text` with "\\n" line ends, composed letters (NFC), plain spaces and nothing unseen.

    What a terminal would obey (escape sequences) must not come out of somebody's document;
    trailing spaces and blank lines at both ends go as well.
    """
    text = _LINE_ENDS.sub("\n", text).translate(_TIDY)
    text = unicodedata.normalize("NFC", _PILES.sub(_in_order, text))
    # line by line: a pattern that ends in "$" would try every space inside of lines
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip()


def _in_order(run: re.Match[str]) -> str:
    """Marks on one letter in the order that Unicode gives them, which changes nothing to see.

    Runs over 30 are nobody's writing (UAX #15, stream-safe text), and `normalize` sorts them in
    the square of their length.
    """
    marks = "".join(unicodedata.normalize("NFD", char) for char in run[0])
    return "".join(
        "".join(sorted(group, key=unicodedata.combining) if apart else group)
        for apart, group in groupby(marks, lambda char: unicodedata.combining(char) > 0)
    )


def tidy_title(title: str, limit: int = 120) -> str:
    """`title` on one line of at most `limit` characters, cut at a word where there is one."""
    title = " ".join(tidy(title).split())
    if len(title) <= limit:
        return title
    head = title[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(",;:-– ") + "…"
