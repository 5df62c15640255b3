"""Text to passages: along headings, then paragraphs, sentences, lines, words."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from sealmate.sources.markdown import blocks

Count = Callable[[str], int]

# A slice with more characters a token than this is too long without asking the tokenizer,
# which keeps the work linear in the length of the text.
_CHARS_PER_TOKEN = 24
# A passage this full (share of the limit) ends where a new section begins; a thinner one
# takes that section in, or, inside a paragraph, the paragraph's first sentences.
_FULL = 1 / 3

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof st jr sr vs etc e.g i.e cf al fig no vol approx ca dept inc ltd co "
        "jan feb mar apr jun jul aug sep sept oct nov dec z.b u.a d.h bzw nr",
    )
)
_SENTENCE_END = re.compile(
    r"""(?<=[.!?…])["'”’»)\]]*\s+(?=[^\sa-zà-öø-ÿ])"""
    r"""|(?<=[。！？])["'”’」』）]*"""  # no space follows a sentence in Chinese or Japanese
    r"""|\n(?=[ \t]*(?:[-*+|>]|\d{1,3}[.)])[ \t])"""  # list items, table rows, quotes
    r"""|\n(?=\|)"""
)
_LINE_END = re.compile(r"\n")
_WORD_END = re.compile(r"\s+")
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘]+)\.$")


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage not stored yet. `heading` is the path of headings it stands under, joined by
    " > "; its own heading counts, and is also the first line of `text`, without markup."""

    heading: str
    text: str
    tokens: int


@dataclass(slots=True)
class _Plan:
    """The text without heading markup, and where it may be cut."""

    text: str = ""
    cuts: list[int] = field(default_factory=list)  # between paragraphs, ascending
    starts: list[int] = field(default_factory=list)  # where sections begin, ascending
    paths: list[tuple[str, ...]] = field(default_factory=list)  # the sections' headings


def split(text: str, count: Count, limit: int) -> list[PassageDraft]:
    """The passages of `text`, in order, each of at most `limit` tokens as `count` counts them.

    Every non-space character of the text but heading markup ("#", underlines) is in exactly
    one passage. A short text is one passage; a section is not mixed with the next unless it
    fills less than a third of a passage; a heading stays with what follows it. Only a single
    character of more than `limit` tokens can be longer than the limit.
    Raises ValueError if `limit` is less than 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    plan = _plan(text)
    drafts: list[PassageDraft] = []
    for start, end in _bounds(plan, count, limit):
        shown = plan.text[start:end].strip()
        drafts.append(PassageDraft(_heading(plan, start, end), shown, count(shown)))
    return drafts


def _plan(text: str) -> _Plan:
    plan = _Plan()
    parts: list[str] = []
    size = 0
    above: list[tuple[int, str]] = []
    after_heading = False
    for block in blocks(text):
        if block.level:
            if not after_heading:  # a heading right below another opens no section of its own
                plan.cuts.append(size)
                plan.starts.append(size)
                plan.paths.append(())
            above = [item for item in above if item[0] < block.level]
            if block.text:
                above.append((block.level, block.text))
            plan.paths[-1] = tuple(name for _, name in above)
            parts.append(block.text + "\n")
        else:
            if not after_heading:  # a heading stays with what follows it
                plan.cuts.append(size)
            parts.append(block.text + "\n\n")
        after_heading = bool(block.level)
        size += len(parts[-1])
    plan.text = "".join(parts)
    plan.cuts.append(size)
    return plan


def _bounds(plan: _Plan, count: Count, limit: int) -> Iterator[tuple[int, int]]:
    """Start and end of each passage in `plan.text`; only white space lies between them."""
    text = plan.text
    position = 0
    first = True
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        index = bisect_right(plan.starts, position)
        section_end = plan.starts[index] if index < len(plan.starts) else len(text)
        whole = _fits(text, position, count, limit)
        aim = limit
        if first and whole(len(text)):
            yield position, len(text)
            return
        first = False
        if section_end - position <= limit * _CHARS_PER_TOKEN:
            rest = count(text[position:section_end].strip())
            if limit < rest <= 1.5 * limit:  # two thirds and one third, not all and a scrap
                aim = math.ceil(rest * 2 / 3)
        end = (
            _end(plan, position, count, aim)
            or _end(plan, position, count, limit)
            or _broken_end(plan, position, count, limit)
        )
        yield position, end
        position = end


