"""Slotted practice notes: reading the stock, filling its slots, changing one value."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sealmate.errors import SealmateError
from sealmate.paths import bundled
from sealmate.practice.fillers import KINDS, Fillers, style
from sealmate.practice.wording import SLOT, render

__all__ = [
    "FilledNote",
    "Fillers",
    "SlottedNote",
    "fill",
    "load_stock",
    "refill",
    "slots_of",
    "topics_held_out",
]

_DETERMINER = re.compile(
    r"\b(?:an?|the|my|our|your|his|her|its|their|this|that|each|every|same|last|new|old)\s$", re.I
)
_NUMBERED = re.compile(
    r"(?:\b(?:no\.?|number|nr\.?|plot|locker|counter|flat|trap|size|floor|version|unit|row|room"
    r"|zone|space|page|level|fuse|test|year|paragraph|stand|box|hive|gate|platform|coach|door|hall"
    r"|seat|table|item|line|bus|tram|chapter|lot|week|day|bed|hole|grade|step|part|x|pages)"
    r"|[^a-z ]) ?$",
    re.I,
)
_COUNTED = re.compile(r" (?:[a-z]{3,}s|people|children|of)\b")
_UNIT = re.compile(
    r" (?:degrees|centilitres|inches|is|was|has|this|plus|times|minus|less|across)\b"
)
_ORDERED = {"YEAR": 2.0, "TIME": 30.0, "DATE": 3.0}
_RANGED = frozenset(("NUM", "BIGNUM", "MONEY", "WEEKDAY", "MONTH"))
_ALIKE = frozenset(("DATE", "TIME", "MONEY", "DURATION", "DISTANCE", "WEIGHT", "PLACE", "STREET"))
_PEOPLE = frozenset(("WOMAN", "MAN", "PERSON"))
_GENERIC = frozenset(
    (
        *("lane", "street", "road", "close", "avenue", "terrace", "hill", "walk"),
        *("half", "past", "quarter", "with", "from", "under"),
    )
)
_TRIES = 4000


@dataclass(frozen=True, slots=True)
class SlottedNote:
    """One note of the stock with its slots; `qa` pairs several wordings with one answer."""

    topic: str
    file: str
    line: int
    note: str
    qa: tuple[tuple[tuple[str, ...], str], ...]
    facts: tuple[str, ...]
    near: tuple[str, ...]

    def texts(self) -> list[str]:
        """Every slotted text of the note, the note itself first."""
        asked = [text for questions, answer in self.qa for text in (*questions, answer)]
        return [self.note, *asked, *self.facts, *self.near]


@dataclass(frozen=True, slots=True)
class FilledNote:
    """A note with values for its slots; `values` maps "MAN1" to the full value."""

    topic: str
    note: str
    qa: tuple[tuple[tuple[str, ...], str], ...]
    facts: tuple[str, ...]
    near: tuple[str, ...]
    values: dict[str, str]


def load_stock(folder: Path) -> list[SlottedNote]:
    """Read every *.jsonl of the folder, by file name; a SealmateError names file and line."""
    notes = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                notes.append(_read(line, path.name, number))
    return notes


def _read(line: str, file: str, number: int) -> SlottedNote:
    try:
        raw = json.loads(line)
        note = SlottedNote(
            topic=raw["topic"],
            file=file,
            line=number,
            note=raw["note"],
            qa=tuple((tuple(pair["q"]), pair["a"]) for pair in raw["qa"]),
            facts=tuple(raw["facts"]),
            near=tuple(raw["near"]),
        )
        known = slots_of(note)
        for text in note.texts():
            rest = SLOT.sub("", text)
            used = {kind + index for kind, index, _ in SLOT.findall(text)}
            if "{" in rest or "}" in rest or not used <= set(known):
                raise ValueError(f"unknown slot in {text!r}")
        if any(kind not in KINDS for kind in known.values()):
            raise ValueError("unknown kind of slot")
    except (ValueError, KeyError, TypeError) as error:
        raise SealmateError(
            f"{file} line {number} is not a slotted note: {error}", "mend the line"
        ) from None
    return note


def topics_held_out(topics: Iterable[str]) -> frozenset[str]:
    """Those of `topics` that assets/stock/mirror.json keeps out of training."""
    path = bundled("assets") / "stock" / "mirror.json"
    return frozenset(topics) & frozenset(json.loads(path.read_text(encoding="utf-8")))


def slots_of(note: SlottedNote) -> dict[str, str]:
    """The slots of the note in order of kind and number: "MAN1" -> "MAN"."""
    found = {(kind, int(index)) for kind, index, _ in SLOT.findall(note.note)}
    return {f"{kind}{index}": kind for kind, index in sorted(found)}


def fill(note: SlottedNote, rng: random.Random, fillers: Fillers) -> FilledNote:
    """Give every slot a value: none twice, of one style, later years and times in later slots."""
    slots = slots_of(note)
    values: dict[str, str] = {}
    for kind in dict.fromkeys(slots.values()):
        names = [name for name, its_kind in slots.items() if its_kind == kind]
        # A gap leaves every slot another value in order, which refill needs.
        gap = _ORDERED.get(kind, 2.0 if _ranged(note, kind) else 0.0)
        for name in names:
            fits = _fits(note, name, kind, values, gap, fillers)
            values[name] = _draw(kind, rng, fillers, fits, values.values())
        if gap:
            ordered = sorted((values[name] for name in names), key=_rank_of(kind, fillers))
            values.update(zip(names, ordered, strict=True))
    return _render_note(note, values)


def refill(
    note: SlottedNote, filled: FilledNote, slot: str, rng: random.Random, fillers: Fillers
) -> FilledNote:
    """Change the value of one slot ("MAN1") and nothing else; KeyError for an absent slot.

    The new value is written like the old one, is not another slot's, and keeps ordered pairs
    (years, times, dates, ranges) in order.
    """
    old, kind = filled.values[slot], slots_of(note)[slot]
    others = {name: value for name, value in filled.values.items() if name != slot}
    peers = [name for name, its_kind in slots_of(note).items() if its_kind == kind]
    ordered = kind in _ORDERED or _ranged(note, kind)
    fits_note = _fits(note, slot, kind, others, 0.0, fillers)
    rank = _rank_of(kind, fillers)

    def fits(value: str) -> bool:
        changed = {**others, slot: value}
        if style(kind, value) != style(kind, old) or _overlap(kind, value, kind, old):
            return False
        ranks = [rank(changed[name]) for name in peers] if ordered and len(peers) > 1 else []
        return ranks == sorted(set(ranks)) and fits_note(value)

    value = _draw(kind, rng, fillers, fits, filled.values.values())
    return _render_note(note, {**filled.values, slot: value})


def _rank_of(kind: str, fillers: Fillers) -> Callable[[str], float]:
    return lambda value: fillers.rank(kind, value) or 0.0


def _draw(
    kind: str,
    rng: random.Random,
    fillers: Fillers,
    fits: Callable[[str], bool],
    taken: Iterable[str],
) -> str:
    """A fitting value; after very many tries any that is not taken; ValueError if all are."""
    for _ in range(_TRIES):
        value = fillers.draw(kind, rng)
        if fits(value):
            return value
    used = {value.lower() for value in taken}
    for _ in range(_TRIES):
        value = fillers.draw(kind, rng)
        if value.lower() not in used:
            return value
    raise ValueError(f"the lists hold too few values for {kind}")


def _fits(
    note: SlottedNote,
    slot: str,
    kind: str,
    others: Mapping[str, str],
    gap: float,
    fillers: Fillers,
) -> Callable[[str], bool]:
    """Whether a value may stand in the slot beside the other values and the note's own words."""
    texts = note.texts()
    literal = SLOT.sub(" ", "\n".join(texts)).lower()
    places = [
        (text[: match.start()], text[match.end() :], match[1] + match[2])
        for text in texts
        for match in SLOT.finditer(text)
        if match[1] == kind
    ]
    determined = any(_DETERMINER.search(before) for before, _, name in places if name == slot)
    glued = [after for _, after, name in places if name == slot and re.match(r"[a-z]", after)]
    # Words for all numbers of a note or for none: both are written alike.
    in_words = kind == "NUM" and all(
        _COUNTED.match(after) and not _UNIT.match(after) and not _NUMBERED.search(before)
        for before, after, _ in places
        if before or after
    )
    peers = [v for name, v in others.items() if name.rstrip("0123456789") == kind]
    kinds = {name: name.rstrip("0123456789") for name in others}

    def fits(value: str) -> bool:
        if kind == "NUM":
            if any(after.startswith("ty") for after in glued):
                return value in ("six", "seven", "nine")
            if value.isalpha() and not in_words:
                return False
            if any(after.startswith("th") for after in glued) and value in ("2", "3"):
                return False
        if determined and re.match(r"(?:the|an?) ", value, re.I):
            return False
        if kind in _PEOPLE and glued and value.endswith("s"):
            return False
        if any(style(kind, value) != style(kind, peer) for peer in peers):
            return False
        rank = _rank_of(kind, fillers)
        if gap and any(abs(rank(value) - rank(peer)) < gap for peer in peers):
            return False
        parts = value.lower().split() if kind in _PEOPLE else [value.lower()]
        if any(_within(part, literal) for part in parts):
            return False
        return not any(_overlap(kind, value, kinds[name], other) for name, other in others.items())

    return fits


