"""Texts as plain files that only their owner may read."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate.errors import HomeError, UsageError
from sealmate.records import Source
from sealmate.sources.takeout import file_name, take_out

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOTE = Source(7, "note", "Vet", "The vet is Dr Aydin.", "x", AT, media_type="text/markdown")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Vet", "0007-Vet.md"),
        ("../../etc/passwd", "0007-etc-passwd.md"),
        ('a\0b\nc: <d>|e*?"', "0007-a-b-c-d-e.md"),
        (".", "0007.md"),
        ("-rf", "0007-rf.md"),
        ("Zoë’s Garten 🌱 im März", "0007-Zoë-s-Garten-im-März.md"),
        ("w" * 300, f"0007-{'w' * 60}.md"),
    ],
)
def test_names_are_safe(title: str, name: str) -> None:
    assert file_name(replace(NOTE, title=title)) == name


def test_the_ending_says_what_it_is() -> None:
    for kind, ending in (("text/plain", ".txt"), ("application/pdf", ".txt"), ("text/html", ".md")):
        assert file_name(replace(NOTE, media_type=kind)) == f"0007-Vet{ending}"


def test_files_are_the_owners_and_of_their_day(tmp_path: Path) -> None:
    twins = [NOTE, replace(NOTE, id=8, text="Another.\nLine")]
    done = take_out(twins, tmp_path / "new" / "er")
    assert [name for _, name in done.files] == ["0007-Vet.md", "0008-Vet.md"]
    assert (done.folder / "0008-Vet.md").read_text() == "Another.\nLine\n"
    for path in (done.folder, *done.folder.iterdir()):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    assert (done.folder / "0007-Vet.md").stat().st_mtime == AT.timestamp()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(UsageError, match="is not empty"):
            take_out([NOTE], place)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(UsageError, match="no name"):
        take_out([NOTE], "")


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError):
        take_out([NOTE], tmp_path / "file" / "deep")
