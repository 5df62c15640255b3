"""Values for the slots of practice notes: word lists and number patterns, drawn by a generator."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from sealmate.errors import SealmateError

FIRST_YEAR, LAST_YEAR = 1931, 2027
_NUMBER_WORDS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_PAST = {15: "quarter past", 30: "half past", 45: "quarter to"}
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LISTED = {
    "PET": "pets",
    "CITY": "cities",
    "COUNTRY": "countries",
    "BRAND": "brands",
    "WEEKDAY": "weekdays",
    "MONTH": "months",
    "COLOUR": "colours",
    "JOB": "jobs",
    "HOBBY": "hobbies",
    "INSTRUMENT": "instruments",
    "DISH": "dishes",
    "DRINK": "drinks",
    "LANGUAGE": "languages",
    "PLANT": "plants",
    "BOOK": "books",
    "ROOM": "rooms",
    "PLACE": "places",
    "PROJECT": "projects",
    "NAME": "names",
    "DURATION": "durations",
}
_MADE = ("WOMAN", "MAN", "PERSON", "STREET", "COMPANY", "MODEL", "CODE", "PHONE", "MONEY", "TIME")
_COUNTED = ("DATE", "YEAR", "NUM", "BIGNUM", "DISTANCE", "WEIGHT")
KINDS = frozenset((*_LISTED, *_MADE, *_COUNTED))
_KEYS = (
    *_LISTED.values(),
    *("women", "men", "last_names", "streets", "companies", "company_patterns", "code_words"),
    *("model_patterns", "code_patterns", "phone_patterns", "money_patterns"),
    *("distance_patterns", "weight_patterns"),
)


@dataclass(frozen=True, slots=True)
class Fillers:
    """Word lists by name ("women", "cities", "money_patterns", ...), none of them empty."""

    lists: dict[str, tuple[str, ...]]

    @classmethod
    def load(cls, path: Path) -> Fillers:
        """Read fillers.json; a SealmateError names a missing or empty list."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SealmateError(
                f"{path} cannot be read: {error}", "install sealmate again"
            ) from None
        lists = {key: tuple(values) for key, values in raw.items()}
        for key in _KEYS:
            if not lists.get(key):
                raise SealmateError(f"{path} has no list {key}", "install sealmate again")
        return cls(lists)

    def draw(self, kind: str, rng: random.Random) -> str:
        """One value of a slot kind ("CITY", "MONEY", ...); KeyError for an unknown kind."""
        if kind in _LISTED:
            return rng.choice(self.lists[_LISTED[kind]])
        if kind in ("WOMAN", "MAN", "PERSON"):
            given = {"WOMAN": "women", "MAN": "men"}.get(kind) or rng.choice(("women", "men"))
            return f"{rng.choice(self.lists[given])} {rng.choice(self.lists['last_names'])}"
        if kind in ("MODEL", "PHONE", "CODE"):
            pattern = rng.choice(self.lists[f"{kind.lower()}_patterns"])
            value = self._pattern(pattern, rng)
            return f"0{value[1:]}" if kind == "PHONE" and pattern[0] == "0" else value
        if kind in ("MONEY", "DISTANCE", "WEIGHT"):
            return _amount(kind, rng.choice(self.lists[f"{kind.lower()}_patterns"]), rng)
        if kind == "STREET":
            number, street = rng.randint(1, 98), rng.choice(self.lists["streets"])
            return f"{number} {street}" if rng.random() < 0.6 else f"{street} {number}"
        if kind == "COMPANY":
            return self._company(rng)
        if kind == "NUM":
            number = rng.randint(2, 20)
            return str(number) if rng.random() < 0.65 else _NUMBER_WORDS[number - 2]
        if kind == "YEAR":
            return str(rng.randint(FIRST_YEAR, LAST_YEAR))
        if kind == "BIGNUM":
            return str(rng.randint(100, 999) if rng.random() < 0.5 else rng.randint(1000, 9999))
        if kind == "TIME":
            return _time(rng)
        if kind == "DATE":
            return self._date(rng)
        raise KeyError(kind)

    def _company(self, rng: random.Random) -> str:
        if rng.random() < 0.5:
            return rng.choice(self.lists["companies"])
        pattern = rng.choice(self.lists["company_patterns"])
        first, second = rng.sample(self.lists["last_names"], 2)
        text = pattern.replace("{city}", rng.choice(self.lists["cities"]))
        return text.replace("{last}", first, 1).replace("{last}", second)

    def _date(self, rng: random.Random) -> str:
        month = rng.randrange(12)
        day, name = rng.randint(1, _MONTH_DAYS[month]), self.lists["months"][month]
        endings = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
        ordinal = f"{day}{endings.get(day, 'th')}"
        return rng.choice(
            (f"{day} {name}", f"{day} {name}", f"{name} {day}", f"the {ordinal} of {name}")
        )

    def _pattern(self, pattern: str, rng: random.Random) -> str:
        """0 is a digit, A and a are letters, w and W words; any other sign stands for itself."""
        code = re.match(r"\+\d\d", pattern)
        parts = [code[0]] if code else []
        for sign in pattern[3 if code else 0 :]:
            if sign == "0":
                parts.append(rng.choice("0123456789"))
            elif sign in "Aa":
                letter = rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
                parts.append(letter if sign == "A" else letter.lower())
            elif sign in "Ww":
                word = rng.choice(self.lists["code_words"])
                parts.append(word.capitalize() if sign == "W" else word)
            else:
                parts.append(sign)
        return "".join(parts)

    def rank(self, kind: str, value: str) -> float | None:
        """Where a value stands in its kind's natural order (time, amount); None if it has none."""
        digits = [int(number) for number in re.findall(r"\d+", value)]
        if kind in ("YEAR", "BIGNUM"):
            return float(value)
        if kind == "NUM":
            return float(digits[0] if digits else _NUMBER_WORDS.index(value) + 2)
        if kind == "MONEY":
            return float(re.findall(r"\d+(?:\.\d+)?", value)[0])
        if kind in ("WEEKDAY", "MONTH"):
            return float(self.lists[_LISTED[kind]].index(value))
        if kind == "DATE":
            month = next(i for i, m in enumerate(self.lists["months"]) if m in value)
            return float(sum(_MONTH_DAYS[:month]) + digits[0])
        if kind == "TIME":
            if digits:
                return float(digits[0] * 60 + digits[1])
            hour = _HOURS.index(value.split()[-1]) + 1
            minutes = {"half past": 30, "quarter past": 15, "quarter to": -15}
            return float(hour * 60 + minutes.get(value.rpartition(" ")[0], 0))
        return None