def _within(part: str, text: str) -> bool:
    return part in text and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _overlap(kind: str, value: str, other_kind: str, other: str) -> bool:
    """Whether two values could be mistaken for each other: one in the other, or a shared word."""
    one, two = value.lower(), other.lower()
    if _within(one, two) or _within(two, one):
        return True
    if kind == other_kind and kind in _ALIKE:
        return False
    shortest = 1 if kind in _PEOPLE and other_kind in _PEOPLE else 4
    shared = set(re.findall(r"\w+", one)) & set(re.findall(r"\w+", two)) - _GENERIC
    return any(len(word) >= shortest and not word.isdigit() for word in shared)


def _ranged(note: SlottedNote, kind: str) -> bool:
    """Whether the note speaks of a stretch between two slots of the kind ("{NUM1} to {NUM2}")."""
    between = rf"\{{{kind}1\}}\s?(?:to|until|till|and|-|–)\s?\{{{kind}2\}}"
    return kind in _RANGED and re.search(between, note.note) is not None


def _render_note(note: SlottedNote, values: dict[str, str]) -> FilledNote:
    text = render(note.note, values)

    def answer(template: str) -> str:
        plain = render(template, values, starts=False)
        capital = plain[:1].upper() + plain[1:]
        # An answer quoted from the note must stay a quotation where the note has a capital.
        if template in note.note and plain not in text and capital in text:
            return capital
        return plain

    return FilledNote(
        topic=note.topic,
        note=text,
        qa=tuple((tuple(render(q, values) for q in qs), answer(a)) for qs, a in note.qa),
        facts=tuple(render(fact, values) for fact in note.facts),
        near=tuple(render(question, values) for question in note.near),
        values=dict(values),
    )
