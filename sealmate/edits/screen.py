"""What keeps invented and repeated self-edits out: checks against the passage, without a model.

The checks are exact for names, numbers, dates and places; whether a sentence as a whole follows
from its passage is for the model to judge. Re-exports the comparing of answers and the coverage
of a passage, so that callers need this module alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sealmate.edits.abstention import is_abstention
from sealmate.edits.answers import correct, same_answer
from sealmate.edits.forms import folded
from sealmate.edits.lexicon import (
    DOUBTFUL,
    MONTHS,
    POINTING,
    UNITS,
    YES_NO,
)
from sealmate.edits.names import CALENDAR, name_runs, starts_a_name
from sealmate.edits.spans import coverage, spans, uncovered
from sealmate.edits.words import Token, content, order_holds, tokens, within

__all__ = [
    "correct",
    "coverage",
    "gives_away",
    "grounded_answer",
    "is_abstention",
    "near_duplicate",
    "novel_content",
    "same_answer",
    "spans",
    "uncovered",
]

# Two texts with this share of tokens in common are one.
SAME_SHARE = 0.85
# Words that are no calendar words in small letters.
_NO_UNITS: frozenset[str] = frozenset()


def grounded_answer(answer: str, passage: str) -> bool:
    """True if the passage holds every content word of the answer, numbers and names exactly.

    Inflections, number words and units in other spelling count as the same. Yes, no, pointing
    words and abstentions are never grounded: nothing in the passage shows where they come from.
    """
    wanted, there = tokens(answer), tokens(passage)
    if not wanted or (folded(wanted[0].text) in YES_NO and len(wanted) != _until_next(wanted)):
        return False
    carrying = content(wanted)
    if not carrying:
        bare = {folded(token.text) for token in wanted}
        return not bare <= POINTING and order_holds(wanted, there, gap=0)
    if is_abstention(answer) and not order_holds(wanted, there, gap=0):
        return False
    if not all(within(token, there) for token in carrying):
        return False
    return not _torn(wanted, there)


def _until_next(wanted: Sequence[Token]) -> int:
    """How many tokens a leading "no" governs: "no surgery" is an answer, "No, ..." is not."""
    if folded(wanted[0].text) != "no" or len(wanted) == 1:
        return 0
    return len(wanted)


def gives_away(question: str, answer: str) -> bool:
    """True if all words of the answer stand in the question in a row: "the red van" in "Who owns
    the red van?", but not "Ed" in "Who fed the cats?" nor "4" in "14 Elm Road"."""
    asked, said = (
        [folded(token.text).removesuffix("'s") for token in tokens(text)]
        for text in (question, answer)
    )
    starts = range(len(asked) - len(said) + 1) if said else ()
    return any(asked[start : start + len(said)] == said for start in starts)


def novel_content(statement: str, passage: str, also: Iterable[str] = ()) -> list[str]:
    """Names, numbers, dates and places of a statement or question that its passage lacks.

    `also` holds further texts that may be used: title, heading. Returns the words as written,
    in order, each once; names and measures put together from torn parts count too.
    """
    there = tokens("\n".join((passage, *also)))
    said = tokens(statement)
    found = [
        token.text
        for index, token in enumerate(said)
        if _is_telling(said, index) and not _stands(token, there)
    ]
    found += _torn(said, there)
    return list(dict.fromkeys(found))


def _stands(token: Token, there: Sequence[Token]) -> bool:
    if within(token, there):
        return True
    # "the fourth day" and "day 4" are one.
    counts = {form.removeprefix("#") for form in token.forms}
    return token.kind == "number" and any(
        counts & {form.removeprefix("#") for form in other.forms} for other in there
    )


def _is_telling(said: Sequence[Token], index: int) -> bool:
    token = said[index]
    low = folded(token.text)
    if token.kind == "number":
        return low not in ("one", "first", "second")
    if token.kind == "light":
        return False
    if token.kind == "name" or token.text[1:2].isupper():
        return True
    if token.forms & CALENDAR:
        return low not in DOUBTFUL or token.text[:1].isupper()
    return token.initial and starts_a_name(said, index)


def _torn(said: Sequence[Token], there: Sequence[Token]) -> list[str]:
    """Names and measures whose parts stand in the passage, but not together."""
    found = []
    for run in name_runs(said):
        # A code or a name written apart in one place only is compared as a whole.
        apart = all(any(token.matches(other) for other in there) for token in run)
        if apart and not order_holds(run, there):
            found.append(" ".join(token.text for token in run))
    for number, unit, text in _measures(said):
        units = [
            other
            for index, token in enumerate(there)
            if token.matches(number)
            for other in [_unit(there, index)]
        ]
        # A bare number may well be of this unit: "118 cm wide, so order it at 117".
        if units and all(other and other != unit for other in units):
            found.append(text)
    return found


def _measures(said: Sequence[Token]) -> list[tuple[Token, str, str]]:
    found = []
    for index, token in enumerate(said):
        ordinal = any(form.startswith("#") for form in token.forms)
        if token.kind != "number" or ordinal or folded(token.text) == "one":
            continue
        unit = _unit(said, index)
        if unit:
            found.append((token, unit, f"{token.text} {unit}"))
    return found


def _unit(found: Sequence[Token], index: int) -> str:
    """The unit or month written right beside a number; "" if there is none."""
    token = found[index]
    after = found[index + 1] if index + 1 < len(found) else None
    before = found[index - 1] if index else None
    for other in (after, before):
        if other is None or other.kind == "number":
            continue
        gap = other.start - token.end if other is after else token.start - other.end
        named = other.forms & (UNITS if other is after or len(other.text) == 1 else _NO_UNITS)
        months = other.forms & set(MONTHS) if other.text[:1].isupper() else set()
        if gap <= 1 and (named or months):
            return min(named or months)
    return ""


def near_duplicate(a: tuple[str, str] | str, b: tuple[str, str] | str) -> bool:
    """True if two pairs, or two statements, say the same in nearly the same words.

    Other wordings of one question are no duplicates: they teach. Numbers and names must agree.
    """
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and _alike(a, b)
    return same_answer(a[1], b[1]) and _alike(a[0], b[0])


def _alike(a: str, b: str) -> bool:
    first, second = _bag(a), _bag(b)
    if first == second:
        return True
    exact = _exact(a) == _exact(b)
    shared = len(first & second) / max(1, len(first | second))
    return exact and shared >= SAME_SHARE


def _bag(text: str) -> frozenset[str]:
    """One form of each token, without articles."""
    return frozenset(
        min(token.forms) for token in tokens(text) if folded(token.text) not in ("a", "an", "the")
    )


def _exact(text: str) -> frozenset[str]:
    return frozenset(
        min(token.forms)
        for token in tokens(text)
        if token.kind in ("number", "name") or "~not" in token.forms
    )
