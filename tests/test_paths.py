"""Private folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sealmate.errors import HomeError
from sealmate.paths import make_private_dir


def test_folders_are_private(tmp_path: Path) -> None:
    folder = make_private_dir(tmp_path / "a" / "b")
    assert {stat.S_IMODE(p.stat().st_mode) for p in (folder, folder.parent)} == {0o700}


def test_a_system_without_user_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getuid")
    assert make_private_dir(tmp_path / "a").is_dir()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(HomeError, match="cannot create the folder"):
        make_private_dir(tmp_path / "file" / "below")
