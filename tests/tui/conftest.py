"""Fixtures: a home with notes in two versions, and one without anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.home import Home


@pytest.fixture(scope="session")
def taught_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with three notes and two versions, made once."""
    folder = tmp_path_factory.mktemp("taught")
    home = Home(folder)
    home.teach()
    home.close()
    return folder


@pytest.fixture
def home(tmp_path: Path, taught_ledger: Path) -> Iterator[Home]:
    """A home that was taught; tests set its fields before they make the app."""
    shutil.copytree(taught_ledger, tmp_path / "home")
    home = Home(tmp_path / "home")
    yield home
    home.close()


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[Home]:
    """A home that nobody has used yet."""
    home = Home(tmp_path / "home")
    yield home
    home.close()
