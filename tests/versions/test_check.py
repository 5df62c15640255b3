"""Checking: each kind of damage is found, named, and told from what does no harm."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.model.scripted import ScriptedModel
from sealmate.versions.check import compare_logits, verify
from sealmate.versions.manifest import Manifest, identity_fields, manifest_of
from tests.versions.build import Lab
from tests.versions.test_manifest import AT


def _flip(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    data = bytearray(file.read_bytes())
    data[-10] ^= 1
    file.write_bytes(data)


def _cut(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _scale(folder: Path) -> None:
    file = folder / "adapter_config.json"
    file.write_text(file.read_text().replace('"lora_alpha": 8', '"lora_alpha": 9'))


def _link(folder: Path) -> None:
    other = folder.with_name("copy")
    folder.rename(other)
    folder.symlink_to(other)


@pytest.mark.parametrize(
    ("damage", "kinds", "fatal"),
    [
        (lambda folder: None, [], False),
        (shutil.rmtree, ["missing"], True),
        (lambda folder: (folder / "adapter_config.json").unlink(), ["missing"], True),
        (lambda folder: (folder / "adapter_config.json").write_text("{"), ["corrupt"], True),
        (_flip, ["hash"], True),
        (_cut, ["corrupt"], True),
        (_scale, ["hash"], True),
        (_link, ["manifest"], True),
        (lambda folder: (folder / "manifest.json").unlink(), ["manifest"], False),
        (lambda folder: (folder / "manifest.json").write_text("x"), ["manifest"], False),
    ],
)
def test_damage(lab: Lab, damage: Callable[[Path], object], kinds: list[str], fatal: bool) -> None:
    lab.publish()
    damage(lab.folder(1))
    found = verify(lab.paths, lab.store.versions.get(1))
    assert [finding.kind for finding in found] == kinds
    assert any(finding.fatal for finding in found) is fatal
    assert all("\n" not in finding.message and "version 1" in finding.message for finding in found)


def test_the_manifest_of_another_version(lab: Lab) -> None:
    lab.publish()
    lab.publish(seed=1)
    shutil.copy(lab.folder(1) / "manifest.json", lab.folder(2) / "manifest.json")
    found = verify(lab.paths, lab.store.versions.get(2))
    assert [(f.kind, f.fatal) for f in found] == [("manifest", False)]


def test_a_foreign_base(lab: Lab) -> None:
    info = ScriptedModel().info
    lab.publish(**identity_fields(info))
    version = lab.store.versions.get(1)
    assert verify(lab.paths, version, info) == []
    found = verify(lab.paths, version, replace(info, id="qwen", fingerprint="9" * 64))
    assert [(f.kind, f.fatal) for f in found] == [("foreign", True)]
    assert "other base weights (scripted, this is qwen)" in found[0].message


def test_logits_come_back_exactly_on_the_same_ground_and_nearly_elsewhere() -> None:
    info = replace(ScriptedModel().info, environment="here")
    made = Manifest(1, AT, "ab", device="cpu", compute_dtype="float32", environment="here",
                    logits=(10.0, -20.0))  # fmt: skip
    assert compare_logits(made, info, (10.0, -20.0)) == ""
    assert "logit is off by" in compare_logits(made, info, (10.0, -20.000001))
    for elsewhere in (
        replace(info, device="cuda"),
        replace(info, compute_dtype="bfloat16"),
        replace(info, environment="there"),
    ):
        assert compare_logits(made, elsewhere, (10.3, -19.5)) == ""
        assert "logit is off by" in compare_logits(made, elsewhere, (12.0, -20.0))
    nan = float("nan")
    assert "logit is off by nan" in compare_logits(made, info, (10.0, nan))
    assert "1 logits instead of 2" in compare_logits(made, info, (10.0,))
    assert compare_logits(replace(made, logits=()), info, (5.0,)) == ""


def test_the_row_outranks_the_manifest_in_it(lab: Lab) -> None:
    version = lab.publish((1,))
    lied = replace(version, manifest={**version.manifest, "number": 9, "base_fingerprint": "x"})
    found = manifest_of(lied)
    assert (found.number, found.base_fingerprint) == (1, version.base_fingerprint)
