"""Markdown: kept as text; this module only finds structure in it (front matter, headings)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# No line fits two of the alternatives: else each such line would double the ways to fail.
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:(?:[ \t#-].*|\w[\w-]*[ \t]*:.*|)\n)*?---[ \t]*(?:\n|$)")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_ATX_CLOSING = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NOT_A_TITLE = re.compile(r"[ \t]*(?:[-*+>|]|\d+[.)])[ \t]| {4}|\t")
_LONGEST_HEADING = 200
_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines that belong together. A heading's `text` is without its markup.

    `level` is 1..6 for headings, 0 otherwise.
    """

    text: str
    level: int = 0


def front_matter(text: str) -> str:
    """The YAML between two lines of "---" at the very beginning, both included, or ""."""
    found = _FRONT_MATTER.match(text)
    return found[0] if found else ""


def blocks(text: str) -> Iterator[Block]:
    """The headings, paragraphs and fenced code blocks of `text`, in order.

    Headings are "# ATX" and one-line setext; a "#" or "---" inside a fence or in front matter
    is neither. Paragraphs are parted by blank lines and keep their own line ends.
    """
    matter = front_matter(text)
    if matter.strip():
        yield Block(matter.rstrip())
    lines: list[str] = []
    fence = ""
    for line in text[len(matter) :].split("\n"):
        if fence:
            lines.append(line)
            closing = line.strip()
            if closing.startswith(fence) and not closing.strip(fence[0]):
                yield Block("\n".join(lines))
                lines, fence = [], ""
            continue
        heading = _ATX.match(line)
        opening = _FENCE.match(line)
        underline = _SETEXT.match(line)
        if underline and len(lines) == 1 and _can_be_heading(lines[0]):
            yield Block(lines.pop().strip(), 1 if underline[1][0] == "=" else 2)
        elif heading or opening or not line.strip():
            if lines:
                yield Block("\n".join(lines))
                lines = []
            if heading:
                yield Block(_ATX_CLOSING.sub("", heading[2] or "").strip(), len(heading[1]))
            elif opening:
                lines, fence = [line], opening[1]
        else:
            lines.append(line)
    if lines:
        yield Block("\n".join(lines))


def _can_be_heading(line: str) -> bool:
    return len(line) <= _LONGEST_HEADING and not _NOT_A_TITLE.match(line)


def title(text: str) -> str:
    """The title in the front matter, else the first heading if the text begins with it, or ""."""
    named = _TITLE.search(front_matter(text))
    if named:
        return named[1].strip().strip("\"'")
    for block in blocks(text[:10_000]):
        if block.level:
            return block.text
        if block.text != front_matter(text).rstrip():
            break
    return ""
