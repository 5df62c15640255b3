"""The sweep: arms as settings, edits written once, rows kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate.bench.sweep import bench_sweep, parse_arm, tuning_set
from sealmate.errors import UsageError
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.sources import add_note
from sealmate.workspace import Workspace, estimate_tokens
from tests.bench.drain import drain
from tests.bench.test_memory import SET

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_arm_is_a_change_of_settings(settings: Settings) -> None:
    changed = parse_arm("passes=3, rank=8,recall=direct", settings)
    assert (changed.passes, changed.rank, changed.recall) == (3.0, 8, "direct")
    assert parse_arm("", settings) == settings
    for wrong, why in (("pases=3", "no change"), ("passes", "no change"), ("passes=many", "arm")):
        with pytest.raises(UsageError, match=why):
            parse_arm(wrong, settings)


def test_the_tuning_set_is_not_the_one_that_is_reported_on() -> None:
    reported = (Path(__file__).parents[2] / "assets/bench/memory.jsonl").read_text("utf-8")
    tuning = tuning_set()
    assert len(tuning.notes) >= 20
    assert not any(json.dumps(note) in reported for note in tuning.notes)


def test_every_arm_trains_on_the_same_edits_and_is_run_once(
    settings: Settings, tmp_path: Path
) -> None:
    keep = tmp_path / "kept"
    settings = settings.model_copy(update={"least_steps": 0, "rank": 2, "gate_chat": 2})
    with Workspace.open(settings.model_copy(update={"home": keep})) as workspace:
        for text in SET.notes:
            done = add_note(
                workspace.store, text, count=estimate_tokens, limit=200, clock=lambda: NOW
            )
            (passage,) = workspace.store.passages.of_source(done.added[0].id)
            edit = Edit(0, passage.id, "self-qa", "", NOW, "Who is it?", "Bella", state="accepted")
            workspace.store.edits.add_many([edit])
    _, figures = drain(bench_sweep(settings, SET, ["passes=1", "passes=2,recall=direct"], keep))
    first, second = figures["arms"]
    assert (first["arm"], second["arm"]) == ("passes=1", "passes=2,recall=direct")
    assert first["tokens"] > 0
    assert first["examples"]["cue"] > 0
    assert "cue" not in second["examples"]
    assert 0 <= first["recall_at_0.9"] <= first["recall_any"] <= 1
    _, again = drain(bench_sweep(settings, SET, ["passes=2,recall=direct"], keep))
    assert again["arms"] == [second]
    rows = keep / "sweep.jsonl"
    assert len(rows.read_text().splitlines()) == 2
    rows.write_text(rows.read_text().replace(f'"reader": "{second["reader"]}"', '"reader": "old"'))
    drain(bench_sweep(settings, SET, ["passes=2,recall=direct"], keep))
    assert len(rows.read_text().splitlines()) == 3
