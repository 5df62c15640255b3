"""What in a passage is worth a question, and how much of it the edits carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealmate.edits.forms import folded, plain, stem
from sealmate.edits.lexicon import DAYTIME, DETERMINERS, DOING, PLACING, TITLES, UNITS
from sealmate.edits.names import CALENDAR, starts_a_name
from sealmate.edits.words import Token, content, tokens, within

_QUOTED = re.compile(r"[\"“]([^\"“”\n]{2,80})[\"”]|(?<!\w)['‘]([^'‘’\n]{2,60})['’](?!\w)")
_DOING = frozenset(stem(verb) for verb in DOING) | DOING
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer. A `strong` one must be told as an answer or statement to be covered."""

    text: str
    start: int
    end: int
    strong: bool


def spans(passage: str) -> list[str]:
    """Candidate answers of a passage, as written, in order, each once.

    Numbers with what they count, money, dates, times, phone numbers, codes, names, weekdays,
    quotations, phrases of place and time, and noun phrases.
    """
    return list(dict.fromkeys(span.text for span in find_spans(passage)))


def find_spans(passage: str) -> list[Span]:
    """The spans with their places; none lies within another of its kind."""
    found = tokens(passage)
    strong = [*_quotations(passage), *_numbers(found, passage), *_names(found, passage)]
    weak = [*_phrases(found, passage)]
    kept = _outermost(strong)
    # Which strong span each character lies in: a lookup instead of a search.
    owner = [-1] * len(passage)
    for number, span in enumerate(kept):
        owner[span.start : span.end] = [number] * (span.end - span.start)
    kept += [
        span
        for span in _outermost(weak)
        if owner[span.start] < 0 or owner[span.start] != owner[span.end - 1]
    ]
    kept += _rest(passage, kept)
    return sorted(kept, key=lambda span: (span.start, -span.end))


def uncovered(
    passage: str, pairs: Iterable[tuple[str, str]], statements: Iterable[str] = ()
) -> list[str]:
    """The spans that no edit carries (see `coverage`), in order, each once."""
    carried = _Carried(pairs, statements)
    missing = [span for span in find_spans(passage) if not carried.span(span)]
    return list(dict.fromkeys(span.text for span in missing))


def coverage(
    passage: str, pairs: Iterable[tuple[str, str]], statements: Iterable[str] = ()
) -> float:
    """The share (0..1) of the passage's spans that some edit carries.

    The spans hold all its content words but verbs. Strong ones count where an answer or a
    statement tells them, the rest where a question names them too. 1 without any span.
    """
    carried = _Carried(pairs, statements)
    units = find_spans(passage)
    return sum(map(carried.span, units)) / len(units) if units else 1.0


class _Carried:
    """What edits hold: each as its own words, told and asked, with what it tells."""

    def __init__(self, pairs: Iterable[tuple[str, str]], statements: Iterable[str]) -> None:
        self._edits = [
            ((*tokens(question), *tokens(answer)), tokens(answer)) for question, answer in pairs
        ]
        self._edits += [(tokens(text), tokens(text)) for text in statements]

    def span(self, span: Span) -> bool:
        """True if one edit has all the span's words and, of a strong span, tells its point."""
        wanted = [
            token
            for token in content(tokens(span.text))
            if folded(token.text) not in PLACING and folded(token.text) not in TITLES
        ] or tokens(span.text)
        exact = [token for token in wanted if token.kind == "number"] or wanted
        return any(
            all(within(token, whole) for token in wanted)
            and (not span.strong or any(within(token, told) for token in exact))
            for whole, told in self._edits
        )


