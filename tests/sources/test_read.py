import os
import socket
from pathlib import Path

import pytest

from sealmate.errors import SourceError
from sealmate.sources import read_file


def refused(path: Path, **options: int) -> str:
    with pytest.raises(SourceError) as caught:
        read_file(path, **options)
    assert caught.value.exit_code == 5
    assert "\n" not in caught.value.message
    return caught.value.message


def test_text_takes_the_file_name_as_title(tmp_path: Path) -> None:
    path = tmp_path / "shopping list.txt"
    path.write_bytes(b"\xef\xbb\xbfmilk\r\neggs\r\n")
    document = read_file(path)
    assert (document.title, document.text) == ("shopping list", "milk\neggs")
    assert document.media_type == "text/plain"


def test_unknown_suffixes_are_read_when_named(tmp_path: Path) -> None:
    path = tmp_path / "README"
    path.write_text("hello")
    assert read_file(path).text == "hello"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\xc2\xa0\n", "has no text"),
        (b"\x7fELF\0\0\0", "is not text: it holds binary data"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old or encrypted Office file"),
        (b"{\\rtf1 hello}", "is an RTF file"),
        (b"\x1f\x8b\x08", "is a compressed file"),
        (b"%PDF-1.4 and no more", "is cut short or no PDF"),
        (b"PK\x03\x04 and no more", "is a zip, but neither a DOCX nor an EPUB"),
    ],
)
def test_contents_that_are_no_text(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(content)
    assert refused(path).startswith(f"{path} {reason}")


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".epub"])
def test_text_under_a_wrong_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"note{suffix}"
    path.write_text("just text")
    assert "is " in refused(path)


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * 101)
    assert refused(path, max_bytes=100) == f"{path} holds more than 100 bytes of text"
    path.write_text("x" * 100)
    assert len(read_file(path, max_bytes=100).text) == 100


def test_a_file_beyond_the_default_limit_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(10**12)  # a sparse terabyte
    path_message = refused(path)
    assert path_message.endswith("holds more than 50 MB of text")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.txt").endswith("does not exist")
    assert refused(tmp_path).endswith("is a folder, not a file")
    assert refused(tmp_path / "a\0b").endswith("is not a usable path")
    assert "\\n" in refused(tmp_path / "a\nb")
    assert refused(tmp_path / ("x" * 300)).endswith("has a name that is too long")
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    assert refused(loop).endswith("is a symbolic link that leads back to itself")
    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to(tmp_path / "nowhere")
    assert refused(dangling).endswith("does not exist")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no fifos here")
def test_devices_and_pipes_do_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "fifo.txt"
    os.mkfifo(fifo)
    assert refused(fifo).endswith("is a device, a pipe or a socket, not a file")
    assert refused(Path("/dev/zero")).endswith("is a device, a pipe or a socket, not a file")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket's whole path must be short
        server.bind("s.txt")
        assert refused(tmp_path / "s.txt").endswith("is a device, a pipe or a socket, not a file")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no such permissions here")
def test_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("x")
    path.chmod(0)
    root = os.geteuid() == 0
    if root:  # nothing is unreadable to root
        os.seteuid(65534)
    try:
        assert refused(path).endswith("cannot be read: permission denied")
    finally:
        if root:
            os.seteuid(0)
