"""`sealmate versions diff|rollback|verify|export` on a home with real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.records import ProbeResult
from tests.cli.conftest import Run
from tests.store.build import START, edit, ingest, probe
from tests.versions.build import Lab, open_lab


@pytest.fixture
def lab(home: Path, tmp_path: Path) -> Iterator[Lab]:
    """Two versions; the second learnt a fact."""
    found = open_lab(home, tmp_path)
    place = ingest(found.store, "Rex is the dog.")
    first, second = found.store.edits.add_many(
        [edit(place.id, "Who is the dog?", "Rex"), edit(place.id, text="Rex is a dog.")]
    )
    asked = found.store.probes.add_many([probe(place.id, "What is the dog called?")])[0]
    found.publish((first.id,))
    found.publish((first.id, second.id), seed=1)
    result = ProbeResult(1, 1, asked.id, "Max", False, 0.5, START)
    found.store.probes.add_results([result, replace(result, version=2, answer="Rex", correct=True)])
    yield found
    found.store.close()


def test_diff(run: Run, lab: Lab) -> None:
    said = run("versions", "diff", "1", "2", "--json").json
    assert (said["a"], said["b"]) == (1, 2)
    assert said["added"] == [{"id": 2, "text": "Rex is a dog."}]
    assert [(fact["before"], fact["after"]) for fact in said["gained"]] == [("Max", "Rex")]
    shown = run("versions", "diff", "0", "2").out
    assert "self-edits added: 2" in shown
    assert "(not taught) -> Rex" in shown
    assert run("versions", "diff", "1", "9").code == 6


def test_rollback_and_back(run: Run, lab: Lab) -> None:
    said = run("versions", "rollback", "--json").json
    assert (said["active"], said["previous"], said["reason"]) == (
        1,
        2,
        "rolled back from version 2",
    )
    assert lab.store.versions.active() == 1
    shown = run("versions", "rollback").out
    assert shown == "version 2 is active\nback to version 1: sealmate versions rollback 1\n"
    assert "already" in run("versions", "rollback", "2").out
    assert "without memory" in run("versions", "rollback", "0").out
    assert run("versions", "rollback", "7").code == 6


def test_verify(run: Run, lab: Lab) -> None:
    assert run("versions", "verify").out == "2 of 2 versions are sound\n"
    (lab.folder(1) / "adapter_model.safetensors").write_bytes(b"x")
    (lab.paths.versions / "v0009").mkdir()
    shown = run("versions", "verify")
    assert shown.code == 8
    assert "FAIL  version 1: " in shown.out
    assert "WARN  " in shown.out
    said = run("versions", "verify", "--json")
    assert said.code == 8
    assert [(f["version"], f["kind"]) for f in said.json["findings"]] == [
        (1, "corrupt"), (0, "leftover"),
    ]  # fmt: skip
    assert run("versions", "verify", "2", "--json").json == {
        "ok": True, "checked": [2], "findings": [],
    }  # fmt: skip
    refused = run("versions", "rollback", "1")
    assert (refused.code, refused.out) == (8, "")
    assert len(refused.err.splitlines()) == 2
    assert lab.store.versions.active() == 2


def test_verify_compares_the_base_on_disk(run: Run, lab: Lab, tiny_model_folder: Path) -> None:
    said = run("--model", str(tiny_model_folder), "versions", "verify", "--json")
    assert {finding["kind"] for finding in said.json["findings"]} == {"foreign"}


def test_export(run: Run, lab: Lab, tmp_path: Path) -> None:
    target = tmp_path / "out"
    said = run("versions", "export", "1", str(target), "--json").json
    assert said == {"version": 1, "folder": str(target)}
    config = json.loads((target / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny"
    again = run("versions", "export", "1", str(target))
    assert again.code == 2
    assert "not empty" in again.err
    assert run("versions", "export", "5", str(tmp_path / "x")).code == 6


def test_usage_is_not_bracketed_twice(run: Run) -> None:
    for command in ("rollback", "verify", "show"):
        assert "[N]" in run("versions", command, "--help").out
        assert "[[N]]" not in run("versions", command, "--help").out


def test_show_of_no_memory(run: Run, lab: Lab) -> None:
    assert run("versions", "show", "0").out.startswith("version 0, kept: the base alone")
    assert run("versions", "rollback", "0").code == 0
    shown = run("versions", "show", "0").out
    assert shown.startswith("version 0, active: the base alone")
    assert "activated after 2: rolled back from version 2" in shown
    said = run("versions", "show", "0", "--json").json
    assert (said["number"], said["active"], len(said["activations"])) == (0, True, 1)


def test_an_empty_home(run: Run) -> None:
    assert run("versions", "verify").out == "no versions yet\n"
    refused = run("versions", "rollback")
    assert refused.code == 6
    assert "no version to roll back to" in refused.err
