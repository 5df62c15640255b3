"""Taking forgotten words out of JSON values such as a night's report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

GONE = "[forgotten]"
# A text of this length tells of its source wherever it stands.
SHORTEST_PART = 12
# A shorter one is blotted out where it stands as words of its own, but tells nothing of the rest.
SHORTEST_WORD, LONGEST_WORD = 4, 200


class Needles:
    """The words of an erased source: its title, passages, questions and answers."""

    def __init__(self, texts: set[str], ids: Mapping[str, set[int]]) -> None:
        cleaned = {text.strip().casefold() for text in texts}
        self._whole = cleaned - {""}
        self._parts = sorted(text for text in cleaned if len(text) >= SHORTEST_PART)
        self._ids = ids
        words = [text for text in cleaned if SHORTEST_WORD <= len(text) <= LONGEST_WORD]
        longest_first = sorted(words, key=len, reverse=True)
        inside = "|".join(re.escape(word) for word in longest_first)
        self._words = re.compile(rf"(?<!\w)(?:{inside})(?!\w)", re.IGNORECASE) if inside else None

    def long_only(self) -> Needles:
        """The same without the texts that are short enough to mean something else."""
        return Needles(set(self._parts), self._ids)

    def within(self, text: str) -> bool:
        """True if `text` is one of the texts, or contains or is part of a long one."""
        return text.strip().casefold() in self._whole or self._long(text)

    def _long(self, text: str) -> bool:
        folded = text.strip().casefold()
        return any(
            part in folded or (len(folded) >= SHORTEST_PART and folded in part)
            for part in self._parts
        )

    def redact(self, value: Any) -> Any:
        """`value` with every tell-tale string, or the words in it, replaced by "[forgotten]".

        An object that names an erased id ("edit", "edit_id", ...) or holds a long tell-tale string
        loses all its strings: the answer beside a question must go with it. A short one goes
        alone: what stands beside "Gym" or "Friday" may be about something else.
        """
        if isinstance(value, str):
            return GONE if self.within(value) else self._blot(value)
        if isinstance(value, list):
            return [self.redact(item) for item in value]
        if not isinstance(value, dict):
            return value
        if any(isinstance(item, str) and self._long(item) for item in value.values()) or (
            self._names(value)
        ):
            return {key: _strip(item) for key, item in value.items()}
        return {self.redact(key): self.redact(item) for key, item in value.items()}

    def redact_lines(self, text: str) -> str:
        """`text`, which may be long, with each line that tells replaced and the words in the others
        blotted out."""
        folded = text.casefold()
        there = {needle for needle in self._whole if needle in folded}
        if not there:
            return text
        few = Needles(there, {})
        lines = text.splitlines(keepends=True)
        return "".join(few.redact(line.rstrip("\r\n")) + _ending(line) for line in lines)

    def _blot(self, text: str) -> str:
        return text if self._words is None else self._words.sub(GONE, text)

    def _names(self, value: dict[str, Any]) -> bool:
        return any(
            value.get(key) in ids
            for kind, ids in self._ids.items()
            for key in (kind, f"{kind}_id")
            if isinstance(value.get(key), int)
        )


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _strip(value: Any) -> Any:
    """`value` with all its strings gone."""
    if isinstance(value, str):
        return GONE
    if isinstance(value, list):
        return [_strip(item) for item in value]
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items()}
    return value
