"""Private folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sealmate.errors import HomeError
from sealmate.paths import make_private_dir, put_in_place, shred


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


def test_what_a_file_held_is_overwritten_when_it_goes(tmp_path: Path) -> None:
    file, other = tmp_path / "weights", tmp_path / "linked"
    file.write_bytes(b"zirconquill" * 99)
    with file.open("rb") as still:
        shred(file)
        assert set(still.read()) == {0}
    assert not file.exists()
    file.write_bytes(b"shared")
    other.hardlink_to(file)
    shred(file)
    assert other.read_bytes() == b"shared"


def test_what_a_file_held_is_overwritten_when_another_takes_its_place(tmp_path: Path) -> None:
    file, part = tmp_path / "checkpoint", tmp_path / "checkpoint.part"
    part.write_bytes(b"first")
    put_in_place(part, file)
    part.write_bytes(b"second")
    with file.open("rb") as still:
        put_in_place(part, file)
        assert set(still.read()) == {0}
    assert (file.read_bytes(), part.exists()) == (b"second", False)
