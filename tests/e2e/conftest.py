"""One home, taught by a real night on the real small model, for all tests that need one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.home import NOTES, QUESTIONS, SETTINGS, Home, Ran

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


@dataclass(frozen=True)
class Trained:
    """A home after its first night; not to be written to. `before` and `after` are the facts of
    the closed-book answers to QUESTIONS, `night` the line of `consolidate --json`."""

    home: Home
    notes: Path
    ingested: dict[str, Any]
    before: list[Any]
    night: dict[str, Any]
    log: str
    after: list[Any]
    again: Ran

    def copy(self, folder: Path) -> Home:
        """The same home elsewhere, to be spoilt."""
        return self.home.copy(folder / "copy")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """About two minutes on two idle cores, once a run; fetches the model where it is absent."""
    root = tmp_path_factory.mktemp("e2e")
    home = Home(root / "home")
    home.folder.mkdir()
    (home.folder / "config.toml").write_text(SETTINGS)
    notes = root / "notes"
    notes.mkdir()
    for name, text in NOTES.items():
        (notes / name).write_text(text, encoding="utf-8")
    home.run("model", "fetch", "--json")
    ingested = home.run("ingest", str(notes), "--json").json
    asked = [question for question, _, _ in QUESTIONS]
    before = home.ask(asked, "--closed-book")
    night = home.run("consolidate", "--json", code=None)
    if night.json["outcome"] != "published":
        pytest.fail(f"the night published nothing: {night.json}\n{night.err}", pytrace=False)
    after = home.ask(asked, "--closed-book")
    again = home.run("consolidate", "--json")
    return Trained(home, notes, ingested, before, night.json, night.err, after, again)


@pytest.fixture(scope="session")
def mind(trained: Trained) -> Iterator[LocalModel]:
    """The small model on its writer, loaded once in this process; leave nothing attached."""
    with trained.home.workspace() as workspace:
        yield workspace.model()


@pytest.fixture
def spoilt(trained: Trained, tmp_path: Path) -> Home:
    """A copy of the trained home that a test may change."""
    return trained.copy(tmp_path)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that does not exist yet, with an empty cache of models and no network."""
    monkeypatch.setenv("SEALMATE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in [key for key in os.environ if key.startswith("SEALMATE_")]:
        if name != "SEALMATE_MODELS":
            monkeypatch.delenv(name)
    return Home(tmp_path / "home")
