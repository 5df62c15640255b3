"""The command line as a whole: options, errors, exit codes, the log."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sealmate
from sealmate import workspace
from sealmate.night import logfile
from sealmate.paths import make_private_dir
from sealmate.store import open_store
from tests.cli.conftest import Ran, Run
from tests.store.test_upgrade import migrations

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
        try:
            raise KeyError("the old pipe")
        except KeyError as error:
            inner = ExceptionGroup("in the house", [ValueError("in the kitchen")])
            error.__cause__ = inner
            raise RuntimeError("a pipe burst\nin the cellar") from error

    monkeypatch.setattr(workspace.Workspace, "open", burst)
    ran = run("sources")
    assert ran.code == 70
    assert "unexpected RuntimeError: a pipe burst\n" in ran.err
    assert "Traceback" not in ran.err
    log = home / "state" / "sealmate.log"
    assert str(log) in ran.err
    text = log.read_text()
    types = [line for line in text.splitlines() if line.startswith("builtins.")]
    assert types == [f"builtins.{name}" for name in
                     ("ExceptionGroup", "ValueError", "KeyError", "RuntimeError")]  # fmt: skip
    assert f'  File "{__file__}", line ' in text
    assert ", in burst\n" in text
    assert "sealmate ['sources']\n" in text


def test_what_an_error_says_is_not_written_into_the_log(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quote(*_: object) -> None:
        note = "the key lies under the blue pot"
        try:
            raise KeyError(note)
        except KeyError as error:
            error.add_note(note)
            raise RuntimeError(f"cannot read {note!r}") from error

    monkeypatch.setattr(workspace.Workspace, "open", quote)
    assert "blue pot" in run("sources").err, "the person may see it"
    assert "blue pot" not in (home / "state" / "sealmate.log").read_text()


def test_the_log_is_private_and_makes_way(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError

    log = home / "state" / "sealmate.log"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 200)
    log.chmod(0o644)
    monkeypatch.setattr(workspace.Workspace, "open", burst)
    run("sources")
    assert log.read_text().startswith("x" * 200)
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(logfile, "_LIMIT", 100)
    run("sources")
    assert log.with_suffix(".old.log").read_text().startswith("x" * 200)
    assert "x" * 200 not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_where_no_log_can_be_written_its_details_are_shown(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("a pipe burst\nin the cellar")

    (home / "state" / "sealmate.log").mkdir(parents=True)
    monkeypatch.setattr(workspace.Workspace, "open", burst)
    ran = run("sources")
    assert ran.code == 70
    assert ran.err.endswith(", in burst\nbuiltins.RuntimeError\n")
    assert "in the cellar" not in ran.err


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


def child(home: Path, *words: str, streams: str = "") -> subprocess.CompletedProcess[str]:
    """A command line in a process of its own; `streams` changes its streams in the shell."""
    line = shlex.join([sys.executable, "-m", "sealmate", *words])
    return subprocess.run(
        ["sh", "-c", f"{line} {streams}"],
        cwd=ROOT, text=True, capture_output=True, timeout=120, check=False,
        env={**os.environ, "SEALMATE_HOME": str(home)},
    )  # fmt: skip


posix = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("sources",), ("model", "list", "--json"), ("--help",)])
def test_a_full_disk_behind_the_output(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    ran = child(home, *words, streams="> /dev/full")
    assert ran.stderr == "error: cannot write the output: No space left on device\n"
    assert ran.returncode == 1


@posix
@pytest.mark.parametrize("words", [("sources",), ("model", "list", "--json"), ("--help",)])
def test_a_reader_that_goes_away_is_told_quietly(home: Path, words: tuple[str, ...]) -> None:
    line = shlex.join([sys.executable, "-m", "sealmate", *words])
    ran = subprocess.run(
        ["sh", "-c", f"({line}; echo $? >&2) | true"], cwd=ROOT, text=True, capture_output=True,
        env={**os.environ, "SEALMATE_HOME": str(home)}, check=False, timeout=120,
    )  # fmt: skip
    assert ran.stderr == "141\n"


@posix
def test_streams_that_are_closed(home: Path) -> None:
    for words in (("note", "-"), ("ask", "-")):
        ran = child(home, *words, streams="<&-")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("error: standard input is closed\n")
    for closed in (">&-", "2>&-", "<&- >&- 2>&-", "2> /dev/full"):
        ran = child(home, "note", "The bins go out on Monday.", streams=closed)
        assert (ran.returncode, ran.stderr) == (0, "")
    assert child(home, "sources", "--json", streams="2>&- <&-").stdout.count('"id": 1') == 1


@posix
def test_without_a_terminal_there_is_no_terminal_ui(home: Path) -> None:
    for how in ("< /dev/null", "<&-", "| cat"):
        ran = child(home, streams=how)
        assert ran.returncode == (0 if "|" in how else 2)
        assert ran.stdout == ""
        assert ran.stderr == "error: the terminal UI needs a terminal\nhint: see sealmate --help\n"
    assert not home.exists()


def test_ctrl_c_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workspace.Workspace, "open", press)
    assert run("sources") == Ran(130, "", "stopped\n")
    assert run("ingest", "/tmp") == Ran(130, "", "stopped; what was read so far is kept\n")
    monkeypatch.setattr("sealmate.cli.commands.build", press)
    assert run("sources") == Ran(130, "", "stopped\n")


@posix
def test_ctrl_c_while_it_still_starts(home: Path, tmp_path: Path) -> None:
    """typer is one that presses Ctrl-C when it is imported."""
    (tmp_path / "typer.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    code = (
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\nfrom sealmate.cli.app import main\n"
        "main(['sources'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=False,
        timeout=60, env={**os.environ, "SEALMATE_HOME": str(home)},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "stopped\n")


def test_an_empty_home_is_none(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("--home", "", "sources")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: the home is empty")
    monkeypatch.setenv("SEALMATE_HOME", "")
    assert run("sources").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_listing_leaves_a_folder_of_other_things_alone(run: Run, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "theirs").write_text("")
    ran = run("--home", str(shared), "sources")
    assert ran.code == 3
    assert f"{shared} is open to others and holds other files" in ran.err
    assert shared.stat().st_mode & 0o7777 == 0o1777


def test_options_that_go_before_the_command(run: Run) -> None:
    ran = run("sources", "list", "--home", "/somewhere")
    assert ran.code == 2
    assert ran.err.endswith("hint: --home goes before the command; see sealmate --help\n")
    assert "before" not in run("sources", "list", "--hone").err


def test_an_upgrade_is_told_of(run: Run, home: Path, tmp_path: Path) -> None:
    place = home / "profiles" / "default"
    make_private_dir(place)
    old = migrations(tmp_path / "old", "0003")
    open_store(
        place / "sealmate.db", place / "backups", clock=workspace.utc_now, migrations=old
    ).close()
    said = run("sources", "--json").err
    (copy,) = (place / "backups").iterdir()
    assert said == (
        f"note: the database was upgraded for this release; as it was it is in {copy}\n"
    )
    assert run("sources", "--json").err == ""


def test_a_profile_that_is_new_is_told_of(run: Run) -> None:
    run("note", "The bins go out on Monday.")
    ran = run("--profile", "defualt", "sources", "--json")
    assert ran.err == "note: the profile defualt is new; there were: default\n"
    assert ran.json == []
    assert run("--profile", "defualt", "sources").err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sources", "show"), 6),
        (("edits", "show"), 6),
        (("edits", "accept"), 6),
        (("versions", "show"), 6),
        (("versions", "rollback"), 6),
        (("conflicts", "accept"), 6),
        (("report", "--run"), 6),
        (("forget", "--yes"), 6),
        (("search", "x", "--limit"), 2),
    ],
)
def test_a_number_that_is_too_large(run: Run, words: tuple[str, ...], code: int) -> None:
    ran = run(*words, str(2**63))
    assert ran.code == code
    assert "Python" not in ran.err
    assert "hint: " in ran.err or "no such id" in ran.err
