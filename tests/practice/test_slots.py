"""The stock of practice notes and its filling: consistent, literal, ordered, free of braces."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.errors import SealmateError
from sealmate.paths import bundled
from sealmate.practice.slots import (
    FilledNote,
    Fillers,
    SlottedNote,
    fill,
    load_stock,
    refill,
    slots_of,
    topics_held_out,
)

FOLDER = bundled("assets") / "stock"
SLOT = re.compile(r"\{[^}]*\}")


@cache
def stock() -> list[SlottedNote]:
    return load_stock(FOLDER)


@cache
def fillers() -> Fillers:
    return Fillers.load(FOLDER / "fillers.json")


def texts(filled: FilledNote) -> list[str]:
    asked = [text for questions, answer in filled.qa for text in (*questions, answer)]
    return [filled.note, *asked, *filled.facts, *filled.near]


def check(note: SlottedNote, filled: FilledNote) -> None:
    where = f"{note.file}:{note.line}"
    for text in texts(filled):
        assert "{" not in text, where
        assert "}" not in text, where
        for value in filled.values.values():
            assert not (value[0] in "aeioAEIO" and re.search(rf"a {re.escape(value)}", text)), where
            assert not (value[0] in "bcdfgBCDG" and f" an {value}" in text), where
    assert len({value.lower() for value in filled.values.values()}) == len(filled.values), where
    for (_, template), (_, answer) in zip(note.qa, filled.qa, strict=True):
        if template in note.note:
            assert answer in filled.note, where
    for kind in ("YEAR", "TIME", "DATE"):
        names = [name for name, its_kind in slots_of(note).items() if its_kind == kind]
        ranks = [fillers().rank(kind, filled.values[name]) for name in names]
        assert ranks == sorted(ranks), where


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_note_fills(seed: int) -> None:
    rng = random.Random(seed)
    for note in stock():
        check(note, fill(note, rng, fillers()))


def test_the_stock_is_large_and_varied() -> None:
    topics = Counter(note.topic for note in stock())
    assert len(topics) >= 60
    assert len(stock()) >= 2000
    masked = Counter(re.sub(r"\W+", " ", SLOT.sub("_", note.note)).lower() for note in stock())
    assert [text for text, count in masked.items() if count > 1] == []


def test_notes_keep_to_their_form() -> None:
    for note in stock():
        where = f"{note.file}:{note.line}"
        assert len(note.near) == 2, where
        assert note.facts, where
        assert note.qa, where
        assert all(len(set(questions)) >= 2 and answer for questions, answer in note.qa), where


def test_held_out_topics_are_of_the_stock() -> None:
    topics = [note.topic for note in stock()]
    held_out = topics_held_out(topics)
    assert len(held_out) == 10
    assert 250 <= sum(topic in held_out for topic in topics) <= 350
    assert topics_held_out(["no such topic"]) == frozenset()


def test_lists_hold_no_value_twice() -> None:
    for name, values in fillers().lists.items():
        if not name.endswith("_patterns"):
            assert len(set(values)) == len(values), name
    assert not set(fillers().lists["women"]) & set(fillers().lists["men"])


@given(seed=st.integers(0, 2**32), pick=st.integers(0, 10**6))
def test_same_seed_same_note_and_refill_changes_one_slot(seed: int, pick: int) -> None:
    note = stock()[pick % len(stock())]
    filled = fill(note, random.Random(seed), fillers())
    assert filled == fill(note, random.Random(seed), fillers())
    check(note, filled)
    for slot in slots_of(note):
        changed = refill(note, filled, slot, random.Random(seed), fillers())
        check(note, changed)
        different = {k for k, v in filled.values.items() if changed.values[k] != v}
        assert different == {slot}
        assert changed.note != filled.note


def slotted(note: str, question: str = "What?", answer: str = "x", fact: str = "F.") -> SlottedNote:
    return SlottedNote("t", "f", 1, note, (((question,), answer),), (fact,), ("a?", "b?"))


def filled_with(note: SlottedNote, value: str, key: str) -> FilledNote:
    lists = {**fillers().lists, key: (value,)}
    return fill(note, random.Random(0), Fillers(lists))


def test_articles_and_capitals() -> None:
    note = slotted(
        "{COLOUR1} it is. Bought a {COLOUR1} hat, no. {COLOUR1}. {COLOUR1}!",
        "{COLOUR1} what?",
        "a {COLOUR1} hat",
        "An {COLOUR1} hat was bought.",
    )
    filled = filled_with(note, "orange", "colours")
    assert filled.note == "Orange it is. Bought an orange hat, no. orange. Orange!"
    assert filled.qa == ((("Orange what?",), "an orange hat"),)
    assert filled_with(note, "blue", "colours").facts == ("A blue hat was bought.",)


def test_answer_takes_the_capital_only_where_the_note_has_it() -> None:
    first = slotted("{COLOUR1} door, last house.", answer="{COLOUR1} door")
    inside = slotted("The {COLOUR1} door.", answer="{COLOUR1} door")
    assert filled_with(first, "blue", "colours").qa[0][1] == "Blue door"
    assert filled_with(inside, "blue", "colours").qa[0][1] == "blue door"


def test_passwords_keep_their_letters() -> None:
    note = slotted("{CODE1} opens it. {CODE1}!")
    lists = {**fillers().lists, "code_patterns": ("w",), "code_words": ("amber",)}
    assert fill(note, random.Random(0), Fillers(lists)).note == "amber opens it. amber!"


def test_lists_too_short_for_a_note_are_an_error() -> None:
    with pytest.raises(ValueError, match="too few values for CITY"):
        filled_with(slotted("{CITY1} and {CITY2}."), "Ghent", "cities")


def test_refill_of_an_absent_slot_is_an_error() -> None:
    note = slotted("{CITY1} is far.")
    with pytest.raises(KeyError):
        refill(note, fill(note, random.Random(0), fillers()), "CITY2", random.Random(0), fillers())


@pytest.mark.parametrize("line", ["{", "[]", '{"topic": "t"}', "UNKNOWN", "BRACE"])
def test_a_bad_line_is_named(line: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    good = {"topic": "t", "note": "{CITY1}.", "qa": [], "facts": [], "near": []}
    bad = {
        "UNKNOWN": json.dumps({**good, "facts": ["{CITY2}"]}),
        "BRACE": json.dumps({**good, "note": "{CITY1"}),
    }.get(line, line)
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(good)}\n{bad}\n", encoding="utf-8")
    with pytest.raises(SealmateError, match=r"a\.jsonl line 2"):
        load_stock(tmp_path)
