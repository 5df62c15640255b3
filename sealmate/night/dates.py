"""When a fact was told, and from which day it holds.

A file counts as told when it was last changed, but not all that it says was told then: what an
earlier text of it has in the same words is as old as that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sealmate.edits.beginnings import begun
from sealmate.edits.steps import tellings
from sealmate.edits.units import sentences
from sealmate.edits.words import content, tokens, within
from sealmate.records import Edit, Passage
from sealmate.sources.markdown import blocks
from sealmate.store import Store

LEAST = 3  # words of a line that counts; a heading stays whatever is written below it
_BULLET = re.compile(r"^\s*(?:[-*+•>]|\d{1,3}[.)])\s+")
_REPEATED = re.compile(r"\b(?:again|still|back|after all)\b", re.IGNORECASE)
_NEW = re.compile(r"\b(?:now|new)\b", re.IGNORECASE)


class Dates:
    """When facts were told; the texts of each source are looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._texts: dict[int, list[_Text]] = {}

    def told(self, edit: Edit) -> datetime:
        """When a fact was told: since when its file has the sentence that tells it, or when its
        note came."""
        passage = self._store.passages.get(edit.passage_id)
        return self._back(passage, _telling(edit, passage))[-1].at

    def since(self, edit: Edit, older: Edit | None = None) -> datetime:
        """From when an answer holds: the day that its sentence names, or when it was told. What it
        took the place of, if known, was told before: what is new is not older than that."""
        told = self.told(edit)
        for said in self._said(edit):
            day = begun(said, edit.answer, told, older.answer if older else "")
            early = day and older and day < self.told(older) and _NEW.search(said)
            if day is not None and not early:
                return day
        return told

    def is_new(self, edit: Edit) -> bool:
        """Whether the text before, if any, did not tell a fact in these words."""
        passage = self._store.passages.get(edit.passage_id)
        return len(self._back(passage, _telling(edit, passage))) == 1

    def retold(self, edit: Edit) -> bool:
        """Whether something else was changed in the sentence of a fact: the text before has it
        with the same answer, and it does not say that it is told again."""
        passage = self._store.passages.get(edit.passage_id)
        now = self._said(edit)
        same = len(self._back(passage, _telling(edit, passage)))
        before = self._lineage(passage.source_id)[same : same + 1]
        was = tellings(edit.answer, [text.text for text in before], edit.question)
        asked = content(tokens(edit.question))
        return not any(map(_REPEATED.search, now)) and any(
            within(token, tokens(then))
            for then in was
            for token in asked
            if any(within(token, tokens(said)) for said in now)
        )

    def first(self, passage: Passage) -> datetime:
        """When the oldest sentence of a passage was told."""
        lines = [[said] for said in sentences(passage.text) if len(said.split()) >= LEAST]
        return self._back(passage, lines)[-1].at

    def fresh(self, passage: Passage) -> str:
        """What of a passage its file did not say yet when it was last written about."""
        _, *earlier = self._lineage(passage.source_id)
        before = next((text for text in earlier if self._written(text.source_id)), None)
        if before is None:
            return passage.text
        lines = sentences(passage.text)
        return "\n".join(said for said in lines if not before.says(said))

    def _written(self, source_id: int) -> bool:
        passages = self._store.passages.of_source(source_id)
        return any(self._store.edits.list(passage_id=one.id, limit=1) for one in passages)

    def _said(self, edit: Edit) -> list[str]:
        text = self._store.passages.get(edit.passage_id).text
        return tellings(edit.answer, [text], edit.question)

    def _lineage(self, source_id: int) -> list[_Text]:
        """The text of a source and those it took the place of, the last one first."""
        if source_id not in self._texts:
            sources = self._store.sources
            own = [sources.get(source_id), *sources.earlier(source_id)]
            self._texts[source_id] = [_Text(one.id, one.created_at, one.text) for one in own]
        return self._texts[source_id]

    def _back(self, passage: Passage, said: Sequence[Sequence[str]]) -> list[_Text]:
        """The texts from the present one back that have all sentences of one of the lists that are
        `said` in a passage."""
        now, *before = self._lineage(passage.source_id)
        held = [now]
        for text in before:
            if not any(
                all(text.says(one, now.under(one, passage)) for one in some) for some in said
            ):
                break
            held.append(text)
        return held


@dataclass(frozen=True)
class _Text:
    """A text of a source, and when it was told."""

    source_id: int
    at: datetime
    text: str

    @cached_property
    def _sections(self) -> dict[str, str]:
        """What stands under each path of headings, as it is compared."""
        found: dict[str, list[str]] = {}
        above: list[tuple[int, str]] = []
        for block in blocks(self.text):
            if block.level:
                above = [one for one in above if one[0] < block.level]
                above += [(block.level, block.text)] if block.text else []
            path = " > ".join(name for _, name in above)
            found.setdefault(path, []).append(_plain(block.text))
        return {path: f" {' '.join(said)} " for path, said in found.items()}

    def under(self, said: str, passage: Passage) -> set[str]:
        """The paths of headings under which a passage has a sentence."""
        top = passage.heading
        return {
            path
            for path, there in self._sections.items()
            if (not top or f"{path} > ".startswith(f"{top} > ")) and _holds(there, said)
        }

    def says(self, said: str, under: Iterable[str] = ()) -> bool:
        """Whether a sentence stands under one of these headings; anywhere, if there is none of
        them: a heading that was worded anew changes nothing that stands below it."""
        there = [self._sections[path] for path in under if path in self._sections]
        return any(_holds(one, said) for one in there or ["".join(self._sections.values())])


def _telling(edit: Edit, passage: Passage) -> list[list[str]]:
    """The sentences of which any tells a fact by itself; where none does, those that tell it
    together."""
    if said := tellings(edit.answer, [passage.text], edit.question):
        return [[one] for one in said]
    wanted = content(tokens(edit.answer)) or content(tokens(edit.question))
    lines = sentences(passage.text)
    parts = [one for one in lines if any(within(token, tokens(one)) for token in wanted)]
    return [parts or lines]


def _holds(there: str, said: str) -> bool:
    return f" {_plain(said)} " in there


def _plain(text: str) -> str:
    lines = (_BULLET.sub("", line) for line in text.splitlines())
    return " ".join(" ".join(lines).casefold().split())
