"""Short answers compared: the same, or right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sealmate.edits.abstention import is_abstention, without_references
from sealmate.edits.amounts import other_amount
from sealmate.edits.equivalents import dialled_alike, readings
from sealmate.edits.figures import figures, stands
from sealmate.edits.lexicon import ALTERNATIVE, MONTHS, TITLES, UNITS, WEEKDAYS
from sealmate.edits.words import (
    Token,
    content,
    order_holds,
    squashed,
    tokens,
)

_LATE = frozenset(("pm", "afternoon", "evening", "night"))
_CLASSES = (frozenset(MONTHS), frozenset(WEEKDAYS))


def same_answer(a: str, b: str) -> bool:
    """True if two short answers say the same, one perhaps at more length.

    Articles, case, punctuation, number words, currency signs and bland prepositions make no
    difference. Two abstentions are the same; an abstention and an answer never.
    """
    if is_abstention(a) or is_abstention(b):
        # Not knowing is the same in all its wordings.
        return is_abstention(a) and is_abstention(b)
    return any(
        carries(tokens(x), tokens(y)) or carries(tokens(y), tokens(x))
        for x, y in readings(without_references(a), without_references(b))
    )


def correct(given: str, expected: str, also: Iterable[str] = ()) -> bool:
    """True if `given` answers as `expected`, or as one of `also`, does; perhaps at more length.

    Every content word and number of the expected answer must stand in it as a whole word, not
    denied ("not Anna") and not as one of several candidates ("Anna or Maria", "5, 6, 7").
    An abstention is never correct.
    """
    given = without_references(given)
    if is_abstention(given):
        # "Nobody knows" may be what the note says.
        found = tokens(given)
        return any(squashed(found) == squashed(tokens(a)) != "" for a in (expected, *also))
    return any(
        carries(tokens(x), tokens(y))
        for answer in (expected, *also)
        for x, y in readings(given, answer)
    )


def carries(given: Sequence[Token], expected: Sequence[Token]) -> bool:
    """True if the tokens of an answer hold those of the expected one (see `correct`)."""
    if not expected or not given:
        return False
    if squashed(given) == squashed(expected) and figures(given) == figures(expected):
        return True
    given = dialled_alike(given, expected)
    if "~not" in _forms(expected):
        if "~not" not in _forms(given):
            return False
        told = list(given)
    else:
        told = _affirmed(given)
    wanted = content(expected)
    if not wanted:
        return order_holds(expected, told, gap=0)
    wanted = _without_half_days(_without_titles(_without_one(wanted, told), told), told)
    owned = _without_owners(told, wanted)
    if not all(stands(token, owned) for token in wanted) or other_amount(told, expected):
        return False
    return not (_undecided(told, wanted) or _listed(told, wanted))


def _forms(found: Iterable[Token]) -> set[str]:
    return {form for token in found for form in token.forms}


def _affirmed(given: Sequence[Token]) -> list[Token]:
    """Without what is denied: "not X", "is not X", "rather than X"."""
    kept: list[Token] = []
    index = 0
    while index < len(given):
        token = given[index]
        before = given[index - 1] if index else None
        denied = "~not" in token.forms and (
            before is None or "but" in before.forms or _is_copula(before) or token.initial
        )
        # isn't, wasn't: the copula is in the word.
        denied = denied or token.text.casefold() in ("isn't", "wasn't", "aren't", "weren't")
        instead = token.text.casefold() in ("instead", "rather") and index > 0
        item = _denies_an_item(given, index)
        if denied or instead or item:
            index += 1
            while index < len(given) and given[index].text.casefold() != "but":
                if given[index].initial or (item and _parted(given, index)):
                    break
                index += 1
            continue
        kept.append(token)
        index += 1
    return kept


def _denies_an_item(given: Sequence[Token], index: int) -> bool:
    """Whether what follows is denied, and what stands before it told: "milk without sugar", "meat,
    no fish"; but not in "never without sugar"."""
    low = given[index].text.casefold()
    if not index or low not in ("without", "no", "not"):
        return False
    if any("~not" in token.forms for token in given[:index]):
        return False
    joined = given[index - 1].text.casefold() in ("and", "&") or _parted(given, index)
    return low == "without" or joined


def _parted(given: Sequence[Token], index: int) -> bool:
    """Whether more than a space stands between a token and the one before it."""
    return given[index].start - given[index - 1].end > 1


def _is_copula(token: Token) -> bool:
    return token.text.casefold() in ("is", "was", "are", "were", "it's", "that's", "he's", "she's")


def _without_titles(wanted: Sequence[Token], told: Sequence[Token]) -> list[Token]:
    """Leave off "Mr" where a name without any title is told, and "between" of two numbers."""

    def spare(token: Token) -> bool:
        return token.text.casefold().strip(".") in (*TITLES, "between")

    if any(spare(token) for token in told):
        return list(wanted)
    return [token for token in wanted if not spare(token)] or list(wanted)


def _without_one(wanted: Sequence[Token], told: Sequence[Token]) -> list[Token]:
    """Leave off "one" where no other number is told: "one week" and "a week" are the same; "one"
    alone is a number."""
    if any(token.kind == "number" and not _one_of(token, wanted) for token in told):
        return list(wanted)
    return [token for token in wanted if token.text.casefold() != "one"] or list(wanted)


