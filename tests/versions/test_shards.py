"""Versions of several adapters: linked, checked, attached, reduced and exported as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sealmate.errors import Cancelled, VersionError
from sealmate.model.scripted import ScriptedModel
from sealmate.records import Version
from sealmate.versions.attach import attach_version, detach_others
from sealmate.versions.check import survey, verify
from sealmate.versions.export import export
from sealmate.versions.lineage import rollback
from sealmate.versions.publish import reduce, sweep
from sealmate.versions.retain import purge
from sealmate.versions.shards import Shard, shards_of
from tests.night.ledger import note, teach
from tests.versions.build import Lab

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def three(lab: Lab) -> Version:
    """Version 3 has the shards 3, 2 and 1."""
    base: dict[str, Any] = {"base_fingerprint": ScriptedModel().info.fingerprint}
    for number in (1, 2, 3):
        (edit,) = teach(lab.store, note(lab.store, f"Note {number}."), (f"Which? {number}", "it"))
        carried: list[Shard] = []
        if number > 1:
            before = lab.store.versions.get(number - 1)
            carried = list(shards_of(lab.store, before).values())
            base |= {"parent": number - 1, "kind": "added"}
        lab.publish((edit.id,), seed=number, carried=carried, **base)
    return lab.store.versions.get(3)


def test_a_carried_shard_is_the_same_file(lab: Lab, three: Version) -> None:
    found = shards_of(lab.store, three)
    assert {name: shard.edits for name, shard in found.items()} == {
        "3": (3,), "2": (2,), "1": (1,)
    }  # fmt: skip
    assert lab.store.versions.edit_ids(3) == [1, 2, 3]
    first, carried = lab.folder(1) / WEIGHTS, lab.folder(3) / "shard-0001" / WEIGHTS
    assert first.samefile(carried)
    assert carried.parent.stat().st_mode & 0o777 == 0o700
    assert carried.stat().st_mode & 0o777 == 0o600
    assert survey(lab.store, lab.paths) == []


def test_where_there_are_no_links_it_is_copied(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    lab.publish((1,), seed=1)
    monkeypatch.setattr("os.link", refuse)
    carried = list(shards_of(lab.store, lab.store.versions.get(1)).values())
    made = lab.publish((2,), seed=2, parent=1, kind="added", carried=carried)
    assert not (lab.folder(1) / WEIGHTS).samefile(lab.folder(2) / "shard-0001" / WEIGHTS)
    assert verify(lab.paths, made) == []


def test_a_version_is_attached_with_all_its_shards(lab: Lab, three: Version) -> None:
    model = ScriptedModel()
    assert attach_version(model, lab.store, lab.paths, 3) == "v3"
    assert model.parts("v3") == ("v3", "v2", "v1")
    assert set(model.attached) == {"v1", "v2", "v3"}
    # an earlier one has some of the same
    assert attach_version(model, lab.store, lab.paths, 2) == "v2"
    assert model.parts("v2") == ("v2", "v1")
    model.detach("v1")
    attach_version(model, lab.store, lab.paths, 3)
    assert "v1" in model.attached


def test_the_shards_of_a_version_stay_when_others_are_taken_off(lab: Lab, three: Version) -> None:
    model = ScriptedModel()
    attach_version(model, lab.store, lab.paths, 3)
    detach_others(model, lab.store, 3)
    assert set(model.attached) == {"v1", "v2", "v3"}
    detach_others(model, lab.store, 2)
    assert set(model.attached) == {"v1", "v2"}
    attach_version(model, lab.store, lab.paths, 3)
    assert model.parts("v3") == ("v3", "v2", "v1")
    assert set(model.attached) == {"v1", "v2", "v3"}


def test_a_damaged_shard_spoils_the_version(lab: Lab, three: Version) -> None:
    (lab.folder(3) / "shard-0001" / WEIGHTS).write_bytes(b"x")
    assert {finding.kind for finding in verify(lab.paths, three)} == {"corrupt"}
    with pytest.raises(VersionError):
        attach_version(ScriptedModel(), lab.store, lab.paths, 3)
    (lab.folder(3) / "shard-0002" / WEIGHTS).unlink()
    swept = sweep(lab.store, lab.paths)
    assert swept.missing == (3,)
    assert swept.fallback is not None
    assert swept.fallback.version == 0 or swept.fallback.version == 2


def test_purging_one_leaves_the_files_of_the_others(lab: Lab, three: Version) -> None:
    purge(lab.store, lab.paths, 1, lab.clock())
    assert verify(lab.paths, lab.store.versions.get(3)) == []
    assert rollback(lab.store, lab.paths, 2).version == 2


def test_reduced_to_some_of_its_shards(lab: Lab, three: Version) -> None:
    kept = [shard for name, shard in shards_of(lab.store, three).items() if name != "3"]
    made = reduce(lab.store, lab.paths, three, kept, lab.clock, reason="forgotten")
    assert (made.number, made.parent, lab.store.versions.active()) == (4, 3, 4)
    assert (made.manifest["kind"], made.manifest["run"]) == ("reduced", None)
    assert lab.store.versions.edit_ids(4) == [1, 2]
    found = shards_of(lab.store, made)
    assert {name: shard.edits for name, shard in found.items()} == {"2": (2,), "1": (1,)}
    assert verify(lab.paths, made) == []
    model = ScriptedModel()
    attach_version(model, lab.store, lab.paths, 4)
    assert model.parts("v4") == ("v4", "v1")


def test_nothing_is_reduced_where_a_person_went_back_meanwhile(lab: Lab, three: Version) -> None:
    kept = [shard for name, shard in shards_of(lab.store, three).items() if name != "3"]
    lab.store.versions.activate(2, "rolled back")
    names = lab.names
    with pytest.raises(Cancelled, match="version 2 was made"):
        reduce(lab.store, lab.paths, three, kept, lab.clock, reason="gone", onto=3)
    assert (lab.store.versions.active(), lab.names) == (2, names)


def test_exported_shards_are_adapters_by_themselves(lab: Lab, three: Version) -> None:
    done = export(lab.store, lab.paths, 3, lab.scratch / "out")
    assert sorted(path.name for path in done.iterdir()) == [
        "README.md", "adapter_config.json", WEIGHTS, "shard-0001", "shard-0002",
    ]  # fmt: skip
    assert "3 shards" in (done / "README.md").read_text()
    for folder in (done, done / "shard-0001"):
        assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]


@pytest.mark.parametrize("name", ["../1", "", "x"])
def test_a_shard_is_named_by_a_number(lab: Lab, name: str) -> None:
    lab.publish((1,), seed=1)
    version = lab.store.versions.get(1)
    entry = {"edits": [1], "sha256": "0"}
    broken = Version(**{
        **{field: getattr(version, field) for field in version.__slots__},
        "manifest": {**version.manifest, "shards": {name: entry}},
    })  # fmt: skip
    assert any(finding.fatal for finding in verify(lab.paths, broken))
