"""Private folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sealmate.errors import HomeError
from sealmate.paths import Paths, locate, make_private_dir, put_in_place, shred


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


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_of_other_things_is_no_home(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "theirs.txt").write_text("x")
    shared.chmod(0o1777)
    with pytest.raises(HomeError, match="is open to others and holds other files") as caught:
        locate("default", shared).ensure()
    assert "name a new folder" in caught.value.hint
    assert rights(shared) == 0o1777
    assert [path.name for path in shared.iterdir()] == ["theirs.txt"]
    shared.chmod(0o700)  # nobody else looks into it
    assert locate("default", shared).ensure().profile_dir.is_dir()


@pytest.mark.parametrize("inside", ["", "config.toml", "profiles/anna/notes", "state/sealmate.log"])
def test_a_home_that_was_there_is_made_private(tmp_path: Path, inside: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if inside:
        (home / inside).parent.mkdir(parents=True, exist_ok=True)
        (home / inside).write_text("")
    home.chmod(0o755)
    locate("default", home).ensure()
    assert rights(home) == 0o700


def test_a_configuration_among_other_files_is_left_as_it_is(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir(mode=0o755)
    (config / "config.toml.bak").write_text("")
    config.chmod(0o755)
    Paths(config, tmp_path / "data", tmp_path / "state", tmp_path / "models").ensure()
    assert (rights(config), rights(tmp_path / "data")) == (0o755, 0o700)


def test_an_owners_own_rights_stay(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    make_private_dir(folder)
    assert rights(folder) == 0o500
