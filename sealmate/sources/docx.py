"""DOCX to Markdown: mammoth makes HTML of it, and that goes the HTML way."""

from __future__ import annotations

import re
from html import unescape
from typing import BinaryIO

from sealmate.errors import SourceError
from sealmate.sources.archive import holds_xml, open_archive, read_member, read_xml
from sealmate.sources.document import Document
from sealmate.sources.html import html_to_markdown

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BODY = "word/document.xml"
_TITLE = re.compile(rb"<dc:title>([^<]*)</dc:title>")
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
# mammoth keeps the parsed XML as a tree of about thirty times its size.
_MOST_XML = 30_000_000


def read_docx(file: BinaryIO, max_bytes: int) -> Document:
    """The text of a Word document, its title "" where it names none.

    Raises SourceError (without the path) if it is none, damaged, or too large.
    """
    import mammoth  # 60 ms: not for those who never read one

    limit = min(max_bytes, _MOST_XML)
    with open_archive(file, "DOCX") as archive:
        names = set(archive.namelist())
        if _BODY not in names and not any(
            name.startswith("word/document") and name.endswith(".xml") for name in names
        ):
            raise SourceError(
                f"is not a DOCX: no {_BODY} in the zip", "open it in Word and save it as .docx"
            )
        for name in names:
            # mammoth may parse any member that a relation names
            if name.endswith((".xml", ".rels")) or holds_xml(archive, name):
                read_xml(archive, name, limit)
        core = (
            read_member(archive, "docProps/core.xml", limit)
            if "docProps/core.xml" in names
            else b""
        )
    named = _TITLE.search(core)
    title = unescape(named[1].decode("utf-8", "replace")) if named else ""
    file.seek(0)
    try:
        html = mammoth.convert_to_html(
            file, convert_image=lambda image: [], style_map=_STYLES
        ).value
    except Exception as error:  # mammoth has no error class: whatever it raises, the file is bad
        raise SourceError(
            f"is a damaged DOCX: {' '.join(str(error).split())[:200] or type(error).__name__}",
            "open it in Word and save it again",
        ) from error
    heading, text = html_to_markdown(html)
    return Document(title.strip() or heading, text, MEDIA_TYPE)
