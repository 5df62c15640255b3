"""The stock's notes with their slots filled, and the bench's notes as they are."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parents[2] / "assets"
_SLOT = re.compile(r"\{([A-Z]+)(\d)(?:\.(first|last))?\}")


def bench(name: str) -> list[dict[str, Any]]:
    """Notes of a bench file: {"note", "qa": [{"q", "a", "also"}], "near"}."""
    return _lines(ASSETS / "bench" / f"{name}.jsonl")


def stock(seed: int = 0) -> Iterator[dict[str, Any]]:
    """Every note of the stock with one filling: {"note", "qa": [{"q": [...], "a"}], "facts"}."""
    fillers = json.loads((ASSETS / "stock" / "fillers.json").read_text("utf-8"))
    for path in sorted((ASSETS / "stock").glob("*.jsonl")):
        for number, note in enumerate(_lines(path)):
            rng = random.Random(f"{seed} {path.name} {number}")
            yield _filled(note, _Filling(fillers, rng))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _filled(value: Any, filling: _Filling) -> Any:
    if isinstance(value, str):
        return _SLOT.sub(filling, value)
    if isinstance(value, list):
        return [_filled(item, filling) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, filling) for key, item in value.items()}
    return value


class _Filling:
    """One value for each slot of a note."""

    def __init__(self, fillers: dict[str, list[str]], rng: random.Random) -> None:
        self._fillers, self._rng = fillers, rng
        self._values: dict[str, str] = {}
        self._used: set[str] = set()

    def __call__(self, match: re.Match[str]) -> str:
        key = match[1] + match[2]
        if key not in self._values:
            value = self._value(match[1])
            while value in self._used:
                value = self._value(match[1])
            self._used.add(value)
            self._values[key] = value
        value = self._values[key]
        first, _, last = value.partition(" ")
        return {"first": first, "last": last}.get(match[3] or "", value)

    def _pick(self, name: str) -> str:
        return self._rng.choice(self._fillers[name])

    def _value(self, kind: str) -> str:
        rng, pick = self._rng, self._pick
        if kind in ("WOMAN", "MAN", "PERSON"):
            group = {"WOMAN": "women", "MAN": "men"}.get(kind) or rng.choice(["women", "men"])
            return f"{pick(group)} {pick('last_names')}"
        plain = {
            "PET": "pets", "CITY": "cities", "COUNTRY": "countries", "BRAND": "brands",
            "COLOUR": "colours", "JOB": "jobs", "HOBBY": "hobbies", "INSTRUMENT": "instruments",
            "DISH": "dishes", "DRINK": "drinks", "LANGUAGE": "languages", "PLANT": "plants",
            "BOOK": "books", "ROOM": "rooms", "PLACE": "places", "PROJECT": "projects",
            "NAME": "names", "DURATION": "durations", "WEEKDAY": "weekdays", "MONTH": "months",
            "COMPANY": "companies",
        }  # fmt: skip
        if kind in plain:
            return pick(plain[kind])
        if kind == "STREET":
            return f"{rng.randint(1, 120)} {pick('streets')}"
        if kind == "DATE":
            return rng.choice(["{d} {m}", "{m} {d}", "the {d}th of {m}"]).format(
                d=rng.randint(4, 20), m=pick("months")
            )
        if kind == "TIME":
            return rng.choice(["18:30", "7 pm", "half past six", "9.15", "ten o'clock", "6:45 am"])
        ranges = {"YEAR": (1920, 2030), "NUM": (2, 20), "BIGNUM": (100, 9999)}
        if kind in ranges:
            return str(rng.randint(*ranges[kind]))
        pattern = pick({"MODEL": "model", "CODE": "code", "PHONE": "phone", "MONEY": "money",
                        "DISTANCE": "distance", "WEIGHT": "weight"}[kind]
                       + "_patterns")  # fmt: skip
        if kind == "PHONE":
            return re.sub("0", lambda _: str(rng.randint(0, 9)), pattern)
        if kind in ("MODEL", "CODE"):
            drawn = {"0": lambda: str(rng.randint(0, 9)), "A": lambda: rng.choice("BCDFKX"),
                     "a": lambda: rng.choice("bcdfkx"), "w": lambda: pick("code_words"),
                     "W": lambda: pick("code_words").title()}  # fmt: skip
            return "".join(drawn[letter]() if letter in drawn else letter for letter in pattern)
        return pattern.format(
            n=rng.randint(3, 990), c=f"{rng.randint(3, 99)}.{rng.randint(10, 99)}",
            d=f"{rng.randint(1, 9)}.{rng.randint(1, 9)}", h=rng.randint(100, 900),
        )  # fmt: skip
