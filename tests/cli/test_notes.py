"""note, ingest, sources, search: in, listed, found."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run

DATA = Path(__file__).resolve().parent.parent / "data"


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    class Stdin:
        buffer = io.BytesIO(data)

        @staticmethod
        def isatty() -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Stdin)


def test_note(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("note", "Our", "glazier", "is called Wim.", "--json").json
    assert (first["added"], first["unchanged"], first["failed"]) == (1, 0, [])
    again = run("note", "Our glazier is called Wim.", "--json").json
    assert (again["added"], again["unchanged"]) == (0, 1)
    assert "known already as source 1" in run("note", "Our glazier is called Wim.").out
    pipe(monkeypatch, "Zoë keeps bees.".encode())
    assert run("note", "-").out == "kept as source 2: Zoë keeps bees.\n"
    pipe(monkeypatch, b"\0\1\2\3binary")
    ran = run("note", "-")
    assert ran.code == 5
    assert ran.err.startswith("error: standard input ")


def test_ingest_reports_what_happened(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("# Boat\n\nThe boat is called Marijke.\n")
    (folder / "deep" / "b.txt").write_text("The harbour master is Mr Vos.\n")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    ran = run("ingest", str(folder), "--json")
    assert ran.code == 5
    told = ran.json
    assert (told["added"], told["unchanged"], told["replaced"]) == (2, 0, 0)
    (failed,) = told["failed"]
    assert failed["path"] == str(folder / "bad.pdf")
    assert failed["reason"]
    (folder / "bad.pdf").unlink()
    ran = run("ingest", str(folder), "--json")
    assert ran.code == 0
    assert ran.json["unchanged"] == 2
    (folder / "a.md").write_text("# Boat\n\nThe boat is called Grietje now.\n")
    told = run("ingest", str(folder), "--json").json
    assert (told["added"], told["unchanged"], told["replaced"]) == (0, 1, 1)
    out = run("ingest", str(folder / "a.md"), str(folder / "none.md"))
    assert out.code == 5
    assert "1 unchanged, 1 failed" in out.out
    assert "none.md" in out.err
    titles = {row["title"] for row in run("sources", "--json").json}
    assert titles == {"Boat", "b"}
    states = [row["state"] for row in run("sources", "list", "--all", "--json").json]
    assert sorted(states) == ["current", "current", "replaced"]
    assert [hit["title"] for hit in run("search", "Marijke", "--json").json] == []
    assert len(run("search", "Marijke", "--all", "--json").json) == 1


def test_ingest_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "﻿Our roof was tiled in 2011.".encode())
    assert run("ingest", "-", "--title", "Roof", "--json").json["added"] == 1
    assert run("sources", "--json").json[0]["title"] == "Roof"
    assert run("ingest", "-", "-").code == 2


def test_real_documents(run: Run) -> None:
    told = run("ingest", str(DATA / "garden.docx"), str(DATA / "garden.epub"), "--json").json
    assert (told["added"], told["failed"]) == (2, [])
    assert told["passages"] >= 2


def test_sources_show(run: Run) -> None:
    run("note", "The vet is Dr Aydin, on Tuesdays.", "--title", "Vet")
    run("note", "The dentist is Dr Brink.", "--title", "Dentist")
    shown = run("sources", "show", "dentist", "--json").json
    assert (shown["id"], shown["title"], shown["text"]) == (
        2,
        "Dentist",
        "The dentist is Dr Brink.",
    )
    assert [p["text"] for p in shown["passages"]] == ["The dentist is Dr Brink."]
    assert shown["passages"][0]["edits"] == 0
    assert "The vet is Dr Aydin" in run("sources", "show", "1").out
    ran = run("sources", "show", "t")
    assert ran.code == 6
    assert "names 2 sources" in ran.err


def test_search(run: Run) -> None:
    assert run("search", "anything").out == "nothing found\n"
    run("note", "The spare key hangs behind the boiler.", "--title", "Key")
    (hit,) = run("search", "where is the", "spare key?", "--json").json
    assert (hit["id"], hit["title"], hit["passage"]) == (1, "Key", 1)
    assert hit["score"] > 0
    assert run("search", '") OR * NEAR(').code == 0
    for empty in ("", "  "):
        refused = run("search", empty, "--json")
        assert (refused.code, refused.out) == (2, "")
        assert "there is nothing to look for" in refused.err
    assert "behind the boiler" in run("search", "boiler").out


def test_the_rights_of_files(run: Run, home: Path) -> None:
    run("note", "Nobody else may read this.")
    run("model", "use", "qwen3-4b")
    for path in [home, *home.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 == wanted, path
    assert os.name == "posix"
