"""PDF to text: pdfium finds the characters, this module finds the paragraphs."""

from __future__ import annotations

import re
import statistics
import threading
from collections import defaultdict
from itertools import pairwise
from typing import Any, BinaryIO

from sealmate.errors import SourceError
from sealmate.sources.document import Document, too_large

MEDIA_TYPE = "application/pdf"
# pdfium keeps state per process and is not thread-safe: two chats' uploads must take turns.
_PDFIUM = threading.Lock()
_TAIL = 64_000
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)
# pdfium puts U+FFFE or U+0002 in the place of a hyphen that only divides a line.
_DIVIDED = re.compile("[\ufffe\x02]\\s*")
_ENDS = (".", "!", "?", ":", ".”", '."', ".)", "!”", "?”")
_NO_TITLE = re.compile(
    r"(untitled.*|microsoft word - .*|document\d*|.*\.(docx?|tex|dvi|ps|indd))?$"
)


def read_pdf(file: BinaryIO, max_bytes: int) -> Document:
    """The text of a PDF, page after page, running heads and page numbers left out.

    Raises SourceError (without the path) if it is encrypted, cut short, damaged, too large,
    or has pictures of text only.
    """
    _refuse_cut_short(file)
    with _PDFIUM:
        title, pages = _extract(file, max_bytes)
    blank = sum(1 for page in pages if not page)
    if blank == len(pages):
        raise SourceError(
            "has no text, only pictures (a scan?)", "run it through OCR first, as ocrmypdf does"
        )
    notes = (f"{blank} of its {len(pages)} pages have no text (scanned?)",) if blank else ()
    text = _join_pages(_without_running_heads(pages)).translate(_LIGATURES)
    return Document("" if _NO_TITLE.match(title.lower()) else title, text, MEDIA_TYPE, notes)


def _refuse_cut_short(file: BinaryIO) -> None:
    # pdfium mends what it can, and so would silently give half of a half-fetched file.
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    if b"%%EOF" not in file.read():
        raise SourceError(
            "is cut short or no PDF: its end mark is missing", "fetch or export it again"
        )
    file.seek(0)


def _extract(file: BinaryIO, max_bytes: int) -> tuple[str, list[list[str]]]:
    """(title, the paragraphs' lines of each page): a "" line parts paragraphs."""
    import pypdfium2  # 80 ms and a shared library: not for those who never read one

    try:
        with pypdfium2.PdfDocument(file) as pdf:
            title = pdf.get_metadata_dict().get("Title", "").strip()
            pages: list[list[str]] = []
            size = 0
            for page in pdf:
                textpage = page.get_textpage()
                pages.append(_lines(textpage))
                textpage.close()
                page.close()
                size += sum(map(len, pages[-1]))
                if size > max_bytes:
                    raise too_large(max_bytes)
    except pypdfium2.PdfiumError as error:
        reason = str(error)
        if "assword" in reason or "security" in reason.lower():
            raise SourceError(
                "is encrypted", "save a copy without a password, e.g. by printing it to PDF"
            ) from error
        raise SourceError(f"is a damaged PDF: {reason}", "fetch or export it again") from error
    if not pages:
        raise SourceError("is a PDF without pages")
    return title, pages


def _lines(textpage: Any) -> list[str]:
    """The lines of a page, with "" between paragraphs.

    A paragraph ends where the distance to the next line is larger than the page's usual one,
    or after a short line that ends a sentence.
    """
    raw = textpage.get_text_range()
    exact = len(raw) == textpage.count_chars()  # else indexes into it are not characters'
    shown: list[str] = []
    bottoms: list[float] = []
    heights: list[float] = []
    start = 0
    for line in raw.split("\n"):
        if line.strip():
            shown.append(line.strip())
            first = start + len(line) - len(line.lstrip())
            box = textpage.get_charbox(first, loose=True) if exact else (0.0, 0.0, 0.0, 0.0)
            bottoms.append(box[1])
            heights.append(box[3] - box[1])
        start += len(line) + 1
    gaps = [above - below for above, below in pairwise(bottoms)]
    drops = sorted(gap for gap in gaps if gap > 0)
    # The lower quartile, as a page may hold more headings than running text; and no line of a
    # paragraph is more than double-spaced.
    usual = min(drops[len(drops) // 4], 2 * statistics.median(heights)) if drops else 0.0
    longest = max(map(len, shown), default=0)
    lines: list[str] = shown[:1]
    for before, line, gap in zip(shown, shown[1:], gaps, strict=False):
        short = len(before) < 0.8 * longest and before.endswith(_ENDS)
        if gap > 1.35 * usual or (short and not line[0].islower()):
            lines.append("")
        lines.append(line)
    return lines


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Pages without page numbers and without the first or last line that most pages share.

    A line that is the same everywhere stays where it comes first: it may be the title.
    """
    edges: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for mask, line in {_mask(line): line for line in (page[:1] + page[-1:])}.items():
            edges[mask].append(line)
    common = {
        mask: len(set(lines)) > 1  # numbered
        for mask, lines in edges.items()
        if len(lines) >= 3 and len(lines) > len(pages) / 2
    }
    met: set[str] = set()
    kept: list[list[str]] = []
    for page in pages:
        page = list(page)
        for index in (-1, 0):
            mask = _mask(page[index]) if page else ""
            if mask in common and (common[mask] or mask in met):
                del page[index]
            met.add(mask)
        kept.append(page)
    return kept


def _mask(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def _join_pages(pages: list[list[str]]) -> str:
    """One text: lines of a paragraph joined by spaces, also across a page's end."""
    paragraphs: list[str] = []
    goes_on = False
    for page in pages:
        for paragraph in "\n".join(page).split("\n\n"):
            text = " ".join(paragraph.split("\n")).strip()
            if not text:
                continue
            if goes_on and text[0].islower():
                paragraphs[-1] += " " + text
            else:
                paragraphs.append(text)
            goes_on = False
        goes_on = bool(paragraphs) and not paragraphs[-1].endswith(_ENDS)
    return _DIVIDED.sub("", "\n\n".join(paragraphs))
