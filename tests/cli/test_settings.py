"""settings: what is in force, and who said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealmate.settings import Settings
from tests.cli.conftest import Run


def test_all_are_told_with_their_meaning(run: Run) -> None:
    rows = run("settings", "--json").json
    assert [row["name"] for row in rows] == [*Settings.model_fields]
    assert all(row["meaning"] for row in rows)
    told = {row["name"]: row for row in rows}
    assert told["rank"] == {
        "name": "rank", "value": 32, "default": 32, "from": "default",
        "meaning": "rank of the memory adapter",
    }  # fmt: skip
    assert told["home"]["from"] == "SEALMATE_HOME in the environment"


def test_each_place_outranks_the_one_before(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "config.toml").write_text('rank = 8\npasses = 2\ndevice = "cpu"\n')
    monkeypatch.setenv("sealmate_passes", "4")
    monkeypatch.setenv("SEALMATE_DEVICE", "cuda")
    rows = run("--device", "cpu", "settings", "rank", "passes", "device", "--json").json
    assert [(row["value"], row["from"]) for row in rows] == [
        (8, "config.toml"),
        (4.0, "SEALMATE_PASSES in the environment"),
        ("cpu", "the flag --device"),
    ]  # fmt: skip


def test_only_what_was_changed(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("review = true\n")
    shown = run("settings", "--changed").out
    assert "review" in shown
    assert "true" in shown
    assert "rank" not in shown
    assert f"config.toml: {home / 'config.toml'}\n" in shown


def test_where_to_write_is_told_before_it_is_there(run: Run, home: Path) -> None:
    assert run("settings", "rank").out.endswith(f"{home / 'config.toml'} (not there yet)\n")
    assert not home.exists()


def test_a_name_that_is_none(run: Run) -> None:
    done = run("settings", "pases")
    assert done.code == 2
    assert done.err == "error: there is no setting 'pases'\nhint: do you mean passes?\n"
    assert "list them" in run("settings", "zzzz").err
    assert run("settings", "shard-passages", "--json").json[0]["value"] == 24


def test_a_value_that_is_none(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("rank = 0\n")
    done = run("settings")
    assert done.code != 0
    assert "config.toml" in done.err
