"""Switching and rolling back: recorded, undoable, and never onto something unsound."""

from __future__ import annotations

import pytest

from sealmate.errors import NotFoundError, VersionError
from sealmate.model.scripted import ScriptedModel
from sealmate.versions.attach import adapter_name, attach_version
from sealmate.versions.lineage import ancestors, left_behind, previous, rollback, switch
from sealmate.versions.manifest import identity_fields
from sealmate.versions.retain import purge
from tests.store.build import edit, ingest
from tests.versions.build import Lab


def test_rolling_back_twice_changes_nothing_and_every_step_is_a_row(lab: Lab) -> None:
    with pytest.raises(NotFoundError, match="no version to roll back to"):
        rollback(lab.store, lab.paths)
    for seed in range(3):
        lab.publish(seed=seed)
    back = rollback(lab.store, lab.paths)
    assert (back.version, back.previous, back.reason) == (2, 3, "rolled back from version 3")
    assert rollback(lab.store, lab.paths).version == 3
    assert rollback(lab.store, lab.paths, 1).version == 1
    assert rollback(lab.store, lab.paths).version == 3
    assert rollback(lab.store, lab.paths, 0).version == 0
    assert rollback(lab.store, lab.paths, reason="undo").reason == "undo"
    seen = [(a.previous, a.version) for a in lab.store.versions.activations()]
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 2), (2, 3), (3, 1), (1, 3), (3, 0), (0, 3)]


def test_what_is_undone_is_a_night_whatever_it_made(lab: Lab) -> None:
    lab.publish(seed=1, run=1)
    for seed in (2, 3):
        lab.publish(seed=seed, run=2)
    assert previous(lab.store) == 1
    assert rollback(lab.store, lab.paths).version == 1
    assert rollback(lab.store, lab.paths).version == 3
    assert rollback(lab.store, lab.paths, 2).version == 2


def test_ancestors_and_versions_left_behind(lab: Lab) -> None:
    for parent in (None, 1, 2, 1):
        lab.publish(parent=parent)
    versions = {version.number: version for version in lab.store.versions.list()}
    assert ancestors(versions[3], versions) == [2, 1]
    assert ancestors(versions[4], versions) == [1]
    assert left_behind(lab.store.versions.activations()) == set()
    rollback(lab.store, lab.paths, 2)
    assert left_behind(lab.store.versions.activations()) == {4}
    rollback(lab.store, lab.paths)
    assert left_behind(lab.store.versions.activations()) == set()


def test_the_first_version_gives_way_to_no_memory(lab: Lab) -> None:
    lab.publish()
    assert previous(lab.store) == 0
    assert rollback(lab.store, lab.paths).version == 0
    assert rollback(lab.store, lab.paths).version == 1


def test_purged_versions_are_passed_over(lab: Lab) -> None:
    for seed in range(3):
        lab.publish(seed=seed)
    purge(lab.store, lab.paths, 2, lab.clock())
    assert previous(lab.store) == 1
    with pytest.raises(VersionError, match="deleted"):
        rollback(lab.store, lab.paths, 2)
    with pytest.raises(NotFoundError, match="no version 8"):
        rollback(lab.store, lab.paths, 8)
    assert lab.store.versions.active() == 3


def test_nothing_brings_back_what_is_forgotten(lab: Lab) -> None:
    place = ingest(lab.store, "x")
    taught = lab.store.edits.add_many([edit(place.id, "Q", "A")])[0]
    model = ScriptedModel()
    ground = identity_fields(model.info)
    lab.publish((taught.id,), **ground)
    lab.publish((taught.id,), seed=1, **ground)
    lab.store.erasure.erase(place.source_id)
    assert previous(lab.store) == 0
    with pytest.raises(VersionError, match="forgotten"):
        switch(lab.store, lab.paths, 1, "back")
    with pytest.raises(VersionError, match="forgotten"):
        attach_version(model, lab.store, lab.paths, 1)
    # The active one answers until it is rebuilt.
    assert attach_version(model, lab.store, lab.paths, 2) == "v2"


def test_a_damaged_version_is_not_switched_to(lab: Lab) -> None:
    lab.publish()
    lab.publish(seed=1)
    file = lab.folder(1) / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[::-1])
    for model in (None, ScriptedModel()):
        with pytest.raises(VersionError, match="version 1"):
            switch(lab.store, lab.paths, 1, "x", model)
    assert lab.store.versions.active() == 2


def test_a_foreign_model_is_refused(lab: Lab) -> None:
    lab.publish()
    model = ScriptedModel()
    with pytest.raises(VersionError, match="made for other base weights"):
        attach_version(model, lab.store, lab.paths, 1)
    assert model.attached == ()


def test_attaching_checks_once(lab: Lab) -> None:
    model = ScriptedModel()
    ground = identity_fields(model.info)
    lab.publish(**ground, logits=model.fingerprint_logits(adapter="v1"))
    lab.publish(seed=1, **ground, logits=(1.0, 2.0))
    assert attach_version(model, lab.store, lab.paths, 0) is None
    assert attach_version(model, lab.store, lab.paths, 1) == adapter_name(1) == "v1"
    (lab.folder(1) / "adapter_model.safetensors").unlink()
    assert attach_version(model, lab.store, lab.paths, 1) == "v1"
    with pytest.raises(VersionError, match="does not answer as it did"):
        attach_version(model, lab.store, lab.paths, 2)
    assert model.attached == ("v1",)
    with pytest.raises(VersionError, match="does not answer as it did"):
        switch(lab.store, lab.paths, 2, "x", model)
    assert switch(lab.store, lab.paths, 0, "none", model).version == 0
