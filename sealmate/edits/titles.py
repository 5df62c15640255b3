"""Which titles say something of what stands under them."""

from __future__ import annotations

from sealmate.edits.forms import folded
from sealmate.edits.names import CALENDAR
from sealmate.edits.words import tokens

# what files are called that nobody gave a name
_NAMELESS = frozenset(
    {"copy", "doc", "document", "documents", "draft", "entry", "file", "final", "image", "img"}
    | {"memo", "new", "note", "notes", "page", "part", "scan", "scanned", "section", "text"}
    | {"txt", "untitled", "version"}
)
_SHORTEST = 3  # letters of a word; "v2" and "a" name nothing


def telling(title: str) -> bool:
    """Whether a title has a word that may name something: "note-003" and "2026-03-01" have none."""
    return any(
        token.kind != "number"
        and not token.forms & CALENDAR
        and token.text.isalpha()
        and (len(token.text) >= _SHORTEST or not token.text.isascii())
        and folded(token.text) not in _NAMELESS
        for token in tokens(title.replace("_", " "))
    )
