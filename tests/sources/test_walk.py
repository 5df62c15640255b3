import os
import sys
from pathlib import Path

import pytest

from sealmate.sources import Failure, walk


def names(root: Path, *paths: Path) -> list[str]:
    return [
        item.message if isinstance(item, Failure) else str(item.relative_to(root.resolve()))
        for item in walk(paths)
    ]


def touch(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file)


def test_folders_in_order_without_what_is_hidden_or_unknown(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "b.md",
        "a.TXT",
        "x.bin",
        ".git/c.md",
        ".h.md",
        "~$w.docx",
        "d/e/f.pdf",
        "c/z.html",
    )
    assert names(tmp_path, tmp_path) == ["a.TXT", "b.md", "c/z.html", "d/e/f.pdf"]


def test_what_is_named_directly_is_taken(tmp_path: Path) -> None:
    touch(tmp_path, "x.bin", ".hidden/a.md")
    assert names(tmp_path, tmp_path / "x.bin") == ["x.bin"]
    assert names(tmp_path, tmp_path / ".hidden") == [".hidden/a.md"]


def test_each_file_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.md", "d/b.md")
    (tmp_path / "d" / "link.md").symlink_to(tmp_path / "a.md")
    assert names(tmp_path, tmp_path, tmp_path / "a.md", tmp_path / "d") == ["a.md", "d/b.md"]


def test_links_do_not_lead_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "d/a.md")
    (tmp_path / "d" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "d" / "up.md").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "d" / "loop.md").symlink_to(tmp_path / "d" / "loop.md")
    found = names(tmp_path, tmp_path)
    assert found[0] == "d/a.md"
    assert len(found) == 2
    assert "symbolic link" in found[1]
    (tmp_path / "named").symlink_to(tmp_path / "d", target_is_directory=True)
    assert names(tmp_path, tmp_path / "named")[0] == "d/a.md"


def test_failures(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert names(tmp_path, tmp_path / "empty")[0].endswith("empty holds no file to read")
    assert names(tmp_path, tmp_path / "gone")[0].endswith("gone does not exist")
    assert "no usable path" in names(tmp_path, Path("a\0b"))[0]


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs root")
def test_a_folder_that_may_not_be_entered(tmp_path: Path) -> None:
    touch(tmp_path, "a.md")
    tmp_path.chmod(0)
    os.seteuid(65534)
    try:
        (found,) = walk([tmp_path])
    finally:
        os.seteuid(0)
    assert isinstance(found, Failure)
    assert "permission denied" in found.message


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md")).write_text("x")
    (found,) = walk([tmp_path])
    assert isinstance(found, Failure)
    assert "has a name that is not UTF-8" in found.message
    found.message.encode()
