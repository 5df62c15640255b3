"""What tells two models apart."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from sealmate.errors import ModelError
from sealmate.model.identity import (
    adapter_scale,
    base_fingerprint,
    describe,
    hash_file,
    weights_fingerprint,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_the_fingerprint_follows_the_weights(folder: Path) -> None:
    first = weights_fingerprint(folder)
    assert weights_fingerprint(folder) == first
    file = folder / "model.safetensors"
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(1, 1))
    assert weights_fingerprint(folder) != first
    file.write_bytes(b"weights")
    os.utime(file, ns=(2, 2))
    assert weights_fingerprint(folder) == first


@pytest.mark.parametrize("note", ["{broken", "[]", "{}", '{"files": []}'])
def test_a_useless_note_is_made_again(folder: Path, note: str) -> None:
    first = weights_fingerprint(folder)
    (folder / "fingerprint.json").write_text(note)
    assert weights_fingerprint(folder) == first
    assert json.loads((folder / "fingerprint.json").read_text())["sha256"] == first


def test_the_writer_counts(folder: Path) -> None:
    assert base_fingerprint(folder, "") != base_fingerprint(folder, "ab" * 32)


def test_describe_needs_no_model(folder: Path, tmp_path: Path) -> None:
    writer = tmp_path / "writer"
    writer.mkdir()
    (writer / "adapter_model.safetensors").write_bytes(b"writer")
    bare, with_writer = describe("x", folder, None), describe("x", folder, writer)
    assert bare.fingerprint == base_fingerprint(folder, "")
    assert with_writer.writer_sha256 == hash_file(writer / "adapter_model.safetensors")
    assert with_writer.fingerprint == base_fingerprint(folder, with_writer.writer_sha256)


def test_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no safetensors"):
        weights_fingerprint(tmp_path)
    with pytest.raises(ModelError, match="cannot read"):
        hash_file(tmp_path / "nothing")


@pytest.mark.parametrize(("rslora", "scale"), [(True, 32 / math.sqrt(16)), (False, 2.0)])
def test_the_scale_of_an_adapter(tmp_path: Path, rslora: bool, scale: float) -> None:
    config = {"r": 16, "lora_alpha": 32, "use_rslora": rslora}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    assert adapter_scale(tmp_path) == pytest.approx(scale)
