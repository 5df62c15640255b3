"""`sealmate versions prune` on a home with real files, hard links among them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from sealmate import doctor
from sealmate.cli import common, pruning
from sealmate.night.lock import hold, worker_lock
from sealmate.night.report import build_report
from sealmate.night.thinning import thin
from sealmate.records import Activation, ProbeResult
from sealmate.settings import load_settings
from sealmate.versions.retain import Retention
from sealmate.versions.shards import shards_of
from sealmate.workspace import Workspace
from tests.cli.conftest import Run
from tests.store.build import START, edit, ingest, probe
from tests.versions.build import Lab, open_lab

WEIGHTS = "adapter_model.safetensors"
ONE = ("--last", "1", "--weeks", "0", "--months", "0", "--ancestors", "0")


def files(lab: Lab, number: int) -> dict[str, bytes]:
    folder = lab.folder(number)
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.fixture
def lab(home: Path, tmp_path: Path) -> Iterator[Lab]:
    """Six versions, a day each. The first's shard is carried along by all others, as a hard link;
    the third knew something that the fourth did not."""
    found = open_lab(home, tmp_path)
    place = ingest(found.store, "Rex is the dog. Mia is the cat.")
    made = found.store.edits.add_many(
        [edit(place.id, f"Who is {n}?", f"Rex {n}") for n in range(1, 7)]
    )
    asked = found.store.probes.add_many([probe(place.id, "Which dog?", "Rex")])[0]
    for number, one in enumerate(made, start=1):
        found.clock.at = START + timedelta(days=number)
        carried = [] if number == 1 else [
            shard
            for shard in shards_of(found.store, found.store.versions.get(number - 1)).values()
            if shard.name == "1"
        ]  # fmt: skip
        found.publish((one.id,), number, carried=carried, parent=number - 1 or None, run=number)
    found.store.probes.add_results([
        ProbeResult(n, n, asked.id, "Rex" if n == 3 else "Max", n == 3, 0.5, START)
        for n in range(1, 7)
    ])  # fmt: skip
    yield found
    found.store.close()


def test_what_would_go_is_shown_first(run: Run, lab: Lab) -> None:
    everything = [files(lab, number) for number in range(1, 7)]
    said = run("versions", "prune", *ONE, "--json").json
    # 6 is active, 5 is what a rollback goes back to
    assert (said["versions"], said["stay"], said["pruned"]) == ([1, 2, 3, 4], [5, 6], False)
    assert said["rule"] == {"last": 1, "weeks": 0, "months": 0, "ancestors": 0}
    # the shard of version 1 is still in 6: of 1 there goes only its manifest
    own = sum(len(data) for n in (2, 3, 4) for name, data in everything[n - 1].items()
              if not name.startswith("shard-0001"))  # fmt: skip
    assert said["freed"] == own + len(everything[0]["manifest.json"])
    links = sum(len(data) for part in everything[1:] for name, data in part.items()
                if name.startswith("shard-0001"))  # fmt: skip
    assert said["bytes"] == sum(len(d) for part in everything for d in part.values()) - links
    refused = run("versions", "prune", *ONE)
    assert "4 versions would go: 1-4\n" in refused.out
    assert "these stay: 5-6\n" in refused.out
    assert refused.code == 2
    assert "--yes" in refused.err
    assert [files(lab, number) for number in range(1, 7)] == everything


def test_the_defaults_are_those_of_the_rule(run: Run, lab: Lab) -> None:
    said = run("versions", "prune", "--yes", "--json")
    assert said.code == 0
    assert said.json["rule"] == asdict(Retention())
    assert (said.json["versions"], said.json["freed"], said.json["pruned"]) == ([], 0, False)
    plain = run("versions", "prune")
    assert (plain.code, plain.out) == (0, "nothing to prune: 6 versions stay\n")
    assert run("versions", "prune", "--last", "-1").code == 2


def test_without_versions(run: Run) -> None:
    assert run("versions", "prune").out == "nothing to prune: no versions are on the disk\n"


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_somebody_is_asked(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(common, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    asked: list[str] = []
    monkeypatch.setattr(
        common.typer, "confirm", lambda text, **_: asked.append(text) or answer[0] == "y"
    )
    said = run("versions", "prune", *ONE)
    assert (said.code, len(asked)) == (0, 1)
    assert lab.folder(2).exists() is (answer == "n\n")
    assert ("nothing was pruned" in said.out) is (answer == "n\n")


def test_what_stays_is_whole(run: Run, lab: Lab) -> None:
    five, six = files(lab, 5), files(lab, 6)
    assert (lab.folder(1) / WEIGHTS).samefile(lab.folder(6) / "shard-0001" / WEIGHTS)
    before = sum(file.stat().st_size for file in _inodes(lab))
    said = run("versions", "prune", *ONE, "--yes", "--json").json
    assert (said["purged"], said["pruned"]) == ([1, 2, 3, 4], True)
    assert said["freed"] == before - sum(file.stat().st_size for file in _inodes(lab)) > 0
    assert lab.names == ["v0005", "v0006"]
    assert (files(lab, 5), files(lab, 6)) == (five, six)
    # again there is nothing
    assert run("versions", "prune", *ONE, "--yes").out == "nothing to prune: 2 versions stay\n"


def _inodes(lab: Lab) -> list[Path]:
    found = {file.stat().st_ino: file for file in lab.paths.versions.rglob("*") if file.is_file()}
    return list(found.values())


def test_a_shard_whose_last_name_goes_is_overwritten(run: Run, lab: Lab) -> None:
    with (
        (lab.folder(2) / WEIGHTS).open("rb") as own,
        (lab.folder(1) / WEIGHTS).open("rb") as shared,
    ):
        said = run("versions", "prune", *ONE, "--yes")
        assert said.out.endswith("deleted 4 versions, which freed 0 MB\n")
        assert not any(own.read())
        assert any(shared.read())


def test_afterwards(run: Run, lab: Lab) -> None:
    diff = run("versions", "diff", "2", "3", "--json").json
    search = ("versions", "bisect", "Which dog?", "--json")
    found = run(*search).json
    assert (found["good"], found["bad"]) == (3, 4)
    assert diff["gained"]
    assert run("versions", "prune", *ONE, "--yes").code == 0
    assert run("versions", "diff", "2", "3", "--json").json == diff
    assert run(*search).json == found
    listed = run("versions", "list", "--json").json
    assert [bool(version["purged_at"]) for version in listed] == [True] * 4 + [False] * 2
    head, *rows = run("versions", "list").out.splitlines()
    assert [row.rstrip().endswith("deleted") for row in rows] == [True] * 4 + [False] * 2
    assert "base" not in head.split()  # one and the same
    assert run("versions", "show", "2").out.startswith("version 2, deleted, ")
    verified = run("versions", "verify")
    assert (verified.code, verified.out) == (0, "2 of 2 versions are sound, 4 deleted\n")
    refused = run("versions", "rollback", "2")
    assert (refused.code, refused.out) == (8, "")
    assert refused.err == (
        "error: version 2 was deleted and cannot be used\n"
        "hint: choose another: sealmate versions\n"
    )  # fmt: skip
    assert run("versions", "rollback", "--json").json["active"] == 5
    assert run("versions", "rollback", "--json").json["active"] == 6


def test_the_report_does_not_take_it_for_forgetting(run: Run, lab: Lab) -> None:
    def purged() -> list[int]:
        report = build_report(lab.store, lab.store.runs.start(lab.clock()))
        found: list[int] = report["forgotten"]["versions_purged"]
        return found

    assert run("versions", "prune", *ONE, "--yes").code == 0
    assert purged() == []
    assert run("forget", "1", "--yes").code == 0
    assert {5, 6} <= set(purged())


def test_what_a_rollback_goes_back_to_stays(run: Run, lab: Lab) -> None:
    run("versions", "rollback", "2")
    said = run("versions", "prune", *ONE, "--json").json
    assert said["stay"] == [2, 6]
    run("versions", "rollback", "0")
    none = run("versions", "prune", "--last", "0", *ONE[2:], "--yes", "--json").json
    assert (none["stay"], none["purged"]) == ([2], [1, 3, 4, 5, 6])
    assert run("versions", "rollback", "--json").json["active"] == 2


@pytest.mark.parametrize("lock", ["night", "worker"])
def test_not_while_a_night_is_running(run: Run, lab: Lab, lock: str) -> None:
    file = lab.paths.lock if lock == "night" else worker_lock(lab.paths)
    with hold(file, lab.clock, "x"):
        said = run("versions", "prune", *ONE, "--yes")
        assert said.code == 9
        assert "is running" in said.err
        assert len(said.err.splitlines()) == 2
        assert run("versions", "prune", *ONE, "--json").json["versions"] == [1, 2, 3, 4]
    assert lab.names == [f"v{n:04d}" for n in range(1, 7)]


def test_one_that_somebody_goes_back_to_meanwhile_stays(lab: Lab) -> None:
    rule = Retention(ancestors=0, last=1, weeks=0, months=0)
    back: list[Activation] = []

    def clock() -> object:
        if not lab.folder(1).exists() and not back:
            back.append(lab.store.versions.activate(3, "rolled back"))
        return lab.clock()

    done = thin(lab.store, lab.paths, [1, 2, 3, 4, 5], clock, rule)  # type: ignore[arg-type]
    assert done.purged == (1, 2, 4)
    assert lab.names == ["v0003", "v0005", "v0006"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_folder_that_is_a_link_is_not_counted(run: Run, lab: Lab, tmp_path: Path) -> None:
    lab.folder(2).rename(tmp_path / "elsewhere")
    lab.folder(2).symlink_to(tmp_path / "elsewhere")
    before = run("versions", "prune", *ONE, "--json").json["freed"]
    lab.folder(2).unlink()
    assert run("versions", "prune", *ONE, "--json").json["freed"] == before


def test_doctor_tells_what_they_take(
    run: Run, lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> doctor.Check:
        with Workspace.open(load_settings(home=home, model="tiny")) as workspace:
            (found,) = doctor._versions(workspace)
            return found

    assert told() == doctor.Check("versions", "OK", "6 versions in 0 MB, version 6 is active")
    monkeypatch.setattr(doctor, "_MUCH", 1)
    assert told().status == "OK"  # by the rule nothing goes
    one = Retention(ancestors=0, last=1, weeks=0, months=0)
    monkeypatch.setattr("sealmate.versions.retain.Retention", lambda **_: one)
    found = told()
    assert (found.status, found.hint) == ("WARN", "sealmate versions prune")
    assert found.message.endswith("; 4 of them can go, which frees 0 MB")
    assert run("versions", "prune", *ONE, "--yes").code == 0
    assert told() == doctor.Check("versions", "OK", "2 versions in 0 MB, version 6 is active")


def test_ranges() -> None:
    assert pruning.ranges([]) == ""
    assert pruning.ranges([1, 2, 3, 5, 8, 9]) == "1-3, 5, 8-9"
