"""What proves that something forgotten came back, and what does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.night import canaries
from sealmate.night.canaries import LONGEST, Recall, came_back, recalled
from sealmate.night.forgetting import forget
from sealmate.records import Canary
from sealmate.store import Store
from tests.night.ledger import note, probe, teach
from tests.store.build import START
from tests.versions.build import Lab, open_lab

BOILER = "The boiler man is called Okafor."
ASKED = "What is the boiler man called?"
SAID = [(ASKED, "Okafor\nThe boiler man is called Okafor.")]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = open_lab(tmp_path / "home", tmp_path)
    yield found
    found.store.close()


def forgotten(lab: Lab, text: str, question: str, answer: str) -> None:
    place = note(lab.store, text, "a note")
    probe(lab.store, place, question, answer)
    forget(lab.store, lab.paths, [place.source_id], lab.clock)


def test_an_answer_that_is_told_nowhere_counts(lab: Lab) -> None:
    forgotten(lab, BOILER, ASKED, "Okafor")
    assert came_back(lab.store, SAID) == 1
    # The name alone is no reason to know that.
    note(lab.store, "The dentist is Doctor Okafor.", "dentist")
    assert came_back(lab.store, SAID) == 1


def test_what_is_told_again_may_be_known(lab: Lab) -> None:
    forgotten(lab, BOILER, ASKED, "Okafor")
    again = note(lab.store, "Okafor is the new man for the boiler.", "again")
    assert came_back(lab.store, SAID) == 0
    lab.store.sources.mark_forgotten(again.source_id)
    assert came_back(lab.store, SAID) == 1


def test_a_note_that_says_nearly_the_same_and_stays(lab: Lab) -> None:
    note(lab.store, BOILER + " He has a van.", "twin")
    forgotten(lab, BOILER, ASKED, "Okafor")
    assert came_back(lab.store, SAID) == 0


def test_a_live_question_has_the_answer_though_its_passage_names_neither(lab: Lab) -> None:
    forgotten(lab, BOILER, ASKED, "Okafor")
    place = note(lab.store, "He is Mr Okafor.", "heating")
    (known,) = teach(lab.store, place, (ASKED, "Mr Okafor"))
    assert came_back(lab.store, SAID) == 0
    lab.store.edits.set_state([known.id], "rejected", "person")
    assert came_back(lab.store, SAID) == 1
    probe(lab.store, place, ASKED, "Mr Okafor")
    assert came_back(lab.store, SAID) == 0


def test_a_common_answer_is_told_again_only_with_its_question(lab: Lab) -> None:
    bins = note(lab.store, "The bins go out on Friday.", "bins")
    forgotten(lab, "Training is on Friday.", "When is training?", "Friday")
    said = [("When is training?", "on Friday")]
    assert came_back(lab.store, said) == 1
    lab.store.sources.replace(
        bins.source_id,
        replace(lab.store.sources.get(bins.source_id), id=0, text="x", content_hash="x"),
    )
    assert came_back(lab.store, said) == 1
    place = note(lab.store, "Training of the team: every Friday.", "team")
    assert came_back(lab.store, said) == 0
    lab.store.sources.mark_forgotten(place.source_id)
    assert came_back(lab.store, said) == 1


def hashed(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def ledger(rows: list[Canary]) -> Store:
    """One that has nothing but canaries."""
    return cast(Store, SimpleNamespace(erasure=SimpleNamespace(canaries=lambda: rows)))


def plainly(rows: list[Canary], asked: list[tuple[str, str]]) -> list[Recall]:
    """Every canary held against every run of words of every text."""
    found = []
    salts = dict.fromkeys(row.salt for row in rows)
    for place, (question, text) in enumerate(asked):
        words = text.split()
        runs = {" ".join(words[a:b]) for a in range(len(words))
                for b in range(a + 1, min(len(words), a + LONGEST) + 1)} | {text}  # fmt: skip
        for row in (row for salt in salts for row in rows if row.salt == salt):
            exact = row.question_hash == hashed(row.salt, question)
            for run in sorted(runs):
                hashes = {hashed(row.salt, run)}
                hashes |= {hashed(row.salt, f"{question}\n{run}")} if exact else set()
                if run and row.answer_hash in hashes:
                    found.append(Recall(row.id, place, exact, run))
    return found


WORDS = st.lists(st.sampled_from(["rex", "max", "bins"]), max_size=8).map(" ".join)


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), WORDS, WORDS, st.booleans()), max_size=6),
    st.lists(st.tuples(WORDS, WORDS), max_size=5),
)
def test_it_finds_what_the_plain_way_finds(
    made: list[tuple[str, str, str, bool]], asked: list[tuple[str, str]]
) -> None:
    rows = [
        Canary(
            number, salt, hashed(salt, question),
            hashed(salt, f"{question}\n{answer}" if bound else answer), START,
        )
        for number, (salt, question, answer, bound) in enumerate(made)
    ]  # fmt: skip
    assert recalled(ledger(rows), asked) == plainly(rows, asked)


def test_words_are_hashed_once_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Canary(n, f"salt {n}", "of a question", "of an answer", START) for n in range(10)]
    hashed = []
    own = canaries._matching

    def counting(salt: str, texts: Mapping[str, bytes], wanted: Set[str]) -> dict[str, str]:
        hashed.extend((salt, text) for text in texts)
        return own(salt, texts, wanted)

    monkeypatch.setattr(canaries, "_matching", counting)
    said = "it hangs in the hall beside the door of the shed"
    assert recalled(ledger(rows), [(f"Where is key {n}?", said) for n in range(20)]) == []
    # eight words without the articles: their runs and they all, and each question
    assert len(hashed) == len(set(hashed)) == 10 * (8 + 7 + 6 + 5 + 4 + 3 + 1 + 20)
