"""`sealmate versions diff|rollback|verify|export` on a home with real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.model.identity import describe
from sealmate.records import ProbeResult
from sealmate.versions.retain import purge
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


SEARCH = ("versions", "bisect", "Who barks?", "--json")


def line(lab: Lab, *known: bool | None, fields: dict[int, dict[str, object]] | None = None) -> None:
    """Versions 3, 4, ..., a night each, and whether a night found that they know who barks."""
    store = lab.store
    asked = store.probes.add_many([probe(1, "Who barks?", "Rex")])[0]
    for number, right in enumerate(known, start=3):
        more = {"parent": number - 1 if number > 3 else None, "run": number}
        lab.publish((1,), number, **{**more, **(fields or {}).get(number, {})})
        if right is not None:
            result = ProbeResult(number, number, asked.id, "x", right, 0.5, START)
            store.probes.add_results([result])


def test_bisect_tells_which_nights_cannot_be_told_apart(run: Run, lab: Lab) -> None:
    line(lab, True, None, None, False)
    (lab.folder(4) / "adapter_model.safetensors").unlink()
    purge(lab.store, lab.paths, 5, lab.clock())
    said = run(*SEARCH)
    assert said.code == 0
    facts = said.json
    assert (facts["outcome"], facts["good"], facts["bad"]) == ("broken", 3, 6)
    assert (facts["run"], facts["nights"]) == (None, [4, 5, 6])
    assert [item["version"] for item in facts["unasked"]] == [4, 5]
    assert facts["unasked"][1]["why"] == "it was deleted, and no night has tested this"
    shown = run(*SEARCH[:-1]).out
    assert "version 3 knew it, version 6 does not\n" in shown
    assert "version 4 cannot be asked: it lacks " in shown
    assert "version 5 cannot be asked: it was deleted, and no night has tested this\n" in shown
    assert "nights 4, 5 and 6 cannot be told apart\n" in shown


def test_bisect_is_sure_where_all_that_cannot_be_asked_is_of_one_night(run: Run, lab: Lab) -> None:
    line(lab, True, None, False, fields={4: {"run": 5}})
    purge(lab.store, lab.paths, 4, lab.clock())
    facts = run(*SEARCH).json
    assert (facts["run"], facts["nights"], len(facts["unasked"])) == (5, [5], 1)
    assert "version 5, built in night 5, does not\n" in run(*SEARCH[:-1]).out


def test_bisect_of_versions_that_no_night_made(run: Run, lab: Lab) -> None:
    line(lab, True, None, False, fields={4: {"run": None}})
    purge(lab.store, lab.paths, 4, lab.clock())
    facts = run(*SEARCH).json
    assert (facts["run"], facts["nights"]) == (None, [])
    assert "versions 4 and 5 cannot be told apart\n" in run(*SEARCH[:-1]).out


def test_bisect_from_a_version_that_cannot_be_asked(run: Run, lab: Lab) -> None:
    line(lab, True, None, False)
    purge(lab.store, lab.paths, 4, lab.clock())
    refused = run(*SEARCH, "--version", "4")
    assert (refused.code, refused.out) == (8, "")
    assert "version 4 cannot be asked: it was deleted, and no night has tested this" in refused.err
    assert len(refused.err.splitlines()) == 2
    (lab.folder(5) / "adapter_model.safetensors").write_bytes(b"x")
    refused = run(*SEARCH, "--answer", "Max")  # what is stored was judged by another
    assert (refused.code, refused.out) == (8, "")
    assert "error: version 5 cannot be asked: " in refused.err


def test_bisect_asks_the_sound_ones_of_the_model_in_use(
    run: Run, lab: Lab, tiny_model_folder: Path
) -> None:
    tiny = describe(str(tiny_model_folder), tiny_model_folder, None)
    here = {"base_id": tiny.id, "base_fingerprint": tiny.fingerprint}
    other = here | {"reader_sha256": "e" * 64}
    fields = {4: {}, 5: here, 6: other, 7: here | {"logits": [1.0] * 8}, 8: other}
    line(lab, True, None, None, None, None, None, fields=fields)
    facts = run("--model", str(tiny_model_folder), *SEARCH).json
    # whoever asks sees what the newest one says
    assert [(item["version"], item["how"]) for item in facts["asked"]] == [
        (3, "stored"), (5, "asked"), (8, "asked"),
    ]  # fmt: skip
    assert (facts["good"], facts["bad"], facts["nights"]) == (3, 5, [4, 5])
    (foreign,) = facts["unasked"]
    assert foreign["version"] == 4
    assert foreign["why"].startswith("it was made for other base weights (tiny, ")
    lab.store.probes.add_results([ProbeResult(5, 5, 2, "x", True, 0.5, START)])
    facts = run("--model", str(tiny_model_folder), *SEARCH).json
    assert (facts["good"], facts["bad"]) == (5, 8)
    reader, logits = (item["why"] for item in facts["unasked"])
    assert reader == "its answers were read by another reader"
    assert logits.startswith("it does not answer as it did when it was published: ")
