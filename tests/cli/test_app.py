"""The command line as a whole: options, errors, exit codes, the log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sealmate
from sealmate import workspace
from tests.cli.conftest import Run

ROOT = Path(sealmate.__file__).resolve().parent.parent


def test_version_and_help(run: Run) -> None:
    assert run("--version").out == f"sealmate {sealmate.__version__}\n"
    told = run("--help")
    assert told.code == 0
    for name in ("ingest", "note", "sources", "edits", "versions", "model", "doctor", "search"):
        assert name in told.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("bogus",), 2),
        (("sources", "show"), 2),
        (("search", "x", "--limit", "0"), 2),
        (("--device", "toaster", "sources"), 2),
        (("--profile", "../else", "sources"), 2),
        (("--home", "~nosuchuser", "sources"), 2),
        (("sources", "show", "99"), 6),
        (("edits", "show", "7"), 6),
        (("versions", "show", "3"), 6),
        (("model", "use", "nonsense"), 7),
        (("edits", "accept"), 2),
        (("edits", "amend", "1"), 2),
        (("edits", "--json", "list", "--state", "odd"), 2),
        (("note", "   "), 5),
        (("note", "\udcff"), 2),
        (("ingest", "/no/such/path"), 5),
    ],
)
def test_bad_input_is_one_clear_line(run: Run, words: tuple[str, ...], code: int) -> None:
    ran = run(*words)
    assert ran.code == code
    first, *rest = ran.err.strip().splitlines()[-2:]
    lines = [line for line in (first, *rest) if line.startswith(("error: ", "hint: ", "failed: "))]
    assert lines, ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words",
    [("sources", "list"), ("conflicts", "list"), ("versions", "list"), ("versions", "verify"),
     ("edits", "list"), ("model", "list")],
)  # fmt: skip
def test_json_may_stand_before_the_sub_command(run: Run, words: tuple[str, str]) -> None:
    group, command = words
    assert run(group, "--json", command).json == run(group, command, "--json").json
    assert not run(group, command).out.startswith(("[", "{"))


def test_the_home_may_be_named_on_the_command_line(run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert run("--home", str(elsewhere), "note", "The bins go out on Monday.").code == 0
    assert (elsewhere / "profiles" / "default" / "sealmate.db").is_file()
    assert run("sources", "--json").json == []
    assert len(run("--home", str(elsewhere), "sources", "--json").json) == 1
    assert run("--home", str(elsewhere), "--profile", "two", "sources", "--json").json == []


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_home_as_user(run: Run, home: Path) -> None:
    home.mkdir(mode=0o500)
    assert run("note", "x y z").code == 3


def test_a_home_that_cannot_be(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("--home", str(tmp_path / "file" / "home"), "note", "The key is under the mat.")
    assert ran.code == 3
    assert "cannot create the folder" in ran.err


def test_settings_that_cannot_be(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    config = home / "config.toml"
    for text in ("rank = 'many'\n", "no such = = toml", "colour = 'red'\n"):
        config.write_text(text)
        ran = run("sources")
        assert ran.code == 2
        assert str(config) in ran.err
    config.unlink()
    monkeypatch.setenv("SEALMATE_RANK", "-1")
    assert "SEALMATE_RANK" in run("sources").err


def test_a_bug_is_one_line_and_its_details_go_into_the_log(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("a pipe burst\nin the cellar")

    monkeypatch.setattr(workspace.Workspace, "open", burst)
    ran = run("sources")
    assert ran.code == 70
    assert "unexpected RuntimeError: a pipe burst\n" in ran.err
    assert "Traceback" not in ran.err
    log = home / "state" / "sealmate.log"
    assert str(log) in ran.err
    assert "in the cellar" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace.Workspace, "open", press)
    assert run("sources").code == 130


def test_a_reader_that_goes_away(run: Run) -> None:
    command = [sys.executable, "-m", "sealmate", "model", "list", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        errors = child.stderr.read()
    assert errors == ""
    assert child.returncode in (1, 141)  # by click, or by us


def test_text_from_notes_cannot_steer_the_terminal(run: Run) -> None:
    assert run("note", "Red \x1b]0;owned\x07 sky \x1b[2J at night.", "--title", "sky").code == 0
    for words in (("sources",), ("sources", "show", "1"), ("search", "sky")):
        out = run(*words).out
        assert "sky" in out
        assert "\x1b" not in out
        assert "\x07" not in out