def style(kind: str, value: str) -> str:
    """The manner a value is written in, so that two values of a note are written alike."""
    if kind == "MONEY":
        return re.sub(r"[\d. ]", "", value)
    if kind == "DATE":
        return "the" if value[0] == "t" else "day" if value[0].isdigit() else "month"
    if kind == "TIME":
        return "words" if value[0].isalpha() else re.sub(r"\d", "", value)
    if kind == "NUM":
        return "digits" if value.isdigit() else "words"
    return ""


def _amount(kind: str, pattern: str, rng: random.Random) -> str:
    small, middle = rng.randint(3, 98), 5 * rng.randint(20, 198)
    large = 50 * rng.randint(20, 190) if kind == "MONEY" else small
    whole = rng.choice((small, small, middle, large) if kind == "MONEY" else (small,))
    return (
        pattern.replace("{n}", str(whole))
        .replace("{c}", f"{small}.{rng.choice(('50', '20', '80', '95', '40', '75', '60', '90'))}")
        .replace("{d}", f"{rng.randint(1, 48)}.{rng.randint(1, 9)}")
        .replace("{h}", str(middle))
    )


def _time(rng: random.Random) -> str:
    manner = rng.random()
    if manner < 0.3:
        # On the dial only, so that the later of two times is the later one to any reader.
        minutes = rng.choice((0, 15, 30, 45))
        hour = rng.randint(1, 11)
        return f"{_PAST[minutes]} {_HOURS[hour - 1]}" if minutes else f"{_HOURS[hour - 1]}"
    hour, minutes = rng.randint(6, 22), 5 * rng.randrange(12)
    return f"{hour}.{minutes:02d}" if manner < 0.6 else f"{hour:02d}:{minutes:02d}"
