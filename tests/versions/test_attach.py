"""Versions on a real model: rolled back exactly, refused where base or weights are not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealmate.errors import VersionError
from sealmate.versions.attach import attach_version, detach_others
from sealmate.versions.lineage import rollback, switch
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish
from tests.tiny import open_tiny
from tests.versions.build import Lab
from tests.versions.conftest import Tiny

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


@pytest.fixture
def taught(lab: Lab, tiny: Tiny, model: LocalModel) -> Iterator[Lab]:
    """Two versions with their logits, published as a night does it."""
    for folder in tiny.memories:
        model.attach("candidate", folder)
        logits = model.fingerprint_logits(adapter="candidate")
        model.detach("candidate")
        fields = {**identity_fields(model.info), "logits": logits}
        publish(lab.store, lab.paths, folder, fields, [], lab.clock)
    yield lab
    for name in model.attached:
        model.detach(name)


def test_there_and_back_gives_the_same_logits(taught: Lab, model: LocalModel) -> None:
    store, paths = taught.store, taught.paths
    bare = model.fingerprint_logits()

    def active() -> tuple[float, ...]:
        name = attach_version(model, store, paths, store.versions.active())
        return model.fingerprint_logits(adapter=name)

    second = active()
    rollback(store, paths, model=model)
    first = active()
    rollback(store, paths, 0, model=model)
    none = active()
    rollback(store, paths, model=model)
    assert active() == first
    switch(store, paths, 2, "forward", model)
    assert active() == second
    assert none == bare == model.fingerprint_logits()
    assert len({first, second, none}) == 3


def test_what_is_no_part_of_a_version_is_taken_off(taught: Lab, model: LocalModel) -> None:
    store, paths = taught.store, taught.paths
    bare = model.fingerprint_logits()
    for number in (1, 2):
        attach_version(model, store, paths, number)
    second = model.fingerprint_logits(adapter="v2")
    detach_others(model, store, 2)
    assert model.attached == ("v2",)
    assert model.fingerprint_logits(adapter="v2") == second
    detach_others(model, store, 1)
    assert (model.attached, model.fingerprint_logits()) == ((), bare)
    assert attach_version(model, store, paths, 2) == "v2"
    assert model.fingerprint_logits(adapter="v2") == second
    detach_others(model, store, 0)
    assert model.attached == ()


def test_another_base_of_the_same_shapes_is_refused(
    taught: Lab, tiny: Tiny, tmp_path: Path
) -> None:
    other = open_tiny(tiny.other, tmp_path, writer=tiny.writer)
    with pytest.raises(VersionError, match="other base weights"):
        switch(taught.store, taught.paths, 1, "x", other)
    alone = open_tiny(tiny.base, tmp_path)
    with pytest.raises(VersionError, match="another writer adapter"):
        attach_version(alone, taught.store, taught.paths, 1)
    assert (other.attached, alone.attached) == ((), ())
    assert taught.store.versions.active() == 2


def test_a_version_of_an_earlier_release_is_compared_with_a_tolerance(
    taught: Lab, tiny: Tiny, model: LocalModel
) -> None:
    """Its environment named torch and the processor alone; another bitsandbytes moves a bit."""
    now = model.info.environment
    torch_alone = ", ".join([now.split(", ")[0], *now.split(", ")[4:]])
    model.attach("candidate", tiny.memories[0])
    moved = [value + 1e-5 for value in model.fingerprint_logits(adapter="candidate")]
    model.detach("candidate")

    def published(environment: str) -> int:
        fields = {**identity_fields(model.info), "logits": moved, "environment": environment}
        made = publish(taught.store, taught.paths, tiny.memories[0], fields, [], taught.clock)
        return made.number

    earlier = published(torch_alone)
    assert attach_version(model, taught.store, taught.paths, earlier) == f"v{earlier}"
    same = published(now)
    with pytest.raises(VersionError, match="does not answer as it did"):
        attach_version(model, taught.store, taught.paths, same)


def test_weights_that_went_bad_in_memory_are_noticed(taught: Lab, model: LocalModel) -> None:
    weight = model.base.decoder.layers[1].self_attn.q_proj.weight
    model.detach("v1")
    kept = weight.data.clone()
    try:
        weight.data.mul_(1.003)  # as far off as a wrongly repacked NF4 weight
        with pytest.raises(VersionError, match="does not answer as it did"):
            switch(taught.store, taught.paths, 1, "x", model)
    finally:
        weight.data.copy_(kept)
    assert "v1" not in model.attached
    assert switch(taught.store, taught.paths, 1, "x", model).version == 1
