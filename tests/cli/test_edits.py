"""edits list|show|accept|reject|amend on real rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealmate.records import Conflict, Edit
from sealmate.settings import load_settings
from sealmate.store.edits import Edits
from sealmate.workspace import Workspace
from tests.cli.conftest import Run
from tests.store.build import version

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def written(run: Run, home: Path) -> Run:
    """Two notes, with three self-edits of the first and one of the second."""
    run("note", "Wim the glazier is on 0182 44 71.", "--title", "Glazier")
    run("note", "The vet is Dr Aydin.", "--title", "Vet")
    with Workspace.open(load_settings(home=home)) as workspace:
        workspace.store.edits.add_many(
            [
                Edit(0, 1, "qa", "", AT, "Who is the glazier?", "Wim", writer="small+writer"),
                Edit(0, 1, "implications", "Wim repairs windows.", AT, state="accepted"),
                Edit(0, 1, "unknown", "", AT, "Who is the plumber?", ""),
                Edit(0, 2, "qa", "", AT, "Who is the vet?", "Dr Aydin"),
            ]
        )
    return run


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["id"] for row in rows]


def test_list(written: Run) -> None:
    assert ids(written("edits", "--json").json) == [1, 2, 3, 4]
    assert ids(written("edits", "list", "--state", "proposed", "--json").json) == [1, 3, 4]
    assert ids(written("edits", "list", "--format", "qa", "--json").json) == [1, 4]
    assert ids(written("edits", "list", "--source", "vet", "--json").json) == [4]
    assert ids(written("edits", "list", "--passage", "1", "-n", "2", "--json").json) == [1, 2]
    assert ids(written("edits", "list", "--offset", "2", "--json").json) == [3, 4]
    out = written("edits").out
    assert "Who is the glazier? -> Wim" in out
    assert "(not known)" in out


def test_a_filter_that_matches_nothing_does_not_say_that_there_is_nothing(written: Run) -> None:
    for words in (("--passage", "99"), ("--state", "rejected"), ("--offset", "9")):
        assert written("edits", "list", *words).out == "none of 4 match\n"
        assert written("edits", "list", *words, "--json").json == []


def test_show(written: Run) -> None:
    shown = written("edits", "show", "1", "--json").json
    assert shown["source"] == {"id": 1, "title": "Glazier"}
    assert shown["passage"]["text"].startswith("Wim the glazier")
    assert [event["action"] for event in shown["history"]] == ["written"]
    assert "0182 44 71" in written("edits", "show", "1").out
    assert "Wim repairs windows." in written("edits", "show", "2").out


def test_show_says_when_it_held(written: Run, home: Path) -> None:
    with Workspace.open(load_settings(home=home)) as workspace:
        told = workspace.store.sources.get(1).created_at
        until = told + timedelta(days=3)
        workspace.store.edits.supersede(1, 4, "in conflict 1", until)
    first, last = f"{told.astimezone():%Y-%m-%d}", f"{until.astimezone():%Y-%m-%d}"
    assert f"  held      from {first} to {last}\n" in written("edits", "show", "1").out
    assert f"  holds     since {first}\n" in written("edits", "show", "2").out
    assert "holds" not in written("edits", "show", "3").out
    shown = written("edits", "show", "1", "--json").json
    assert shown["held"] == {"from": told.isoformat(), "to": until.isoformat()}


def test_accept_needs_ids(written: Run) -> None:
    refused = written("edits", "accept")
    assert refused.code == 2
    assert "hint: list them: sealmate edits list --state proposed" in refused.err


def test_accept_and_reject_keep_a_history(written: Run) -> None:
    assert written("edits", "accept", "1", "--reason", "true").out == "1 accepted\n"
    assert ids(written("edits", "reject", "--all", "--source", "vet", "--json").json) == [4]
    assert written("edits", "accept", "--all").out == "1 accepted\n"  # the third
    states = [row["state"] for row in written("edits", "--json").json]
    assert states == ["accepted", "accepted", "accepted", "rejected"]
    event = written("edits", "show", "1", "--json").json["history"][-1]
    assert (event["action"], event["actor"], event["reason"]) == ("accepted", "person", "true")


def test_accept_changes_all_or_nothing(written: Run) -> None:
    assert written("edits", "accept", "1", "99").code == 6
    assert written("edits", "show", "1", "--json").json["state"] == "proposed"
    assert written("edits", "accept", "1", "--all").code == 2
    assert written("edits", "accept", "1", "--source", "vet").code == 2


def test_what_a_conflict_superseded_is_not_accepted_by_the_way(written: Run, home: Path) -> None:
    with Workspace.open(load_settings(home=home)) as workspace:
        workspace.store.edits.supersede(1, 4, "in conflict 1", AT)
    for act in (
        ("accept", "1"),
        ("accept", "3", "1"),
        ("reject", "1"),
        ("amend", "1", "--answer", "x"),
    ):
        refused = written("edits", *act)
        assert refused.code == 2
        assert "superseded by 4" in refused.err
        assert "settle the conflict" in refused.err
    states = [row["state"] for row in written("edits", "--json").json]
    assert states == ["superseded", "accepted", "proposed", "proposed"]


def test_amend(written: Run) -> None:
    changed = written("edits", "amend", "1", "--answer", "Wim Bos", "--json").json
    assert (changed["question"], changed["answer"]) == ("Who is the glazier?", "Wim Bos")
    out = written("edits", "show", "1").out
    assert "before: answer: Wim\n" in out
    assert "after:  answer: Wim Bos" in out
    assert written("edits", "amend", "1", "--answer", " ").code == 2
    assert written("edits", "amend", "9", "--answer", "x").code == 6


def test_amending_one_that_was_learnt(written: Run, home: Path) -> None:
    with Workspace.open(load_settings(home=home)) as workspace:
        workspace.store.edits.set_state([1], "accepted", "me")
        workspace.store.versions.add(version(1), [1])
    out = written("edits", "amend", "1", "--answer", "Wim Bos").out
    assert "Wim Bos" in out
    assert "in place of self-edit 1" in out
    assert "superseded" in written("edits", "show", "1").out


def test_where_none_was_written(run: Run) -> None:
    said = "no self-edits: `sealmate consolidate` writes them\n"
    assert run("edits", "list", "--passage", "99").out == said


def test_a_reason_of_ours_in_a_person_s_mouth_settles_nothing(written: Run, home: Path) -> None:
    with Workspace.open(load_settings(home=home)) as workspace:
        clash = Conflict(0, 1, 4, "Who is the vet?", "Wim", "Dr Aydin", AT, "open")
        workspace.store.conflicts.add(clash)
    written("edits", "reject", "2", "--reason", "in conflict 1")
    assert written("conflicts", "keep-both", "1").code == 0
    shown = written("edits", "show", "2", "--json").json
    assert (shown["state"], shown["reason"]) == ("rejected", '"in conflict 1"')
    assert shown["history"][-1]["reason"] == '"in conflict 1"'
    assert written("edits", "accept", "2").out == "1 accepted\n"
    written("edits", "amend", "1", "--answer", "Wim B", "--reason", "replaced by source 2")
    event = written("edits", "show", "1", "--json").json["history"][-1]
    assert event["reason"] == '"replaced by source 2"'


def test_what_a_person_calls_former_does_not_outlive_its_note(written: Run, home: Path) -> None:
    written("edits", "accept", "1", "--reason", "formerly")
    with Workspace.open(load_settings(home=home)) as workspace:
        store = workspace.store
        store.sources.replace(1, replace(store.sources.get(1), text="Else.", content_hash="else"))
        assert store.edits.get(1).state == "superseded"
        assert store.edits.trainable() == []


def test_an_offset_needs_no_limit(written: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []
    real = Edits.list

    def spy(self: Edits, *words: Any, limit: int | None = None, **more: Any) -> list[Edit]:
        asked.append(limit)
        return real(self, *words, limit=limit, **more)

    monkeypatch.setattr(Edits, "list", spy)
    assert ids(written("edits", "list", "--offset", "2", "--json").json) == [3, 4]
    assert asked == [None]
