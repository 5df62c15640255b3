"""Numbers in digits and in words, ordinals, clock times: brought to one form each."""

from __future__ import annotations

import re
from collections.abc import Sequence


def _listed(text: str) -> list[str]:
    return text.split()


_SMALL = {
    word: value
    for value, word in enumerate(
        _listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen "
            "fourteen fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        _listed("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        _listed(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
            "twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
        ),
        start=1,
    )
} | {word[:-1] + "ieth": value for word, value in _TENS.items()}

_THOUSANDS = re.compile(r"\d{1,3}(?:[., ']\d{3})+")
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")


def is_number_word(word: str) -> bool:
    """True for "seven", "forty", "hundred", "third" (casefolded words)."""
    return word in _SMALL or word in _TENS or word in _SCALES or word in _ORDINALS


def digits(text: str) -> str:
    """The one form of a number in digits: "1,200" -> "1200", "08:30" -> "8.30", "3,5" -> "3.5"."""
    if _DATE.fullmatch(text):
        return ".".join(part.lstrip("0") or "0" for part in re.split(r"[./-]", text))
    if _THOUSANDS.fullmatch(text):
        return re.sub(r"\D", "", text)
    grouped = re.fullmatch(r"(\d{1,3}(?:,\d{3})+)\.(\d{1,2})", text)
    if grouped:
        text = grouped[1].replace(",", "") + "." + grouped[2]
    parts = re.split(r"[.,:]", text)
    if len(parts[0]) <= 2:
        # 007 and 0182 are names of something, 07 is 7.
        parts[0] = parts[0].lstrip("0") or "0"
    if len(parts) == 2 and parts[1] == "00":
        parts.pop()
    return ".".join(parts)


def in_words(words: Sequence[str]) -> tuple[int, str] | None:
    """The number that the first of these casefolded words spell.

    Returns how many words it takes and its form ("27"; ordinals "#3"), or None.
    "two hundred and fifty" -> (4, "250"); "third" -> (1, "#3"); "twenty first" -> (2, "#21");
    "two and a half" -> (4, "2.5").
    """
    total = current = 0
    taken = last = 0
    for index, word in enumerate(words):
        if word == "and" and taken and list(words[index + 1 : index + 3]) == ["a", "half"]:
            return index + 3, f"{total + current}.5"
        if word == "and":
            # "two hundred and fifty", but not "five and six".
            following = words[index + 1] if index + 1 < len(words) else ""
            if last < 100 or (following not in _SMALL and following not in _TENS):
                break
            continue
        value = _SMALL.get(word, _TENS.get(word))
        if value is not None:
            fits = not taken or last >= 100 or (20 <= last < 100 and 0 < value < 10)
            if not fits:
                break
            current += value
            last = value
        elif word in _SCALES:
            scale = _SCALES[word]
            if last > scale:
                break
            current = max(current, 1) * scale
            if scale > 100:
                total, current = total + current, 0
            last = scale
        elif word in _ORDINALS:
            value = _ORDINALS[word]
            if not (not taken or last >= 100 or (20 <= last < 100 and value < 10)):
                break
            return index + 1, f"#{total + current + value}"
        else:
            break
        taken = index + 1
    return (taken, str(total + current)) if taken else None


def clock(words: Sequence[str]) -> tuple[int, str] | None:
    """A time told in words: ("half", "past", "six") -> (3, "6.30"), also if the hour or the
    minutes are in digits. None if it is none."""
    minutes: int | None
    if words[:1] in (_listed("half"), _listed("quarter")):
        minutes, used = (30 if words[0] == "half" else 15), 1
    else:
        told = _counted(words)
        if told is None or not told[1].isdigit() or not 0 < int(told[1]) < 30:
            return None
        minutes, used = int(told[1]), told[0]
        if words[used : used + 1] == _listed("minutes"):
            used += 1
    direction = words[used] if used < len(words) else ""
    if words[0] == "half" and direction in _SMALL and direction not in ("zero", "one"):
        # "half six" as it is said in Britain
        return 2, f"{_SMALL[direction]}.30"
    hour = _counted(words[used + 1 :]) if direction in ("past", "to") else None
    if hour is None or not hour[1].isdigit() or not 0 < int(hour[1]) <= 12:
        return None
    # "ten to twelve" is more often a span of numbers than a time, "five to" alike.
    if direction == "to" and words[0] != "quarter":
        return None
    at = int(hour[1]) if direction == "past" else (int(hour[1]) - 2) % 12 + 1
    minute = minutes if direction == "past" else 60 - minutes
    return used + 1 + hour[0], f"{at}.{minute:02d}"


def _counted(words: Sequence[str]) -> tuple[int, str] | None:
    """As `in_words`, also of up to two digits."""
    if words and re.fullmatch(r"\d{1,2}", words[0]):
        return 1, str(int(words[0]))
    return in_words(words)