def _without_owners(told: Sequence[Token], wanted: Sequence[Token]) -> list[Token]:
    """What is told without whose it is: Ann's sister is not Ann. Ann's alone is Ann."""
    return [
        token
        for token, after in zip(told, [*told, None][1:], strict=True)
        if after is None
        or not token.text.endswith("'s")
        or after.kind == "light"
        or after.text.endswith("ing")
        or _one_of(after, wanted)
        or any(other.text.endswith("'s") and other.matches(token) for other in wanted)
    ]


def _without_half_days(wanted: Sequence[Token], told: Sequence[Token]) -> list[Token]:
    """Leave off "pm" where the answer tells the hour from 12 on: 7 pm is 19:00; and "am" where it
    tells no other half of the day."""
    kept: list[Token] = []
    for token in wanted:
        if kept and "am" in token.forms and not _late(told, kept[-1]):
            continue
        late = kept[-1].forms if kept and "pm" in token.forms else frozenset()
        hours = {form for form in late if form.split(".")[0].isdigit()}
        if any(
            int(form.split(".")[0]) >= 12
            and any(form in other.forms and not other.text.isalnum() for other in told)
            for form in hours
        ):
            continue
        kept.append(token)
    return kept


def _late(told: Sequence[Token], hour: Token) -> bool:
    """Whether an hour is told, and told to be after noon."""
    return any(
        token.matches(hour) and other.forms & _LATE
        for place, token in enumerate(told)
        for other in told[place + 1 : place + 4]
    )


def _listed(told: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """True if all that is told is a list of single things, and only one of them is wanted.

    Two names parted by a comma may be a place and its region.
    """
    items: list[list[Token]] = [[]]
    joined = False
    for index, token in enumerate(told):
        if token.text.casefold() in ("and", "&"):
            joined = True
            items.append([])
        elif token.kind != "light":
            if items[-1] and index and token.start - told[index - 1].end > 1:
                items.append([])
            items[-1].append(token)
    items = [item for item in items if item]
    if len(items) < 2 or any(len(item) > 1 for item in items):
        return False
    if len(items) == 2 and not joined and all(_capital(item[0]) for item in items):
        return False
    hit = [_one_of(item[0], wanted) for item in items]
    return any(hit) and not all(hit)


def _undecided(told: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """True if the wanted answer is only one of several that are told."""
    asked = _forms(wanted)
    for index, token in enumerate(told):
        if token.forms & ALTERNATIVE and not asked & ALTERNATIVE:
            # "5 euros or so" is one candidate.
            after = told[index + 1 : index + 2]
            if not after or after[0].text.casefold() != "so":
                return True
    for group in _CLASSES:
        if asked & group and any(token.forms & group and not token.forms & asked for token in told):
            return True
    return _other_number(told, wanted) or _other_name(told, wanted)


def _other_number(told: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """True if another number stands where the wanted one could: "5 or 6", "5, 6 eggs"."""
    numbers = [token for token in wanted if token.kind == "number"]
    if not numbers:
        return False
    for first, middle, last in zip(told, told[1:], told[2:], strict=False):
        ends = _one_of(first, numbers), _one_of(last, numbers)
        if middle.text == "to" and first.kind == last.kind == "number" and ends[0] != ends[1]:
            return True
    if all(_in_a_run(told, n, numbers) for n in range(len(told)) if _one_of(told[n], numbers)):
        return True
    roles = [_role(told, index) for index, token in enumerate(told) if _one_of(token, numbers)]
    return any(
        token.kind == "number" and not _one_of(token, numbers) and _role(told, index) in roles
        for index, token in enumerate(told)
    )


def _in_a_run(told: Sequence[Token], place: int, numbers: Sequence[Token]) -> bool:
    """Whether a number is only a part of what is told, beside one not wanted: 5-6, 1/2, 1 1/2."""
    first = last = place
    while first and _joined(told[first - 1], told[first]):
        first -= 1
    while last + 1 < len(told) and _joined(told[last], told[last + 1]):
        last += 1
    return not all(_one_of(token, numbers) for token in told[first : last + 1])


def _joined(one: Token, other: Token) -> bool:
    # behind a slash, or in a new line
    most = 2 if other.initial else 3
    small = all(token.text.isdigit() and len(token.text) <= most for token in (one, other))
    return small and other.start - one.end == 1


def _one_of(token: Token, others: Sequence[Token]) -> bool:
    return any(token.matches(other) for other in others)


def _role(told: Sequence[Token], index: int) -> str:
    """What a number counts: its unit before or after it, or the word that follows; "" if none."""
    around = [*told[max(0, index - 1) : index], *told[index + 1 : index + 2]]
    for other in around:
        if other.forms & UNITS:
            return min(other.forms & UNITS)
    after = told[index + 1] if index + 1 < len(told) else None
    if after is None or after.kind in ("number", "light"):
        return ""
    return min(after.forms)


def _other_name(told: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """True if a name that is not wanted is joined by "and" to one that is."""
    for index, token in enumerate(told):
        if token.text.casefold() not in ("and", "&") or not 0 < index < len(told) - 1:
            continue
        before, after = told[index - 1], told[index + 1]
        if not (_capital(before) and _capital(after)):
            continue
        if _one_of(before, wanted) != _one_of(after, wanted):
            return True
    return False


def _capital(token: Token) -> bool:
    return token.kind != "number" and token.kind != "light" and token.text[:1].isupper()
