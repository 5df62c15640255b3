"""What versions take on the disk, where some of their files are the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sealmate.versions.disk import freed, taken
from sealmate.versions.shards import shards_of
from tests.versions.build import Lab

WEIGHTS = "adapter_model.safetensors"


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def two(lab: Lab) -> Lab:
    """Version 2 carries version 1 along."""
    first = lab.publish((1,), seed=1)
    carried = list(shards_of(lab.store, first).values())
    lab.publish((2,), seed=2, parent=1, kind="added", carried=carried)
    return lab


def test_nothing(lab: Lab) -> None:
    assert (taken(lab.paths), freed(lab.paths, [1, 2])) == (0, 0)


def test_a_file_counts_once(two: Lab) -> None:
    first, second = two.folder(1), two.folder(2)
    shared = size(second / "shard-0001")
    assert taken(two.paths) == size(first) + size(second) - shared
    manifest = (first / "manifest.json").stat().st_size
    assert freed(two.paths, [1]) == manifest
    assert freed(two.paths, [2]) == size(second) - shared
    assert freed(two.paths, [1, 2, 2]) == taken(two.paths)


def test_a_name_elsewhere_keeps_a_file(two: Lab, tmp_path: Path) -> None:
    kept = two.folder(2) / WEIGHTS
    os.link(kept, tmp_path / "mine")
    assert freed(two.paths, [1, 2]) == taken(two.paths) - kept.stat().st_size
