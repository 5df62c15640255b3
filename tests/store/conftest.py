"""Fixtures: a fresh ledger in a fresh home."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealmate.store import Store
from tests.store.build import opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, migrated once."""
    home = tmp_path_factory.mktemp("ledger")
    opened(home).close()
    return home


@pytest.fixture
def store(home: Path, empty_ledger: Path) -> Iterator[Store]:
    shutil.copytree(empty_ledger, home)
    with opened(home) as store:
        yield store
