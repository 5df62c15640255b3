"""The tiny model, loaded once for all tests of the model; each test leaves it bare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tiny import build_adapter

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="package")
def memories(
    tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("memories")
    return (
        build_adapter(home / "a", tiny_model_folder, seed=1, layers=(2, 3)),
        build_adapter(home / "b", tiny_model_folder, seed=2, layers=(2, 3)),
    )
