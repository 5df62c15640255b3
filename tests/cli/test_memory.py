"""`sealmate conflicts`, `forget` and `versions bisect` on a home with real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealmate.events import Event, Finished, Note
from sealmate.night.conflicts import settle_new
from sealmate.records import ProbeResult
from tests.cli.conftest import Run
from tests.night.ledger import MARCH, note, probe, teach
from tests.versions.build import Lab, open_lab


@pytest.fixture
def lab(home: Path, tmp_path: Path) -> Iterator[Lab]:
    """A gate whose code has changed; three versions, the last of which lost the shed's key."""
    found = open_lab(home, tmp_path)
    store = found.store
    gate = note(store, "4711 opens the gate.", "gate")
    shed = note(store, "The key of the shed hangs in the hall.", "shed", days=1)
    codes = teach(store, gate, ("What is the gate code?", "4711"))
    keys = teach(store, shed, ("Where is the key of the shed?", "in the hall"))
    asked = probe(store, shed, "Where is the shed's key?", "in the hall")
    found.publish((codes[0].id,))
    found.publish((codes[0].id, keys[0].id), seed=1, parent=1, run=2)
    found.publish((codes[0].id, keys[0].id), seed=2, parent=2, run=3)
    result = ProbeResult(2, 2, asked.id, "in the hall", True, 0.9, MARCH)
    store.probes.add_results(
        [result, replace(result, run_id=3, version=3, correct=False, answer="in the car"),
         replace(result, run_id=1, version=1, correct=False, answer="?")]
    )  # fmt: skip
    news = note(store, "The gate has a new code, 4712.", "news", days=5)
    settle_new(store, teach(store, news, ("What is the gate code?", "4712")), MARCH)
    yield found
    store.close()


def test_conflicts(run: Run, lab: Lab) -> None:
    (row,) = run("conflicts", "--json").json
    assert (row["id"], row["state"], row["old_answer"], row["new_answer"]) == (
        1, "accepted", "4711", "4712",
    )  # fmt: skip
    assert row["old_source"] == {"id": 1, "title": "gate"}
    assert row["new_source"]["title"] == "news"
    assert run("conflicts", "list", "--state", "open", "--json").json == []
    assert "4711" in run("conflicts").out
    assert run("conflicts", "list", "--state", "odd").code == 2

    said = run("conflicts", "keep-both", "1", "--json").json
    assert (said["state"], said["rebuild_needed"]) == ("kept-both", True)
    assert [e.answer for e in lab.store.edits.trainable()] == ["4711", "in the hall", "4712"]
    assert "still: 4711" in run("conflicts", "keep-old", "1").out
    assert "now: 4712" in run("conflicts", "accept", "1").out
    assert run("conflicts", "accept", "7").code == 6


def test_no_conflicts(run: Run) -> None:
    assert run("conflicts").out == "no conflicts\n"
    assert run("conflicts", "--json").json == []


def test_forget(run: Run, lab: Lab) -> None:
    before = run("forget", "shed", "--json").json
    assert before["forgotten"] is False
    assert (before["source"]["id"], before["versions"], before["edits"]) == (2, [2, 3], 1)
    refused = run("forget", "shed")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert lab.store.sources.get(2).state == "current"

    said = run("forget", "key of the shed", "--yes", "--json").json
    assert (said["forgotten"], said["purged"], said["active"]) == (True, [2, 3], 1)
    assert said["rebuild_needed"] is True
    assert lab.names == ["v0001"]
    assert run("search", "shed", "--json").json == []
    gone = run("forget", "shed", "--yes")
    assert gone.code == 6
    assert "nothing it was given matches" in gone.err


def test_forget_tells_what_it_does(run: Run, lab: Lab) -> None:
    shown = run("forget", "2", "--yes").out
    assert "versions that learnt it: 2, 3" in shown
    assert "purged versions: 2, 3" in shown
    assert "version 1 answers now" in shown
    assert "sealmate consolidate" in shown


def test_forget_needs_one_source(run: Run, lab: Lab) -> None:
    refused = run("forget", "e", "--yes")
    assert refused.code == 6
    assert "may mean 3 sources" in refused.err
    assert len(lab.store.sources.list()) == 3


def test_forget_now_rebuilds(run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    how: dict[str, Any] = {}

    def night(workspace: Any, **given: Any) -> Iterator[Event]:
        how.update(given)
        yield Note("building")
        yield Finished({"run": 4, "outcome": "published", "version": 4, "seconds": 1.0})

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    done = run("forget", "shed", "--yes", "--now", "--json")
    assert how["rebuild"] is True
    said = json.loads(done.out)
    assert (said["night"]["outcome"], said["forgotten"]) == ("published", True)
    again = run("forget", "news", "--yes", "--now")
    assert "version 4 is active" in again.out


def test_bisect_from_what_is_stored(run: Run, lab: Lab) -> None:
    said = run("versions", "bisect", "Where is the shed's key?", "--json").json
    assert (said["outcome"], said["good"], said["bad"], said["run"]) == ("broken", 2, 3, 3)
    assert said["expected"] == ["in the hall"]
    assert [(a["version"], a["how"]) for a in said["asked"]] == [(2, "stored"), (3, "stored")]
    shown = run("versions", "bisect", "Where", "is", "the", "shed's", "key?").out
    assert "version 2 knew it, version 3, built in night 3, does not" in shown
    known = run("versions", "bisect", "Where is the shed's key?", "--version", "2", "--json").json
    assert known["outcome"] == "known"
    never = run("versions", "bisect", "Where is the shed's key?", "--version", "1", "--json").json
    assert never["outcome"] == "never known"


def test_bisect_needs_an_answer_to_look_for(run: Run, lab: Lab) -> None:
    refused = run("versions", "bisect", "Who is the mayor?")
    assert refused.code == 6
    assert "--answer" in refused.err
    assert run("versions", "bisect", "  ").code == 2


def test_bisect_without_versions(run: Run) -> None:
    assert run("versions", "bisect", "Who?").code == 6
