"""Publishing: all of a version or nothing, private, and refused where it cannot be one."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import numpy as np
import pytest

from sealmate.errors import Cancelled, HomeError, SealmateError, VersionError
from sealmate.model.identity import hash_file
from sealmate.versions.check import survey, verify
from sealmate.versions.publish import Swept, publish, sweep
from sealmate.versions.tensors import read_header, read_tensors
from tests.store.build import edit, ingest
from tests.versions.build import BASE, Lab, adapter


def test_a_version_is_a_folder_and_a_row(lab: Lab) -> None:
    first = lab.publish((3, 1), scores={"new_recall": 0.9}, kind="rebuild", recipe={"rank": 4})
    folder = lab.folder(1)
    assert (first.number, first.folder, first.edits, first.parent) == (1, "v0001", 2, None)
    assert first.scores == {"new_recall": 0.9}
    assert lab.store.versions.active() == 1
    assert first.sha256 == hash_file(folder / "adapter_model.safetensors")
    assert first.sha256 == hash_file(lab.scratch / "candidate" / "adapter_model.safetensors")
    names = sorted(entry.name for entry in folder.iterdir())
    assert names == ["adapter_config.json", "adapter_model.safetensors", "manifest.json"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {(folder / name).stat().st_mode & 0o777 for name in names} == {0o600}
    assert json.loads((folder / "manifest.json").read_text())["edit_ids"] == [1, 3]
    assert survey(lab.store, lab.paths) == []
    assert lab.publish(seed=1).number == 2


def test_a_warm_version_keeps_what_its_parent_was_trained_on(lab: Lab) -> None:
    lab.publish((1, 2))
    lab.publish((3,), parent=1, kind="warm")
    lab.publish((3, 4), parent=2, kind="rebuild")
    found = [lab.store.versions.edit_ids(number) for number in (1, 2, 3)]
    assert found == [[1, 2], [1, 2, 3], [3, 4]]
    assert lab.store.versions.get(3).parent == 2


def test_publishing_without_activating(lab: Lab) -> None:
    made = adapter(lab.scratch / "a")
    done = publish(lab.store, lab.paths, made, BASE, [], lab.clock, activate=False)
    assert (done.number, lab.store.versions.active()) == (1, 0)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1], "corrupt"),
        (lambda data: data + b"\0", "corrupt"),
        (lambda data: data[:4], "corrupt"),
        (lambda data: b"", "corrupt"),
        (lambda data: b"\xff" * 8 + data[8:], "corrupt"),
        (lambda data: data[:8] + b"!" + data[9:], "corrupt"),
        (lambda data: data.replace(b'"F32"', b'"I32"'), "corrupt: tensors of type I32"),
        (lambda data: data.replace(b"[4,64]", b"[4,63]"), "corrupt"),
        (lambda data: data[:-4] + b"\x00\x00\xc0\x7f", "not finite"),
    ],
)
def test_a_corrupt_adapter_is_refused(lab: Lab, damage, reason: str) -> None:  # type: ignore[no-untyped-def]
    made = adapter(lab.scratch / "a")
    file = made / "adapter_model.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(VersionError, match=reason):
        publish(lab.store, lab.paths, made, BASE, [], lab.clock)
    assert lab.store.versions.list() == []
    assert lab.names == []


def test_what_is_no_adapter_is_refused(lab: Lab) -> None:
    made = adapter(lab.scratch / "a")
    for text, reason in (("{", "no JSON"), ('{"peft_type": "IA3"}', "no LoRA"), ("[]", "no LoRA")):
        (made / "adapter_config.json").write_text(text)
        with pytest.raises(VersionError, match=reason):
            publish(lab.store, lab.paths, made, BASE, [], lab.clock)
    with pytest.raises(VersionError, match="cannot read"):
        publish(lab.store, lab.paths, lab.scratch / "nothing", BASE, [], lab.clock)
    with pytest.raises(VersionError, match="kind"):
        publish(lab.store, lab.paths, adapter(lab.scratch / "b"), {"kind": "x"}, [], lab.clock)
    assert lab.store.versions.list() == []


@pytest.mark.parametrize("kind", ["F16", "BF16", "F64", "F32"])
def test_numbers_of_all_widths_are_read(tmp_path: Path, kind: str) -> None:
    values = np.array([[1.5, -2.0, 0.25]], np.float32)
    raw = {
        "F16": values.astype("<f2").tobytes(),
        "BF16": (values.view("<u4") >> 16).astype("<u2").tobytes(),
        "F64": values.astype("<f8").tobytes(),
        "F32": values.tobytes(),
    }[kind]
    header = {"x": {"dtype": kind, "shape": [1, 3], "data_offsets": [0, len(raw)]}}
    text = json.dumps(header).encode()
    file = tmp_path / "x.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + raw)
    assert read_header(file)["x"].shape == (1, 3)
    assert np.array_equal(read_tensors(file)["x"], values)


def test_a_full_disk_changes_nothing(lab: Lab) -> None:
    lab.publish()
    made = adapter(lab.scratch / "large", rank=64)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with pytest.raises(HomeError, match="cannot write"):
            publish(lab.store, lab.paths, made, BASE, [], lab.clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lab.names == ["v0001"]
    assert lab.store.versions.active() == 1
    assert lab.publish(seed=1).number == 2


def test_a_refused_row_leaves_no_folder(lab: Lab) -> None:
    with pytest.raises(SealmateError):
        lab.publish(parent=1, base_id=None)
    assert lab.names == []


def test_sweep_destroys_what_no_version_owns(lab: Lab) -> None:
    lab.publish()
    adapter(lab.paths.versions / ".publishing")
    adapter(lab.paths.versions / "v0007")
    (lab.paths.versions / "holiday").mkdir()
    assert [f.kind for f in survey(lab.store, lab.paths)] == ["leftover", "leftover"]
    done = sweep(lab.store, lab.paths)
    assert done.deleted == (".publishing", "v0007")
    assert lab.names == ["holiday", "v0001"]
    assert sweep(lab.store, lab.paths) == Swept()
    assert lab.publish(seed=1).number == 2


def test_destroying_follows_no_links(lab: Lab) -> None:
    precious = lab.scratch / "precious.txt"
    precious.write_text("keep me")
    stray = adapter(lab.paths.versions / "v0009")
    (stray / "link").symlink_to(precious)
    os.link(precious, stray / "hard")
    (lab.paths.versions / "v0008").symlink_to(lab.scratch)
    sweep(lab.store, lab.paths)
    assert precious.read_text() == "keep me"
    assert lab.names == []


def test_a_lost_active_version_gives_way_to_the_one_before(lab: Lab) -> None:
    for seed in range(3):
        lab.publish(seed=seed)
    (lab.folder(3) / "adapter_model.safetensors").unlink()
    (lab.folder(2) / "adapter_model.safetensors").write_bytes(b"x" * 99)
    found = verify(lab.paths, lab.store.versions.get(3))
    assert [(f.kind, f.fatal) for f in found] == [("missing", True)]
    done = sweep(lab.store, lab.paths)
    assert done.missing == (3,)
    assert done.fallback is not None
    assert (done.fallback.version, done.fallback.previous) == (1, 3)
    assert "files of version 3" in done.fallback.reason
    again = sweep(lab.store, lab.paths)
    assert (again.missing, again.fallback) == ((3,), None)


def test_a_disk_that_is_not_mounted_is_no_loss(lab: Lab) -> None:
    lab.publish()
    lab.paths.versions.rename(lab.scratch / "elsewhere")
    assert sweep(lab.store, lab.paths).fallback is None
    assert lab.store.versions.active() == 1


def test_no_answer_comes_from_what_was_forgotten_after_a_loss(lab: Lab) -> None:
    place = ingest(lab.store, "x")
    kept = lab.store.edits.add_many([edit(place.id, "Q", "A")])[0]
    lab.publish((999,))
    lab.publish((kept.id,), seed=1)
    (lab.folder(2) / "adapter_model.safetensors").unlink()
    done = sweep(lab.store, lab.paths)
    assert done.fallback is not None
    assert done.fallback.version == 0


def test_what_a_night_has_to_tell_comes_with_its_version_or_not_at_all(lab: Lab) -> None:
    made = adapter(lab.scratch / "a")
    run = lab.store.runs.start(lab.clock()).id

    def entered(number: int) -> None:
        assert number == 1
        lab.store.runs.note(run, {"lost": {"3": "Max"}})
        if not lab.scratch.joinpath("again").exists():
            raise HomeError("the disk is full", "make room")

    with pytest.raises(HomeError):
        publish(lab.store, lab.paths, made, BASE, [], lab.clock, entered=entered)
    assert (lab.store.versions.list(), lab.names) == ([], [])
    assert lab.store.runs.get(run).report == {}
    lab.scratch.joinpath("again").touch()
    publish(lab.store, lab.paths, made, BASE, [], lab.clock, entered=entered)
    assert lab.store.versions.active() == 1
    assert lab.store.runs.get(run).report == {"lost": {"3": "Max"}}


@pytest.mark.parametrize("now", [0, 1])
def test_what_a_person_went_back_to_meanwhile_stays(lab: Lab, now: int) -> None:
    lab.publish()
    lab.publish()
    made = adapter(lab.scratch / "a")
    lab.store.versions.activate(now, "rolled back")
    names = lab.names
    with pytest.raises(Cancelled, match=f"{f'version {now}' if now else 'no version'} was made"):
        publish(lab.store, lab.paths, made, BASE, [], lab.clock, entered=print, onto=2)
    assert (lab.store.versions.active(), lab.names) == (now, names)
    assert publish(lab.store, lab.paths, made, BASE, [], lab.clock, onto=now).number == 3
    assert lab.store.versions.active() == 3
