"""Fixtures for all tests: a tiny chat model, built once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.tiny import build_tiny_model, open_tiny

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

# How long an example takes says more about the machine than about the code. With many properties
# fewer examples of each do; `--hypothesis-profile default` tries more.
settings.register_profile("sealmate", deadline=None, max_examples=60)
settings.load_profile("sealmate")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a night on the real small model stays on one worker and begins at once; of all
    others a file stays together."""
    for item in items:
        folder = item.path.parent
        group = folder if folder.name == "e2e" else item.path
        item.add_marker(pytest.mark.xdist_group(str(group)))
    items.sort(key=lambda item: item.path.parent.name != "e2e")


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of four layers with a tokenizer and a chat template. Do not write into it."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny-llama")


@pytest.fixture(scope="session")
def loaded(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """The tiny model, loaded once."""
    return open_tiny(tiny_model_folder, tmp_path_factory.mktemp("compute"))


@pytest.fixture
def model(loaded: LocalModel) -> Iterator[LocalModel]:
    """The tiny model; each test leaves it bare."""
    yield loaded
    for name in loaded.attached:
        loaded.detach(name)
