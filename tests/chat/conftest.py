"""Fixtures: a fresh home with a migrated ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealmate.paths import locate
from sealmate.store import open_store
from tests.chat.home import Clock, Home


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    paths = locate("default", folder).ensure()
    open_store(paths.database, paths.backups, clock=Clock()).close()
    return folder


@pytest.fixture
def home(tmp_path: Path, empty_home: Path) -> Iterator[Home]:
    folder = tmp_path / "home"
    shutil.copytree(empty_home, folder)
    paths = locate("default", folder).ensure()
    clock = Clock()
    with open_store(paths.database, paths.backups, clock=clock) as store:
        yield Home(folder, store, clock)
