"""Bench sets: the bundled one, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sealmate.bench.sets import read_set
from sealmate.errors import NotFoundError, UsageError


def test_the_bundled_set_is_what_the_figures_ask_for() -> None:
    bench = read_set()
    assert len(bench.notes) == 20
    assert len(bench.questions) >= 100
    assert {question.note for question in bench.questions} == set(range(20))
    assert len(bench.near) >= 20
    assert len(bench.strangers) >= 20
    assert not {q.text for q in bench.questions} & {*bench.near, *bench.strangers}


def test_only_takes_the_first_notes_with_their_questions() -> None:
    whole, part = read_set(), read_set(only=3)
    assert part.notes == whole.notes[:3]
    assert {question.note for question in part.questions} == {0, 1, 2}
    assert part.strangers == whole.strangers


def test_other_files(tmp_path: Path) -> None:
    notes, strangers = tmp_path / "notes.jsonl", tmp_path / "strangers.json"
    row = {"note": "Wim is our glazier.", "qa": [{"q": "Who is our glazier?", "a": "Wim"}]}
    notes.write_text("\n" + json.dumps(row) + "\n\n")
    strangers.write_text('["Who is our locksmith?"]')
    bench = read_set(notes, strangers)
    assert bench.notes == ("Wim is our glazier.",)
    assert bench.questions[0].answer == "Wim"
    assert bench.near == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"note": "x"}',
        '{"note": "x", "qa": [{"q": "?"}]}',
        '{"note": "x", "qa": []}',
        "",
    ],
)
def test_files_that_are_no_set_are_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"bad\.jsonl"):
        read_set(file)


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]"])
def test_strangers_that_are_no_list_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "strange.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"strange\.json"):
        read_set(strangers=file)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        read_set(tmp_path / "gone.jsonl")
