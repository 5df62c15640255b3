"""Bad input at the command line: one clear line, an exit code of its own, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.home import Home, Ran

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")

# root reads and writes everywhere but for this capability, which the next program lacks then.
AS_ANYBODY = """
import ctypes, os, sys
if os.getuid() == 0:
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            sys.exit(99)
os.execv(sys.executable, [sys.executable, "-m", "sealmate", *sys.argv[1:]])
"""


def as_anybody(home: Home, *words: str) -> Ran:
    """Run a command line for which permissions count."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ANYBODY, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=home.environment(),
    )
    if done.returncode == 99:
        pytest.skip("root cannot give up its rights here")
    return Ran(done.returncode, done.stdout, done.stderr)


def test_files_that_cannot_be_read(empty: Home, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\n")
    with zipfile.ZipFile(folder / "other.docx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    (folder / "picture.txt").write_bytes(bytes(range(256)) * 64)
    (folder / "nothing.md").write_bytes(b"")
    (folder / "good.md").write_text("# Rex\n\nRex is the dog of the lighthouse.\n")
    if sys.platform != "win32":
        (folder / "round").symlink_to(folder, target_is_directory=True)
    gone = tmp_path / "gone.txt"
    done = empty.run("ingest", str(folder), str(gone), "--json", code=5)
    result = json.loads(done.out)
    reasons = {Path(failure["path"]).name: failure["reason"] for failure in result["failed"]}
    assert set(reasons) == {"cut.pdf", "other.docx", "picture.txt", "nothing.md", "gone.txt"}
    for name, reason in reasons.items():
        assert name in reason
        assert "\n" not in reason
    assert "word/document.xml" in reasons["other.docx"]
    assert "empty" in reasons["nothing.md"]
    # The good one went in, once, although the folder holds itself.
    assert (result["added"], len(result["sources"])) == (1, 1)
    assert empty.run("search", "lighthouse", "--json").json[0]["title"] == "Rex"
    # In words: a line for each, by name.
    shown = empty.run("ingest", str(folder), str(gone), code=5)
    assert shown.out == "0 added, 1 unchanged, 5 failed (0 new passages)\n"
    lines = [line for line in shown.err.splitlines() if line.startswith("failed: ")]
    assert len(lines) == 5


@pytest.mark.parametrize("content", [b"", b"  \n\n ", bytes(range(256))])
def test_standard_input_that_is_no_text(empty: Home, content: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sealmate", "note", "-"],
        input=content, capture_output=True, check=False, env=empty.environment(),
    )  # fmt: skip
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert ran.refused(5)


def test_a_home_below_a_file(empty: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = Home(tmp_path / "file" / "home").run("note", "Rex is the dog.", code=None).refused(3)
    assert str(tmp_path / "file") in refused


@POSIX
def test_a_read_only_home(empty: Home) -> None:
    empty.run("note", "Rex is the dog.")
    parts = [empty.folder, *(path for path in empty.folder.rglob("*") if path.is_dir())]
    for path in [p for p in empty.folder.rglob("*") if p.is_file()]:
        path.chmod(0o400)
    for path in reversed(parts):
        path.chmod(0o500)
    try:
        ran = as_anybody(empty, "note", "Mia is the cat.")
        assert ran.code in (3, 4)
        assert ran.refused(ran.code)
    finally:
        for path in parts:
            path.chmod(0o700)
        for path in [p for p in empty.folder.rglob("*") if p.is_file()]:
            path.chmod(0o600)
    assert len(empty.run("sources", "list", "--json").json) == 1


@POSIX
def test_a_file_that_may_not_be_read(empty: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Rex is the dog.")
    secret.chmod(0)
    ran = as_anybody(empty, "ingest", str(secret))
    assert ran.code == 5
    assert "secret.txt" in ran.err


def test_a_database_from_the_future(empty: Home) -> None:
    empty.run("note", "Rex is the dog.")
    database = empty.paths.database
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    connection.close()
    before = database.read_bytes()
    refused = empty.run("sources", "list", code=None).refused(4)
    assert "9999_of_tomorrow" in refused
    assert database.read_bytes() == before


def test_a_database_that_is_none(empty: Home) -> None:
    empty.run("sources", "list")
    database = empty.paths.database
    for beside in database.parent.glob("sealmate.db-*"):
        beside.unlink()
    database.write_bytes(b"not a database at all, " * 400)
    before = database.read_bytes()
    assert str(database) in empty.run("sources", "list", code=None).refused(4)
    assert database.read_bytes() == before


def test_models_that_cannot_be_had(empty: Home, tmp_path: Path) -> None:
    empty.run("note", "Rex is the dog.")
    unknown = empty.run("--model", "no such model", "ask", "Who?", code=None)
    assert "no such model" in unknown.refused(7)
    absent = empty.run("model", "fetch", "--offline", code=None)
    assert "smollm2-135m" in absent.refused(7)
    assert "hint: put " in absent.err
    bare = tmp_path / "bare"
    bare.mkdir()
    assert "config.json" in empty.run("--model", str(bare), "ask", "Who?", code=None).refused(7)
    hub = empty.run("--model", "someone/something", "model", "fetch", "--offline", code=None)
    assert "someone/something" in hub.refused(7)


def test_the_absent_model_where_nothing_answers(empty: Home) -> None:
    empty.run("note", "Rex is the dog.")
    ran = empty.run("ask", "Who is the dog?", code=None)
    assert (ran.code, ran.out) == (7, "")
    (error,) = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert "smollm2-135m" in error
    ran = empty.run("consolidate", "--json", code=None)
    assert ran.code == 7
    assert json.loads(ran.out)["outcome"] == "failed"
    assert empty.run("search", "Rex", "--json").json  # nothing lost


def test_a_model_without_a_chat_template(
    empty: Home, tiny_model_folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "mute"
    shutil.copytree(tiny_model_folder, model)
    (model / "chat_template.jinja").unlink(missing_ok=True)
    config = json.loads((model / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (model / "tokenizer_config.json").write_text(json.dumps(config))
    ran = empty.run("--model", str(model), "--device", "cpu", "ask", "Who?", code=None)
    assert ran.code == 7
    (error,) = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert "chat template" in error


def test_words_and_settings_that_cannot_be(empty: Home) -> None:
    assert empty.run("frobnicate", code=None).refused(2)
    assert "profile" in empty.run("--profile", "../x", "sources", code=None).refused(2)
    empty.folder.mkdir(exist_ok=True)
    config = empty.folder / "config.toml"
    config.write_text("rank = 'many'\n")
    assert "rank" in empty.run("sources", code=None).refused(2)
    config.write_text("rank = = 3\n")
    assert os.fspath(config) in empty.run("sources", code=None).refused(2)
