"""What proves that something forgotten came back, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.night.canaries import came_back
from sealmate.night.forgetting import forget
from tests.night.ledger import note, probe, teach
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
