"""What an open conflict leaves to see: beside answers, and in its own list."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealmate.cli.output import plain
from sealmate.model.scripted import ScriptedModel
from sealmate.paths import locate
from sealmate.records import Conflict
from sealmate.store import open_store
from sealmate.workspace import Workspace
from tests.chat.home import START, Clock, always
from tests.chat.home import Home as Notes
from tests.cli.conftest import Run
from tests.store.build import statements

ASKED = "What is the vet's name?"
LINE = "told otherwise by source 2 (Dr. Moss): sealmate conflicts\n"


@pytest.fixture
def vet(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notes]:
    """Two notes with an open conflict, and a model that knows the older one."""
    model = ScriptedModel(reply=always("Dr. Lind"))

    def load(workspace: Workspace, on_event: Callable[[Any], None] | None = None) -> ScriptedModel:
        return model

    monkeypatch.setattr(Workspace, "model", load)
    monkeypatch.setenv("SEALMATE_RETRIEVE", "1")
    paths = locate("default", home).ensure()
    with open_store(paths.database, paths.backups, clock=Clock()) as store:
        notes = Notes(home, store)
        lind = notes.note("Our vet is Dr. Lind.")
        moss = notes.note("Dr. Moss treats the rabbit now.", "Moss")
        old, new = notes.qa(lind, ASKED, "Dr. Lind"), notes.qa(moss, ASKED, "Dr. Moss")
        found = Conflict(0, old.id, new.id, ASKED, "Dr. Lind", "Dr. Moss", START, "open")
        store.conflicts.add(found)
        yield notes


def test_asking_with_the_notes_reads_only_what_was_found(run: Run, vet: Notes) -> None:
    with statements() as asked:
        assert run("ask", "Who is the mayor?", "--no-memory").code == 0
    texts = [statement for statement in asked if "sources.text" in statement]
    assert all(statement.endswith("WHERE passages.id = ?") for statement in texts)


def test_an_answer_says_that_it_is_disputed(run: Run, vet: Notes) -> None:
    for how in ((), ("--closed-book",)):
        assert run("ask", "Who is our vet?", *how).out.endswith(f"\n    {LINE}")
        (other,) = run("ask", "Who is our vet?", *how, "--json").json["conflicts"]
        assert other == {
            "id": 1, "question": ASKED, "answer": "Dr. Moss",
            "source": {"id": 2, "title": "Moss"},
        }  # fmt: skip
    assert run("ask", "Who is the mayor?", "--closed-book", "--json").json["conflicts"] == []
    vet.store.conflicts.set_state(1, "kept-both")
    assert "otherwise" not in run("ask", "Who is our vet?").out


def test_so_do_many(run: Run, vet: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO(b"Who is our vet?\nWho is the mayor?\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data, encoding="utf-8"))
    ran = run("ask", "-", "--closed-book", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    told = [[other["answer"] for other in line["conflicts"]] for line in lines]
    assert told == [["Dr. Moss"], []]


def test_why_says_so(run: Run, vet: Notes) -> None:
    out = run("why", "Who is our vet?").out
    assert f"the two agree\n                  {LINE}" in out
    (other,) = run("why", "Who is our vet?", "--json").json["conflicts"]
    assert other["answer"] == "Dr. Moss"


def test_a_state_that_none_has(run: Run, vet: Notes) -> None:
    assert run("conflicts", "list", "--state", "accepted").out == "none of 1 match\n"
    assert "Dr. Moss" in run("conflicts", "list", "--state", "open").out


def test_a_list_looks_up_each_note_once(run: Run, vet: Notes) -> None:
    first, title = vet.store.conflicts.get(1), vet.store.sources.get(1).title

    def listed() -> list[str]:
        with statements() as asked:
            rows = run("conflicts", "--json").json
        for row in rows:
            sides = (row["old_source"], row["new_source"], row["old_answer"])
            assert sides == ({"id": 1, "title": title}, {"id": 2, "title": "Moss"}, "Dr. Lind")
            assert row["since"] == plain(vet.store.sources.get(2).created_at)
        return [one for one in asked if "sources.text" in one]

    before = listed()
    for _ in range(4):
        vet.store.conflicts.add(first)
    assert listed() == before
