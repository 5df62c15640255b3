"""Nights over several shards, on the tiny model: isolated, rebuilt one by one, and forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sealmate.night.backlog import WAITING
from sealmate.night.forgetting import forget
from sealmate.versions.attach import attach_version
from sealmate.versions.check import survey
from sealmate.versions.shards import shards_of
from tests.e2e.test_repeat import Sleeper, few_strangers
from tests.store.build import START, Clock
from tests.tiny import open_tiny

FACTS = [
    {"Rex is the dog of the lighthouse.": (("Who is the dog of the lighthouse?", "Rex"),)},
    {"Mia is the cat of the mill.": (("Who is the cat of the mill?", "Mia"),)},
    {"Bo is the fish of the pond.": (("Who is the fish of the pond?", "Bo"),)},
]


__all__ = ["few_strangers"]
SHARDS = {"shard_passages": 2, "rebuilds": 2}


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Path:
    """Three nights of a note each, two notes a shard: version 3 has two shards. To be copied."""
    folder = tmp_path_factory.mktemp("nights") / "home"
    sleeper = Sleeper(folder, tiny_model_folder, **SHARDS)
    for number, facts in enumerate(FACTS, 1):
        sleeper.teach(facts)
        assert sleeper.sleep()["version"] == number
    sleeper.workspace.close()
    return folder


@pytest.fixture
def home(three_nights: Path, tmp_path: Path, tiny_model_folder: Path) -> Iterator[Sleeper]:
    folder = shutil.copytree(three_nights, tmp_path / "home")
    # a day later than all that happened there
    sleeper = Sleeper(folder, tiny_model_folder, Clock(START + timedelta(days=1)), **SHARDS)
    yield sleeper
    sleeper.workspace.close()


def held(home: Sleeper, number: int) -> dict[str, tuple[int, ...]]:
    store = home.workspace.store
    return {n: shard.edits for n, shard in shards_of(store, store.versions.get(number)).items()}


def test_each_night_trains_one_shard_and_leaves_the_others(home: Sleeper) -> None:
    assert [held(home, number) for number in (1, 2, 3)] == [
        {"1": (1,)}, {"2": (1, 2)}, {"3": (3,), "2": (1, 2)},
    ]  # fmt: skip
    store, paths = home.workspace.store, home.workspace.paths
    kinds = [version.manifest["kind"] for version in store.versions.list()]
    assert kinds == ["rebuild", "warm", "added"]
    assert [v.manifest["warm_nights"] for v in store.versions.list()] == [0, 1, 0]
    model = open_tiny(home.model_folder, home.scratch)
    attach_version(model, store, paths, 2)
    before = model.fingerprint_logits(adapter="v2")
    model.detach("v2")
    attach_version(model, store, paths, 3)
    assert model.parts("v3") == ("v3", "v2")
    assert model.fingerprint_logits(adapter="v2") == before
    assert home.sleep()["outcome"] == "nothing"


def test_a_rebuild_takes_up_where_it_was_stopped(home: Sleeper) -> None:
    store = home.workspace.store
    store.state.set(WAITING, ["2", "3"])
    first = home.sleep(stop_at=1)
    assert first["outcome"] == "stopped"
    assert store.state.get(WAITING) == ["2", "3"]
    done = home.sleep()
    assert (done["outcome"], done["version"]) == ("published", 5)
    assert held(home, 5) == {"5": (1, 2), "4": (3,)} or held(home, 5) == {"5": (3,), "4": (1, 2)}
    assert store.state.get(WAITING) is None
    assert home.sleep(rebuild=True)["version"] == 7
    assert sorted(held(home, 7).values()) == [(1, 2), (3,)]


def test_forgetting_one_note_leaves_the_other_shard_as_it_is(home: Sleeper) -> None:
    store, paths = home.workspace.store, home.workspace.paths
    other = store.versions.get(3).sha256
    source = store.passages.get(1).source_id
    done = forget(store, paths, [source], home.workspace.clock)
    assert (done.active, done.reduced, done.purged) == (4, 4, (1, 2, 3))
    assert held(home, 4) == {"3": (3,)}
    assert store.versions.get(4).sha256 == other
    result = home.sleep()
    assert (result["outcome"], result["version"]) == ("published", 5)
    # the cat, which was learnt together with the dog, is learnt again, where there is room
    assert held(home, 5) == {"5": (2, 3)}
    assert survey(store, paths) == []


def test_a_budget_of_tokens_is_shared_by_the_sessions_of_a_night(home: Sleeper) -> None:
    store = home.workspace.store
    store.edits.set_state([1], "rejected", "person", "wrong")
    for facts in ({f"Note {n}.": ((f"Which note is {n}?", f"{n}"),)} for n in range(10, 13)):
        home.teach(facts)
    result = home.sleep()
    assert result["outcome"] == "published"
    edits = {key for held_ in held(home, result["version"]).values() for key in held_}
    assert edits == {edit.id for edit in store.edits.trainable()}
    assert all(len(part) <= 3 for part in held(home, result["version"]).values())
