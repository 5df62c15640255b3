"""Passages without their secrets, each read in the light of its whole source.

A list of passwords may be longer than a passage, and what says that passwords follow, a title or
the first row of a table, stands in an earlier one, or in the name of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from sealmate.edits.password_lists import like_an_item
from sealmate.edits.secrets import Secret, blotted, find_secrets, merged, redact
from sealmate.records import Passage, Source
from sealmate.store import Store

_FEW = 50  # sources that are asked for one by one
_HEAD = 40  # characters by which the beginning of a passage is found in its source


def safely(store: Store, passages: Iterable[Passage]) -> list[Passage]:
    """The same passages with `[secret]` in the place of each secret of their texts. One whose text
    is not the stored one is read by itself, under the title of its source."""
    given = list(passages)
    wanted = {passage.source_id for passage in given}
    sources: dict[int, Source] = {}
    whole: dict[int, list[Passage]] = {}
    if len(wanted) > _FEW:
        sources = {source.id: source for source in store.sources.list() if source.id in wanted}
        for passage in store.passages.current():
            whole.setdefault(passage.source_id, []).append(passage)
    for key in wanted:
        sources[key] = sources.get(key) or store.sources.get(key)
        whole[key] = whole.get(key) or store.passages.of_source(key)
    stored = [passage for key in sorted(wanted) for passage in whole[key]]
    safe = dict(zip(stored, safe_texts(stored, sources.values()), strict=True))
    return [
        replace(p, text=safe[p] if p in safe else redact(p.text, _under(p, sources))) for p in given
    ]


def safe_texts(passages: Sequence[Passage], sources: Iterable[Source] = ()) -> list[str]:
    """The texts of passages without their secrets. Of a source all of them should be given;
    `sources` are theirs."""
    told = {source.id: source for source in sources}
    groups: dict[int, list[int]] = {}
    for place, passage in enumerate(passages):
        groups.setdefault(passage.source_id, []).append(place)
    made = [""] * len(passages)
    for key, places in groups.items():
        places.sort(key=lambda place: passages[place].ordinal)
        source = told.get(key)
        group = tuple(passages[place] for place in places)
        texts = _safe_group(group, source.title if source else "", source.text if source else "")
        for place, text in zip(places, texts, strict=True):
            made[place] = text
    return made


# whoever asks a memory needs all of them, question by question
@lru_cache(maxsize=4096)
def _safe_group(group: tuple[Passage, ...], title: str, whole: str) -> tuple[str, ...]:
    """The texts of one source's passages, in order, without their secrets."""
    there = _in_whole(group, title, whole) if len(group) > 1 else [[]]
    return tuple(
        blotted(p.text, merged((*find_secrets(p.text, p.heading or title), *found)))
        for p, found in zip(group, there, strict=True)
    )


def _under(passage: Passage, sources: Mapping[int, Source]) -> str:
    """What a passage stands under: its headings or, without any, its source's title."""
    source = sources.get(passage.source_id)
    return passage.heading or (source.title if source else "")


def _in_whole(group: Sequence[Passage], title: str, whole: str) -> list[list[Secret]]:
    """The secrets that each of a source's passages, in order, is seen to have when they are read
    in one."""
    parts: list[str] = []
    starts: list[int] = []
    size = 0
    for number, (passage, gap) in enumerate(zip(group, _gaps(group, whole), strict=True)):
        parts += [_between(group[number - 1], passage, gap) if number else "", passage.text]
        starts.append(size + len(parts[-2]))
        size = starts[-1] + len(passage.text)
    found: list[list[Secret]] = [[] for _ in group]
    number = 0
    for secret in find_secrets("".join(parts), group[0].heading or title):
        while number + 1 < len(group) and starts[number + 1] <= secret.start:
            number += 1
        for place in range(number, len(group)):
            first, last = secret.start - starts[place], secret.end - starts[place]
            if last <= 0:
                break
            length = len(group[place].text)
            if first < length:
                found[place].append(Secret(secret.kind, max(first, 0), min(last, length)))
    return found


def _between(before: Passage, passage: Passage, gap: bool) -> str:
    """What stands between two passages: whatever marks the beginning of a section has been lost."""
    first = passage.text.split("\n", 1)[0].strip()
    if passage.heading != before.heading:
        if first == passage.heading.rpartition(">")[2].strip():
            return "\n\n# "
        gap = gap or not (like_an_item(first) or "|" in first)
    return "\n\n" if gap else "\n"


def _gaps(group: Sequence[Passage], text: str) -> list[bool]:
    """Whether an empty line stands before each of the passages in the text of their source."""
    gaps, at = [], 0
    for passage in group:
        there = text.find(passage.text[:_HEAD], at)
        before = text[max(0, there - _HEAD) : max(0, there)]
        gaps.append(before[len(before.rstrip()) :].count("\n") > 1)
        # headings lose some of their marks, so that a passage is no longer than it was there
        at = max(at, there) + len(passage.text) // 2
    return gaps
