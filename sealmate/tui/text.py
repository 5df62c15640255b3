"""Text from notes and models on its way to the terminal."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL and C1: an ESC in a note must not steer the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """`text` without control characters; line ends become newlines."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """`text` as one line, runs of space made single."""
    return " ".join(plain(text).split())


def version_name(number: int) -> str:
    """What answers: a version, or the base alone."""
    return f"version {number}" if number else "no memory"
