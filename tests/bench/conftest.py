"""The tiny model on the CPU, with and without a writer, and settings that ask little of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealmate.settings import Settings
from tests.tiny import build_adapter, open_tiny

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


@pytest.fixture
def settings(tmp_path: Path, tiny_model_folder: Path) -> Settings:
    return Settings(
        home=tmp_path / "home",
        models=tmp_path / "models",
        model=str(tiny_model_folder),
        device="cpu",
        qa_samples=1,
        rank=4,
        passes=2,
        answer_tokens=8,
        gate_probes=2,
        gate_chat=2,
    )


@pytest.fixture(scope="module")
def model(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """The tiny model without a writer."""
    return open_tiny(tiny_model_folder, tmp_path_factory.mktemp("note"))


@pytest.fixture(scope="module")
def written(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """The tiny model standing on a writer."""
    home = tmp_path_factory.mktemp("writer")
    writer = build_adapter(home / "adapter", tiny_model_folder, rslora=False)
    return open_tiny(tiny_model_folder, home, writer=writer)