def _outermost(found: Sequence[Span]) -> list[Span]:
    ordered = sorted(found, key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in ordered:
        if not kept or span.end > kept[-1].end:
            kept.append(span)
    return kept


def _cut(passage: str, first: Token, last: Token, strong: bool) -> Span:
    return Span(passage[first.start : last.end], first.start, last.end, strong)


def _quotations(passage: str) -> list[Span]:
    found = []
    for match in _QUOTED.finditer(passage):
        group = 1 if match[1] else 2
        found.append(Span(match[group], match.start(group), match.end(group), True))
    return found


def _adjacent(before: Token, after: Token, passage: str) -> bool:
    between = plain(passage[before.end : after.start])
    return between in ("", " ", "-", " '") or (between == ". " and not after.initial)


def _numbers(found: Sequence[Token], passage: str) -> list[Span]:
    spans_found = []
    for index, token in enumerate(found):
        calendar = bool(token.forms & CALENDAR) and token.text[:1].isupper()
        if token.kind != "number" and not calendar:
            continue
        if folded(token.text) in ("one", "first", "second"):
            continue
        first, last = _before(found, index, passage), _after(found, index, passage)
        spans_found.append(_cut(passage, found[first], found[last], True))
    return spans_found


def _before(found: Sequence[Token], index: int, passage: str) -> int:
    """Where a number begins with what stands before it: "€640", "July 5", "K-19", "minus 5"."""
    if not index or not _adjacent(found[index - 1], found[index], passage):
        return index
    before = found[index - 1]
    coded = passage[before.end : found[index].start] == "-" or (
        before.text.isupper() and len(before.text) <= 3 and before.kind == "name"
    )
    dated = before.forms & CALENDAR and before.text[:1].isupper()
    minus = before.kind == "light" and folded(before.text) == "minus"
    return index - 1 if coded or dated or minus or before.text in "€£$" else index


def _after(found: Sequence[Token], index: int, passage: str) -> int:
    """Where it ends with its unit: "5 July 2024", "75 a month", "nine in the evening"."""
    last = index
    while last + 1 < len(found) and _adjacent(found[last], found[last + 1], passage):
        after = found[last + 1]
        low = folded(after.text)
        if (
            after.forms & (UNITS | DAYTIME)
            or (after.forms & CALENDAR and after.text[:1].isupper())
            or after.text in "€£$%°"
            or low in ("o'clock", "ago")
            or (after.kind == "number" and found[last].forms & CALENDAR)
        ):
            last += 1
            continue
        ahead = [folded(token.text) for token in found[last + 1 : last + 4]]
        for joint in (["a"], ["per"], ["an"], ["at"], ["in", "the"], ["of"]):
            size = len(joint)
            following = found[last + size + 1 : last + size + 2]
            if ahead[:size] == joint and following:
                known = following[0].forms & (
                    CALENDAR if joint == ["of"] else DAYTIME if joint[0] in ("at", "in") else UNITS
                )
                if known:
                    return last + size + 1
        break
    return last


def _names(found: Sequence[Token], passage: str) -> list[Span]:
    spans_found = []
    index = 0
    while index < len(found):
        if not _capital(found, index):
            index += 1
            continue
        last = index
        while last + 1 < len(found) and _adjacent(found[last], found[last + 1], passage):
            after = found[last + 1]
            joins = folded(after.text) in ("of", "the", "and", "&", "van", "de", "der", "la", "du")
            if after.initial or found[last].text.endswith(("'s", "’s")):
                break
            if _capital(found, last + 1):
                last += 1
            elif joins and folded(after.text) != "and" and _capital(found, last + 2):
                last += 2
            else:
                break
        named = found[index : last + 1]
        begun = starts_a_name(found, index)
        if begun or any(token.kind == "name" for token in named):
            span = _cut(passage, named[0], named[-1], True)
            text = re.sub(r"['’]s?$", "", span.text)
            spans_found.append(Span(text, span.start, span.start + len(text), True))
        index = last + 1
    return spans_found


def _capital(found: Sequence[Token], index: int) -> bool:
    if index >= len(found):
        return False
    token = found[index]
    return token.text[:1].isupper() and token.kind != "light" and not token.forms & CALENDAR


def _phrases(found: Sequence[Token], passage: str) -> list[Span]:
    """Noun phrases after a determiner, with the preposition before it where one stands."""
    spans_found = []
    for index, token in enumerate(found):
        if folded(token.text) not in DETERMINERS:
            continue
        last = index
        while (
            last + 1 < len(found)
            and last - index < _MOST_WORDS
            and found[last + 1].kind != "light"
            and folded(found[last + 1].text) not in PLACING
            and _adjacent(found[last], found[last + 1], passage)
        ):
            last += 1
        last = _without_verb(found, index, last)
        if last == index:
            continue
        first = index
        before = found[index - 1] if index else None
        if before is not None and folded(before.text) in PLACING:
            first = index - 1 if _adjacent(before, token, passage) else index
        spans_found.append(_cut(passage, found[first], found[last], False))
    return spans_found


def _without_verb(found: Sequence[Token], first: int, last: int) -> int:
    """Leave off a last word that looks like the verb of what stands before it."""
    if last - first < 2 or last + 1 >= len(found):
        return last
    word, after = folded(found[last].text), found[last + 1]
    verbal = word.endswith(("s", "ed")) and not word.endswith("ss")
    leads = after.kind == "light" or folded(after.text) in PLACING
    return last - 1 if verbal and leads else last


def _rest(passage: str, taken: Sequence[Span]) -> list[Span]:
    """Runs of content words outside of the spans taken, without verbs and negations."""
    runs: list[list[Token]] = []
    joined = False
    covered = bytearray(len(passage))
    for span in taken:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    for token in tokens(passage):
        inside = covered[token.start]
        idle = token.kind == "light" or "~not" in token.forms or token.forms & _DOING
        if inside or idle or folded(token.text) in PLACING or token.text in "€£$%°&":
            joined = False
            continue
        if joined and _adjacent(runs[-1][-1], token, passage) and not token.initial:
            runs[-1].append(token)
        else:
            runs.append([token])
        joined = True
    return [_cut(passage, run[0], run[-1], False) for run in runs]
