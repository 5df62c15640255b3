"""`sealmate ingest` says what it did not take, and does not guess what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_notes import DATA, pipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One note among files that are not read from a folder."""
    made = tmp_path / "notes"
    (made / "deep").mkdir(parents=True)
    (made / "a.md").write_text("The boat is called Marijke.\n")
    for name in ("plants.csv", "deep/list.JSON", "letter.rtf", "README", ".hidden", "Dr. Brink"):
        (made / name).write_text("The dentist is Dr Brink.\n")
    return made


def test_what_is_passed_over_is_counted(run: Run, folder: Path) -> None:
    said = run("ingest", str(folder)).out.splitlines()
    assert said == [
        "1 added (1 new passage)",
        "5 passed over (.csv .json .rtf, no suffix); name a file to take it anyway",
    ]
    told = run("ingest", str(folder), "--json").json
    assert told["skipped"] == {"": 2, ".csv": 1, ".json": 1, ".rtf": 1}
    named = run("ingest", str(folder), str(folder / "plants.csv"), "--json").json
    assert (named["added"], named["skipped"]) == (1, {"": 2, ".json": 1, ".rtf": 1})
    assert run("ingest", str(folder / "a.md"), "--json").json["skipped"] == {}
    assert "passed over" not in run("ingest", str(folder / "a.md")).out


def test_many_kinds_are_cut(run: Run, folder: Path) -> None:
    for number in range(12):
        (folder / f"{number}.x{number}").write_text("x")
    assert ", 5 more kinds, no suffix); name" in run("ingest", str(folder)).out


def test_an_empty_path_is_not_the_current_folder(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for words in (("",), ("a.md", "")):
        refused = run("ingest", *words)
        assert (refused.code, refused.out) == (2, "")
        assert "error: a path is empty\n" in refused.err
    assert run("sources", "--json").json == []
    assert run("ingest", ".").code == 0


def test_a_title_is_for_standard_input(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = run("ingest", str(folder / "a.md"), "--title", "Boat")
    assert refused.code == 2
    assert "--title is for a text from standard input" in refused.err
    assert run("sources", "--json").json == []
    pipe(monkeypatch, b"The bins go out on Monday.")
    assert run("ingest", str(folder / "a.md"), "-", "--title", "Bins", "--json").json["added"] == 2


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html>\n<html><script>x()</script><p>Hello</p></html>",
        b"\xef\xbb\xbf\n<HTML><body>Hello</body></HTML>",
        b"<!-- saved -->\n<html>Hello</html>",
        b'<?xml version="1.0"?><html>Hello</html>',
        b"{\\rtf1\\ansi Hello}",
        (DATA / "garden.docx").read_bytes(),
        (DATA / "lighthouse.pdf").read_bytes(),
    ],
    ids=["html", "HTML", "saved", "xhtml", "rtf", "docx", "pdf"],
)
@pytest.mark.parametrize("command", ["ingest", "note"])
def test_standard_input_is_plain_text(
    run: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, command: str
) -> None:
    pipe(monkeypatch, data)
    refused = run(command, "-")
    assert refused.code == 5
    assert refused.err.startswith("error: standard input ")
    assert "hint: save it to a file and ingest that\n" in refused.err
    assert "DOCX" not in refused.err
    assert run("sources", "--json").json == []


def test_words_about_html_are_plain_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"<b>Zoe</b> wrote <html> on the board.")
    assert run("ingest", "-").code == 0


def test_a_note_that_begins_like_an_option(run: Run) -> None:
    refused = run("note", "-5", "degrees", "in", "the", "cellar")
    assert refused.code == 2
    assert "error: there is no option -5\n" in refused.err
    assert "sealmate note -- " in refused.err
    assert run("note", "--", "-5", "degrees in the cellar").out.startswith("kept as source 1: -5 ")
    assert run("note", "The roof is tiled.", "--titel", "Roof").code == 2
    assert run("note").code == 2
    assert run("note", "The roof is tiled.", "--title", "Roof").code == 0
