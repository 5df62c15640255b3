"""The tiny model for training; each test leaves it bare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tiny import open_tiny

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


@pytest.fixture(scope="package")
def loaded(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    return open_tiny(tiny_model_folder, tmp_path_factory.mktemp("compute"))


@pytest.fixture
def model(loaded: LocalModel) -> Iterator[LocalModel]:
    yield loaded
    for name in loaded.attached:
        loaded.detach(name)
