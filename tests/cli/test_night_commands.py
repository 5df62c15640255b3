"""`consolidate`, `night` and `report` as a person runs them; the worker's target is a stand-in."""

from __future__ import annotations

import functools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sealmate.cli.app import run_command
from sealmate.errors import BusyError
from sealmate.model.gpu import Gpu
from sealmate.night import gpu, job
from sealmate.night.job import RESULT_KEYS
from sealmate.settings import Settings
from sealmate.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
REPOSITORY = Path(__file__).parents[2]
STANDIN = "tests.night.standin:"
BOOT = (
    "import functools, sys, sealmate.night.job as job\n"
    "job.run_night = functools.partial(job.run_night, target=sys.argv.pop(1))\n"
    "from sealmate.cli.app import main\n"
    "main()\n"
)


class Person:
    """Runs command lines in a home of its own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.home = home
        self._patch = monkeypatch
        self._capsys = capsys

    def target(self, name: str) -> None:
        stood_in = functools.partial(job.run_night, target=STANDIN + name)
        self._patch.setattr(job, "run_night", stood_in)

    def run(self, *words: str) -> tuple[int, str, str]:
        code = run_command(["--home", str(self.home), *words])
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Person:
    return Person(tmp_path / "home", monkeypatch, capsys)


def test_json_is_one_line(person: Person) -> None:
    person.target("publish")
    code, out, err = person.run("consolidate", "--budget", "2h", "--json")
    assert code == 0
    (line,) = out.splitlines()
    result = json.loads(line)
    assert tuple(result) == RESULT_KEYS
    assert (result["run"], result["outcome"], result["version"]) == (1, "published", 1)
    assert "version 1 is active" in err
    code, out, _ = person.run("report", "--json")
    report = json.loads(out)
    assert (code, report["run"], report["cost"]["tokens"]) == (0, 1, 100)


def test_in_words(person: Person) -> None:
    person.target("publish")
    code, out, err = person.run("consolidate", "--budget", "90s")
    assert code == 0
    assert out.startswith("night 1: version 1 is active; wrote 3 self-edits (")
    assert "gate: passed" in err
    code, out, _ = person.run("report")
    assert (code, out.splitlines()[1]) == (0, "The night published version 1.")
    code, out, _ = person.run("report", "--run", "1", "--markdown")
    assert out.startswith("# Night 1")
    code, out, _ = person.run("report", "--list", "--json")
    assert json.loads(out)[0]["outcome"] == "published"
    assert "published" in person.run("report", "--list")[1]


def test_a_failure_has_its_own_code(person: Person) -> None:
    person.target("refused")
    code, out, err = person.run("consolidate", "--json")
    assert code == 7
    assert json.loads(out)["outcome"] == "failed"
    assert err.endswith("error: the model is corrupt\nhint: fetch it again\n")
    assert err.count("the model is corrupt") == 1


def test_before_the_first_night(person: Person) -> None:
    assert person.run("report") == (0, "no night has run yet: sealmate consolidate\n", "")
    assert person.run("report", "--json") == (0, "{}\n", "")
    assert person.run("report", "--list", "--json") == (0, "[]\n", "")
    code, out, err = person.run("report", "--run", "7")
    assert (code, out) == (6, "")
    assert "there is no night 7" in err


@pytest.mark.parametrize(
    "words",
    [
        ("consolidate", "--budget", "soon"),
        ("consolidate", "--rebuild", "--only-write"),
        ("night", "--wait", "long"),
        ("night", "--budget", "soon"),
        ("report", "--markdown", "--json"),
        ("report", "--run", "1", "--list"),
        ("report", "--run", "one"),
    ],
)
def test_wrong_words(person: Person, words: tuple[str, ...]) -> None:
    code, out, err = person.run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_the_night_waits_for_the_gpu(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = functools.partial(
        gpu.wait_until_idle, look=lambda: [Gpu("H200", 139.0, 2.0, 0.9)], every=0.01
    )
    monkeypatch.setattr(gpu, "wait_until_idle", busy)
    person.target("publish")
    code, out, err = person.run("night", "--wait", "1s", "--json")
    assert (code, out) == (9, "")
    assert "the GPU was still busy after 1 s" in err
    assert "the GPU was still busy" in person.run("report")[1]
    code, out, _ = person.run("night", "--wait", "0")
    assert code == 0
    assert out.startswith("night 2: version 1 is active")
    assert person.run("--device", "cpu", "night")[0] == 0


def test_a_night_beside_another_does_not_wait_for_the_gpu(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps the GPU is that other night."""
    monkeypatch.setattr(gpu, "wait_until_idle", lambda *_: 1 / 0)
    with Workspace.open(Settings(home=person.home)) as workspace:
        steps = job.run_night(workspace, target=STANDIN + "wait", cancel=(cancel := Event()))
        next(steps)
        code, out, err = person.run("night", "--json")
        assert (code, out) == (9, "")
        assert "error: another night is running (process " in err
        assert len(workspace.store.runs.list()) == 1
        cancel.set()
        list(steps)


def test_a_night_that_another_kept_from_the_gpu_leaves_no_run(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel = Event()
    with Workspace.open(Settings(home=person.home)) as workspace:
        steps = job.run_night(workspace, target=STANDIN + "wait", cancel=cancel)

        def busy(*_: Any) -> Iterator[Any]:
            yield next(steps)
            raise BusyError("the GPU was still busy after 3 h")

        monkeypatch.setattr(gpu, "wait_until_idle", busy)
        code, out, err = person.run("night", "--json")
        assert (code, out) == (9, "")
        assert "error: another night is running (process " in err
        assert len(workspace.store.runs.list()) == 1
        cancel.set()
        list(steps)
    assert "asked to" in person.run("report")[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["consolidate", "night"])
def test_ctrl_c_in_a_real_process(tmp_path: Path, number: signal.Signals, command: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BOOT, STANDIN + "wait", "--home", str(tmp_path / "home"),
         "--device", "cpu", command, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("train:")
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    (line,) = out.splitlines()
    assert json.loads(line)["outcome"] == "stopped"
    assert err.splitlines()[-1] == "stopped; it goes on next time"
    assert "saved" in err
