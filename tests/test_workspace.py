"""The composition root: everything at first use, nothing before."""

from __future__ import annotations

import json
import shutil
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from sealmate.child import own_module
from sealmate.errors import ModelError
from sealmate.paths import bundled
from sealmate.settings import load_settings
from sealmate.workspace import Workspace, base_id, estimate_tokens

AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("SEALMATE_MODELS", str(tmp_path / "models"))


def model_folder(path: Path) -> Path:
    path.mkdir()
    tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    tokenizer.save(str(path / "tokenizer.json"))
    (path / "config.json").write_text("{}")
    (path / "model.safetensors").write_bytes(b"")
    return path


def test_opening_touches_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Workspace.open(load_settings(home=home), clock=lambda: AT) as workspace:
        assert workspace.model_folder() is None
        assert not workspace.model_loaded
        assert workspace.model_id == "smollm2-135m"
        assert not home.exists()
        assert workspace.store is workspace.store
        assert workspace.paths.database.is_file()
        assert workspace.clock() == AT


def test_tokens_are_counted_as_the_model_does(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine")
    with Workspace.open(load_settings(home=tmp_path / "home", model=str(folder))) as workspace:
        count = workspace.count_tokens()
        assert [count(text) for text in ("", "a", "a b c", "a b a b a b")] == [0, 1, 3, 6]
        assert workspace.model_id == str(folder)


def test_tokens_are_estimated_until_there_is_a_model(tmp_path: Path) -> None:
    with Workspace.open(load_settings(home=tmp_path / "home")) as workspace:
        assert workspace.count_tokens() is estimate_tokens
        folder = tmp_path / "models" / "smollm2-135m"
        folder.parent.mkdir()
        model_folder(folder)
        (folder / "provenance.json").write_text(json.dumps({"files": {}}))
        assert workspace.model_folder() == folder
        assert workspace.count_tokens()("a b") == 2
    assert estimate_tokens("") == 0
    assert estimate_tokens("one two three four five") == 7
    assert estimate_tokens("x" * 600) == 100


def test_a_model_that_is_absent_offline(tmp_path: Path) -> None:
    with Workspace.open(load_settings(home=tmp_path / "home")) as workspace:
        steps = workspace.fetch_model(offline=True)
        with pytest.raises(ModelError, match="not on this computer"):
            next(steps)


def test_a_model_that_is_dropped_is_nobody_s_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    given_back: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: given_back.append(held() is None))

    class Model:
        def __init__(self) -> None:
            self.itself = self  # as a model and its adapters hold each other

    with Workspace.open(load_settings(home=tmp_path / "home")) as workspace:
        workspace._model = Model()  # type: ignore[assignment]
        held = weakref.ref(workspace._model)
        assert workspace.model_loaded
        workspace.drop_model()
        assert not workspace.model_loaded
        assert given_back == [True]
        workspace.drop_model()


def test_base_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert base_id("SmolLM2-135M") == "smollm2-135m"
    assert base_id("someone/chat") == "someone/chat"
    assert base_id("mine") == str(tmp_path / "mine")


def test_own_modules_are_not_looked_for_in_the_current_folder(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong json')")
    (tmp_path / "sealmate.py").write_text("raise RuntimeError('the wrong sealmate')")
    done = subprocess.run(
        own_module("sealmate", "--version"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("sealmate ")


def test_a_reader_is_used_on_the_writer_it_was_taught_on_and_on_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(load_settings(home=tmp_path / "home"))
    shipped = bundled("assets")
    assert workspace.reader_folder() == shipped / "reader" / "smollm2-135m"
    assert workspace.writer_folder() == shipped / "writer" / "smollm2-135m"
    assets = tmp_path / "assets"
    for role in ("writer", "reader"):
        shutil.copytree(shipped / role, assets / role)
    monkeypatch.setattr("sealmate.workspace.bundled", lambda _: assets)
    assert workspace.reader_folder() == assets / "reader" / "smollm2-135m"
    writer = assets / "writer" / "smollm2-135m" / "adapter_model.safetensors"
    writer.write_bytes(writer.read_bytes() + b"0")
    assert workspace.reader_folder() is None
    writer.unlink()
    assert workspace.reader_folder() is None
    other = Workspace.open(load_settings(home=tmp_path / "home", model=str(tmp_path)))
    assert other.reader_folder() is None
