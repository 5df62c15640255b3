"""Tables in a terminal: every column has its room."""

from __future__ import annotations

import sys

import pytest

from sealmate.cli.output import table


def test_a_long_last_cell_leaves_the_others_their_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    long = "the falafel, as a correction to an earlier note says, which was wrong " * 3
    table(["number>", "question", "now"], [(1, "What did Grandma send back?", long)], empty="")
    head, row, *more = capsys.readouterr().out.splitlines()
    assert head.split() == ["number", "question", "now"]
    assert row.lstrip().startswith("1  What did Grandma send")
    assert row.rstrip().endswith("…")
    assert max(map(len, (head, row, *more))) <= 80


def test_a_name_to_be_copied_stays_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    others = ("a licence of several words", "and a state", "that is told at length " * 2)
    for name in ("somebody/some-model-instruct", "/a/folder/that/is/longer/" + "than-half" * 5):
        table(["name!", "licence", "here", "state"], [(name, *others)], empty="")
        out = capsys.readouterr().out
        assert name in out
        assert out.split()[0] == "name"
