"""Text as comparable tokens: what the checks of questions, answers and statements stand on.

Knows nothing of meaning: two tokens match if they share a form (inflection, number in words or
digits, unit and its sign, abbreviation). Made for English; other languages fall back to their
plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from sealmate.edits import numbers
from sealmate.edits.forms import flat, folded, plain, stem
from sealmate.edits.lexicon import (
    COUNTING,
    DIGIT_UNITS,
    LIGHT,
    MONTHS,
    NEGATIONS,
    SAME,
    SHORT,
    TITLES,
)

Kind = Literal["number", "name", "word", "light"]

_PHONE = re.compile(r"(?<![\w.,])(?:\(\d+\)|\+?\d+)(?:[ \-/]{1,2}\d+)+(?!\w)")
# A sign and no hyphen: not in 3-5, page-3 or the hyphen that begins an item.
_MINUS = re.compile(r"(?m)(?:^|(?<=[\s(\[{\"'=<>~:|]))(?<![\d)\]][ \u00a0\u202f])[-−–](?=\d)")
_TOKEN = re.compile(
    r"""
    (?P<number> −?(?:
        \d{1,4}([./-])\d{1,2}\2\d{1,4}(?!\d)
      | [1-9]\d{0,2}(?:[ ]\d{3})+(?!\d)
      | \d+(?:[.,:]\d+)*
    ))(?P<suffix>[^\W_]*)
  | (?P<half>(?<![^\W_])[AaPp]\.[ ]?[Mm]\b\.?)
  | (?P<code>[^\W\d_]+\d[^\W_]*)
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)
  | (?P<sign>[€£$%°&])
    """,
    re.VERBOSE,
)


# Will Turner may be told of, but "Will Anna come?" is no name.
_ASKED = re.compile(r"[^.!?\n]*\?")
# How far back to look for the end of the sentence before.
_NEAR = 40


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, code or sign. Tokens match if they share one of their `forms`.

    `start`, `end` are offsets in the text; `initial` is true at the start of a sentence or line.
    A `light` token carries nothing of an answer.
    """

    text: str
    start: int
    end: int
    forms: frozenset[str]
    kind: Kind
    initial: bool = False

    def matches(self, other: Token) -> bool:
        """True if both can stand for the same."""
        return not self.forms.isdisjoint(other.forms)


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text in order; numbers in words are one token each.

    Cached, as an edit is compared with its passage and with every other edit of it.
    """
    text = "−".join(map(plain, _MINUS.split(text)))
    found: list[Token] = []
    position = 0
    for run in _PHONE.finditer(text):
        if not _is_phone(run.group()):
            continue
        found.extend(_between(text, position, run.start(), found))
        forms = frozenset({re.sub(r"\D", "", run.group())})
        found.append(Token(run.group(), run.start(), run.end(), forms, "number"))
        position = run.end()
    found.extend(_between(text, position, len(text), found))
    return tuple(_beside(_numbers_in_words(found), text))


def _between(text: str, start: int, end: int, before: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text, start, end):
        found.extend(_made(match, text, found or before))
    return found


def _is_phone(run: str) -> bool:
    groups = re.findall(r"\d+", run)
    count = sum(map(len, groups))
    if re.fullmatch(r"\d{1,4}([-/])\d{1,2}\1\d{1,4}", run):
        return run.startswith("0") and len(groups[0]) > 2
    if re.fullmatch(r"[1-9]\d{0,2}( \d{3})+", run):
        return False
    if run.startswith(("+", "(")) or (run.startswith("0") and len(groups[0]) > 1):
        return count >= 6
    if len(groups) == 2:
        return "-" in run and [len(group) for group in groups] in ([3, 4], [3, 3])
    return count >= 7 and all(len(group) > 1 for group in groups)


def _made(match: re.Match[str], text: str, before: Sequence[Token]) -> list[Token]:
    start, end, written = match.start(), match.end(), match.group().replace("−", "-")
    initial = _starts(text, start, before)
    if match["number"]:
        suffix = folded(match["suffix"])
        bare = "-" * (written[0] == "-") + numbers.digits(match["number"].lstrip("−"))
        if not suffix:
            return [Token(written, start, end, frozenset({bare}), "number", initial)]
        cut = match.end("number")
        if suffix in ("st", "nd", "rd", "th"):
            forms = frozenset({bare, f"#{bare}"})
            return [Token(written, start, end, forms, "number", initial)]
        if times := re.fullmatch(r"x(\d+)", suffix):
            # 3x15
            number = Token(written[: cut - start], start, cut, frozenset({bare}), "number", initial)
            forms = frozenset({numbers.digits(times[1])})
            return [number, Token(text[cut + 1 : end], cut + 1, end, forms, "number")]
        if suffix in DIGIT_UNITS or suffix in SAME:
            number = Token(written[: cut - start], start, cut, frozenset({bare}), "number", initial)
            return [number, Token(text[cut:end], cut, end, _forms(suffix, suffix), "word")]
        return [Token(written, start, end, frozenset({folded(written)}), "number", initial)]
    if match["half"]:
        return [Token(written, start, end, frozenset({f"{written[0].lower()}m"}), "word")]
    if match["code"]:
        low = folded(written)
        # x5 is five times
        counted = {numbers.digits(low[1:])} if re.fullmatch(r"x\d+", low) else set()
        return [Token(written, start, end, frozenset({low} | counted), "number", initial)]
    return [_word(written, start, end, initial)]


def _starts(text: str, start: int, before: Sequence[Token]) -> bool:
    near = text[max(0, start - _NEAR) : start]
    ahead = near.rstrip(" \t\"'([{*_")
    if not ahead or ahead[-1] in "\n!?…:;•-§|/":
        # A hyphen inside a word does not start anything.
        return not (ahead.endswith("-") and ahead == near and len(ahead) > 1)
    if ahead[-1] != ".":
        return False
    last = before[-1] if before else None
    return last is None or not (
        folded(last.text) in TITLES or (len(last.text) == 1 and last.text.isupper())
    )


def _word(written: str, start: int, end: int, initial: bool) -> Token:
    low = folded(written)
    if low == "o'clock":
        return Token(written, start, end, frozenset({low}), "light", initial)
    if low.endswith("n't"):
        return Token(written, start, end, frozenset({"not", "~not"}), "word", initial)
    base = re.sub(r"'(?:s|m|ll|re|ve|d)?$", "", low) if "'" in low else low
    capital = written[:1].isupper()
    if base in LIGHT and not (capital and not initial and base not in ("i", "the", "a")):
        kind: Kind = "light"
    elif capital and not initial:
        kind = "name"
    else:
        kind = "word"
    forms = _forms(base, low)
    if kind == "name":
        # No verb endings in names: Harding is not hard.
        plural = {base[:-1], stem(base)} if base.endswith("s") and len(base) > 3 else set()
        forms = frozenset(forms & (plural | {SAME.get(base, base)}) | {base})
    if base in SHORT and (capital or base in ("mon", "tue", "tues", "wed", "thu", "thurs", "fri")):
        forms |= {SHORT[base]}
    return Token(written, start, end, forms, kind, initial)


def _forms(base: str, low: str) -> frozenset[str]:
    forms = {base, stem(base)}
    for form in (base, stem(base), low):
        if form in SAME:
            forms.add(SAME[form])
    if base in NEGATIONS:
        forms |= {"~not"}
    if base in COUNTING:
        forms |= {COUNTING[base]}
    return frozenset(forms)


def _numbers_in_words(found: list[Token]) -> list[Token]:
    merged: list[Token] = []
    index = 0
    while index < len(found):
        ahead = [folded(token.text) for token in found[index : index + 8]]
        told = numbers.clock(ahead) or (
            numbers.in_words(ahead) if numbers.is_number_word(ahead[0]) else None
        )
        if told is None:
            merged.append(found[index])
            index += 1
            continue
        taken, form = told
        first, last = found[index], found[index + taken - 1]
        text = " ".join(token.text for token in found[index : index + taken])
        forms = {form} | ({ahead[0]} if taken == 1 else set())
        merged.append(Token(text, first.start, last.end, frozenset(forms), "number", first.initial))
        index += taken
    return _dated(merged)


def _dated(found: list[Token]) -> list[Token]:
    """Ordinals beside a month match plain numbers; 7 pm matches 19:00."""
    changed = list(found)
    for index, token in enumerate(found):
        if token.kind != "number":
            continue
        near = {folded(other.text) for other in found[max(0, index - 2) : index + 3]}
        ordinal = next((form[1:] for form in token.forms if form.startswith("#")), None)
        forms = set(token.forms)
        if ordinal and near & set(MONTHS):
            forms.add(ordinal)
        after = folded(found[index + 1].text) if index + 1 < len(found) else ""
        if after in ("pm", "p.m.", "p.m", "p. m."):
            forms |= {_afternoon(form) for form in token.forms}
        if forms != token.forms:
            changed[index] = replace(token, forms=frozenset(forms))
    return changed


def _beside(found: Sequence[Token], text: str) -> list[Token]:
    """What a neighbour makes of a word: 7 am, 5 May, Will Turner, minus 5."""
    changed = list(found)
    for index, token in enumerate(found):
        low = folded(token.text)
        if low not in ("am", "may", "will", "minus"):
            continue
        last = [t for t in found[max(0, index - 1) : index] if text[t.end : token.start] == " "]
        after = [t for t in found[index + 1 : index + 2] if text[token.end : t.start] == " "]
        counted, counts = ({t.kind for t in near} == {"number"} for near in (last, after))
        if low == "minus" and counts and not counted:
            changed[index] = replace(token, kind="light")
            changed[index + 1] = replace(after[0], forms=frozenset("-" + f for f in after[0].forms))
        elif token.kind == "light":
            dated = (counted and low != "will") or (counts and low == "may")
            named = token.text[0].isupper() and after and after[0].kind == "name"
            if dated or (named and not _ASKED.match(text, token.end)):
                changed[index] = replace(token, kind="word")
    return changed


def _afternoon(form: str) -> str:
    hour, _, minute = form.partition(".")
    if not hour.isdigit() or not 0 < int(hour) < 12:
        return form
    return f"{int(hour) + 12}.{minute}" if minute else str(int(hour) + 12)


def content(found: Iterable[Token]) -> list[Token]:
    """The tokens that carry something."""
    return [token for token in found if token.kind != "light"]


def within(token: Token, others: Sequence[Token]) -> bool:
    """True if one of `others` matches, or some in a row written together do (K19, "K-19")."""
    if any(token.matches(other) for other in others):
        return True
    whole = _flat(token)
    if len(whole) < 3:
        return False
    for first, begin in enumerate(others):
        joined = _flat(begin)
        if not whole.startswith(joined):
            continue
        for other in others[first + 1 : first + 4]:
            joined += flat(other.text)
            if joined == whole:
                return True
    return False


def squashed(found: Iterable[Token]) -> str:
    """Letters, digits and signs of numbers alone, in a row."""
    return "".join(map(_flat, found))


def _flat(token: Token) -> str:
    return "-" * token.text.startswith("-") + flat(token.text)


def order_holds(wanted: Sequence[Token], others: Sequence[Token], gap: int = 2) -> bool:
    """True if `wanted` stand in `others` in this order with at most `gap` tokens between."""
    starts = {index for index, other in enumerate(others) if wanted[0].matches(other)}
    for token in wanted[1:]:
        starts = {
            index
            for start in starts
            for index in range(start + 1, min(start + gap + 2, len(others)))
            if token.matches(others[index])
        }
    return bool(starts)
