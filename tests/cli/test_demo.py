"""`sealmate demo` as a person runs it, with a night that publishes at once."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sealmate import demo
from sealmate.cli.demo import _refuse_unwritable, _settings
from sealmate.errors import HomeError
from tests.cli.conftest import Run
from tests.demonight import publishing
from tests.tiny import build_adapter

KEYS = {
    "model", "quantization", "notes", "edits_written", "edits_kept", "questions", "recall_before",
    "recall_after", "recall_rolled_back", "logits_restored_exactly", "seconds",
}  # fmt: skip


@pytest.fixture
def quick(tmp_path: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model to use; the night publishes an adapter of random numbers for it."""
    night = publishing(build_adapter(tmp_path / "adapter", tiny_model_folder), ["Who is it?"])
    monkeypatch.setenv("SEALMATE_ANSWER_TOKENS", "8")  # a random model never stops by itself
    monkeypatch.setattr(demo, "run", functools.partial(demo.run, night=night))
    return tiny_model_folder


def test_json(run: Run, quick: Path, home: Path) -> None:
    ran = run("--model", str(quick), "demo", "--json")
    assert ran.code == 0, ran.err
    assert ran.json.keys() >= KEYS
    assert ran.json["logits_restored_exactly"] is True
    assert ran.json["recall_rolled_back"] == ran.json["recall_before"]
    # Each step is told as it happens, beside the document.
    for number in range(1, 7):
        assert f"\n{number}. " in ran.err
    assert not home.exists(), "the person's own home is not touched"


def test_a_home_that_is_kept(run: Run, quick: Path, tmp_path: Path) -> None:
    kept, picture = tmp_path / "kept here", tmp_path / "demo.svg"
    words = ("--model", str(quick), "demo", "--home", str(kept))
    ran = run(*words, "--picture", str(picture))
    assert ran.code == 0, ran.err
    assert "restored bit for bit" in ran.out
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    versions = run("--home", str(kept), "versions", "list", "--json").json
    assert [(version["number"], version["active"]) for version in versions] == [(1, False)]
    again = run(*words)
    assert again.code == 2
    assert "already holds notes" in again.err


def test_of_the_persons_settings_only_the_models_hold(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEALMATE_MODELS")
    monkeypatch.setenv("SEALMATE_REVIEW", "true")
    home.mkdir()
    (home / "config.toml").write_text(f'models = "{tmp_path}"\nmodel = "qwen3-8b"\nrank = 4\n')

    class Context:
        def find_object(self, kind: type) -> None:
            return None

    settings = _settings(Context(), tmp_path / "other")  # type: ignore[arg-type]
    assert (settings.home, settings.models) == (tmp_path / "other", tmp_path)
    assert (settings.model, settings.rank, settings.review) == ("smollm2-135m", 32, False)


@pytest.mark.parametrize("name", ["none/x.svg", ".", "file/x.svg"])
def test_a_picture_that_cannot_be_is_refused_before_the_work(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(demo, "run", lambda *_, **__: pytest.fail("it began"))
    refused = run("demo", "--picture", str(tmp_path / name))
    assert refused.code == 3
    assert refused.err.startswith(f"error: cannot write {tmp_path / name}: ")
    assert refused.out == ""


def test_the_look_at_a_picture_leaves_nothing(tmp_path: Path) -> None:
    old, new, link, home = (tmp_path / name for name in ("old", "new", "link", "home"))
    old.write_text("a picture")
    link.symlink_to(new)
    for place in (old, new, link, Path(os.devnull)):
        _refuse_unwritable(place, None)
    _refuse_unwritable(home / "demo.svg", home)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "old"]
    assert old.read_text() == "a picture"
    with pytest.raises(HomeError):
        _refuse_unwritable(home / "deep" / "demo.svg", home)
