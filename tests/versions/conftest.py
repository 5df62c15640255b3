"""Fixtures: a fresh profile with its ledger; the tiny model with a writer and two memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tiny import build_adapter, build_tiny_model, open_tiny
from tests.versions.build import Lab, open_lab

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = open_lab(tmp_path / "home", tmp_path)
    yield found
    found.store.close()


@dataclass(frozen=True)
class Tiny:
    """The tiny model and adapters for it: a writer on all layers, memories on the upper ones."""

    base: Path
    other: Path
    writer: Path
    memories: tuple[Path, Path]


@pytest.fixture(scope="session")
def tiny(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    home = tmp_path_factory.mktemp("adapters")
    base = tiny_model_folder
    memories = tuple(
        build_adapter(
            home / f"memory{seed}", base, seed=seed, rank=3, layers=(2, 3),
            targets=("q_proj", "k_proj", "down_proj"),
        )
        for seed in (2, 3)
    )  # fmt: skip
    return Tiny(
        base,
        build_tiny_model(home / "other", seed=9),
        build_adapter(home / "writer", base, seed=1, rank=5, rslora=False),
        (memories[0], memories[1]),
    )


@pytest.fixture(scope="session")
def model(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """The tiny model standing on its writer. Tests detach what they attach."""
    return open_tiny(tiny.base, tmp_path_factory.mktemp("note"), writer=tiny.writer)