def _end(plan: _Plan, start: int, count: Count, limit: int) -> int:
    """Where a passage that begins at `start` is best cut; 0 if not even a sentence fits."""
    text = plan.text
    fits = _fits(text, start, count, limit)
    first = bisect_right(plan.cuts, start)
    reach = start + limit * _CHARS_PER_TOKEN
    paragraphs = plan.cuts[first : bisect_right(plan.cuts, reach, lo=first)]
    end = _farthest(paragraphs, fits)
    if end:
        inside = plan.starts[bisect_right(plan.starts, start) : bisect_right(plan.starts, end)]
        for section in inside:
            if section == end or count(text[start:section].strip()) >= limit * _FULL:
                return section
        if count(text[start:end].strip()) >= limit * _FULL:
            return end
    # A thin passage takes sentences of the next paragraph in, but no broken ones.
    stop = min(reach, _paragraph_end(plan, end or start))
    return _farthest(_ends(_SENTENCE_END, text, end or start, stop), fits) or end


def _broken_end(plan: _Plan, start: int, count: Count, limit: int) -> int:
    """Where to cut inside a sentence: after a line, a word or, within a long word, anywhere."""
    text = plan.text
    fits = _fits(text, start, count, limit)
    stop = min(start + limit * _CHARS_PER_TOKEN, _paragraph_end(plan, start))
    line = _farthest(_ends(_LINE_END, text, start, stop), fits)
    if line and count(text[start:line].strip()) >= limit * _FULL:  # no heading on its own
        return line
    word = _farthest(_ends(_WORD_END, text, start, stop), fits)
    return word or _farthest(range(start + 1, stop + 1), fits) or start + 1


def _paragraph_end(plan: _Plan, position: int) -> int:
    index = bisect_right(plan.cuts, position)
    return plan.cuts[index] if index < len(plan.cuts) else len(plan.text)


def _fits(text: str, start: int, count: Count, limit: int) -> Callable[[int], bool]:
    def fits(end: int) -> bool:
        longest = limit * _CHARS_PER_TOKEN
        return end - start <= longest and count(text[start:end].strip()) <= limit

    return fits


def _farthest(ends: Sequence[int], fits: Callable[[int], bool]) -> int:
    """The last of the ascending `ends` that fits, by doubling steps and bisection; 0 if none."""
    good, bad, step = -1, len(ends), 1
    while good + step < bad and fits(ends[good + step]):
        good += step
        step *= 2
    bad = min(bad, good + step)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(ends[middle]):
            good = middle
        else:
            bad = middle
    return ends[good] if good >= 0 else 0


def _ends(pattern: re.Pattern[str], text: str, start: int, stop: int) -> list[int]:
    """Where `pattern` allows a cut after `start`, up to `stop`."""
    return [
        found.end()
        for found in pattern.finditer(text, start, stop)
        if found.end() > start
        and not (pattern is _SENTENCE_END and _abbreviated(text, found.start()))
    ]


def _abbreviated(text: str, end: int) -> bool:
    """Whether the full stop before `end` belongs to "Dr." or "J." and ends no sentence."""
    found = _LAST_WORD.search(text[max(0, end - 12) : end])
    if not found:
        return False
    word = found[1].lower()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha())


def _heading(plan: _Plan, start: int, end: int) -> str:
    """What the paths of all sections in the passage have in common."""
    first = max(0, bisect_right(plan.starts, start) - 1)
    last = bisect_left(plan.starts, end, lo=first)
    paths = plan.paths[first:last]
    if not paths or plan.starts[first] > start:  # it begins above the first heading
        return ""
    same = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return " > ".join(names[0] for names in same)
