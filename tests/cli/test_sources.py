"""`sealmate sources`: shorter lists, and all of it as plain files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.store.build import statements


@pytest.fixture
def told(run: Run, tmp_path: Path) -> Run:
    """Three sources, one of which a newer text replaced."""
    file = tmp_path / "boat.md"
    file.write_text("# Boat\n\nThe boat is called Marijke.\n")
    run("ingest", str(file))
    file.write_text("# Boat\n\nThe boat is called Grietje now.\n")
    run("ingest", str(file))
    run("note", "The vet is Dr Aydin.", "--title", "../Vet: Dr/Aydin?")
    return run


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("words", [("sources",), ("sources", "list")])
def test_lists_may_be_long_or_short(told: Run, words: tuple[str, ...]) -> None:
    assert ids(told(*words, "--json").json) == [2, 3]
    assert ids(told(*words, "--all", "--json").json) == [1, 2, 3]
    assert ids(told(*words, "--limit", "1", "--json").json) == [3]
    assert ids(told(*words, "--all", "-n", "2", "--json").json) == [2, 3]
    cut = told(*words, "--limit", "1")
    assert (len(cut.out.splitlines()), cut.err) == (2, "the newest 1 of 2\n")
    assert told(*words, "--limit", "2").err == ""
    assert told(*words, "--limit", "0").code == 2


def test_options_of_the_list_do_not_get_lost_before_another_command(told: Run) -> None:
    refused = told("sources", "--all", "show", "2")
    assert refused.code == 2
    assert "--all and --limit go after the sub-command" in refused.err


def test_export(told: Run, tmp_path: Path) -> None:
    target = tmp_path / "away" / "texts"
    said = told("sources", "export", str(target), "--json").json
    names = ["0002-Boat.md", "0003-Vet-Dr-Aydin.md"]
    assert said["folder"] == str(target)
    assert [(f["id"], f["file"]) for f in said["files"]] == list(zip((2, 3), names, strict=True))
    assert sorted(path.name for path in target.iterdir()) == names
    assert (target / names[0]).read_text() == "# Boat\n\nThe boat is called Grietje now.\n"
    assert (target / names[1]).read_text() == "The vet is Dr Aydin.\n"
    refused = told("sources", "export", str(target))
    assert refused.code == 2
    assert "is not empty" in refused.err
    every = told("sources", "export", "--all", str(tmp_path / "every"))
    assert every.out == f"3 sources written to {tmp_path / 'every'}\n"
    assert told("sources", "export", "").code == 2


def test_what_is_forgotten_is_not_exported(told: Run, tmp_path: Path) -> None:
    told("forget", "3", "--yes")
    said = told("sources", "export", "--all", str(tmp_path / "rest"), "--json").json
    assert [file["id"] for file in said["files"]] == [1, 2]


def test_a_list_reads_no_texts_and_does_not_ask_for_each(told: Run) -> None:
    def listed() -> list[str]:
        with statements() as asked:
            told("sources", "--all", "--json")
        return [one for one in asked if "FROM sources" in one or "FROM passages" in one]

    before = listed()
    for number in range(5):
        told("note", f"The gate has the number {number}.")
    assert listed() == before
    assert not any("sources.text" in one or "passages.text" in one for one in before)
    counts = [row["passages"] for row in told("sources", "--all", "--json").json]
    assert counts == [1, 1, 1, 1, 1, 1, 1, 1]


def test_where_each_source_stands_in_memory(told: Run) -> None:
    """That the next night has something to do with it; what was replaced is of no matter."""
    waits = {"waiting": True, "review": False, "known": False}
    rows = told("sources", "--all", "--json").json
    assert [row["memory"] for row in rows] == [waits | {"waiting": False}, waits, waits]
    header, replaced, *current = told("sources", "--all").out.splitlines()
    assert "memory" in header
    assert "waiting" not in replaced
    assert all("waiting" in line for line in current)
    assert told("sources", "show", "2", "--json").json["memory"] == waits
    assert "waiting: the next night learns it" in told("sources", "show", "2").out
    assert "the next night" not in told("sources", "show", "1").out
