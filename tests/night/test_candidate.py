"""Checkpoints of stopped nights: which of them a new trainer leaves, on real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sealmate.errors import Cancelled
from sealmate.night import selection
from sealmate.night.candidate import trainer_for
from sealmate.night.selection import Choice
from sealmate.night.sharding import Session
from sealmate.training.loop import Recipe, Trainer
from sealmate.versions.shards import Shard
from tests.training.examples import some_examples
from tests.versions.build import Lab

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

RECIPE = Recipe(rank=4, alpha=4, passes=2.0, tokens=256)


class Nights:
    """Sessions of nights, each of one plan and cut off as soon as it has begun."""

    def __init__(self, lab: Lab, model: LocalModel) -> None:
        self.lab, self.model = lab, model
        self.empty = selection.choose(lab.store, selection.Settings(), rebuild=False)

    @property
    def work(self) -> Path:
        return self.lab.paths.work

    @property
    def kept(self) -> set[str]:
        return {file.name for file in self.work.iterdir()}

    def trainer(self, active: int, shard: str = "", seed: int = 1) -> Trainer:
        """For a plan beside that active version; `seed` stands for what there is to learn."""
        session = Session(shard=Shard(shard, "", (), "") if shard else None)
        choice: Choice = replace(self.empty, active=active, session=session)
        self.cancel = Event()
        home: Any = SimpleNamespace(paths=self.lab.paths)
        if "candidate" in self.model.attached:
            self.model.detach("candidate")
        examples = some_examples(seed, 8)
        return trainer_for(home, self.model, choice, RECIPE, examples, (), self.cancel)

    def cut(self, active: int, shard: str = "", seed: int = 1) -> str:
        """The checkpoint that such a session leaves."""
        trainer = self.trainer(active, shard, seed)
        steps = iter(trainer.run(every=1))
        assert next(steps).step == 1
        self.cancel.set()
        with pytest.raises(Cancelled):
            next(steps)
        path = trainer._checkpoint
        assert path is not None
        assert path.is_file()
        return path.name

    def resumes(self, active: int, shard: str = "", seed: int = 1) -> bool:
        """Whether such a session goes on where it was cut."""
        return next(iter(self.trainer(active, shard, seed).run(every=1))).step > 1


@pytest.fixture
def nights(lab: Lab, model: LocalModel) -> Nights:
    return Nights(lab, model)


def test_a_note_more_makes_the_checkpoint_useless(nights: Nights) -> None:
    nights.cut(1, "1")
    later = nights.cut(1, "1", seed=2)
    assert nights.kept == {later}
    assert nights.resumes(1, "1", seed=2)


def test_a_night_goes_on_with_its_own(nights: Nights) -> None:
    mine = nights.cut(0)
    assert nights.resumes(0)
    assert nights.kept == {mine}


def test_a_version_since_makes_it_useless_whatever_it_trained(nights: Nights) -> None:
    nights.cut(1, "1")
    nights.cut(1, "2")
    nights.cut(1)
    assert len(nights.kept) == 3
    last = nights.cut(2, "1")
    assert nights.kept == {last}


def test_a_night_that_was_cut_in_its_second_session_goes_on_there(nights: Nights) -> None:
    """The gate had refused the first, so it stands on the same version, and comes first again."""
    second = nights.cut(1, "2")
    first = nights.trainer(1, "1", seed=2)
    list(first.run())
    first.forget_checkpoint()
    nights.trainer(1, seed=3)
    assert nights.kept == {second}
    assert nights.resumes(1, "2")


def test_what_a_crash_left_and_what_had_another_name_goes_overwritten(nights: Nights) -> None:
    mine = nights.cut(1, "1")
    old = nights.work / "night-0123456789abcdef.safetensors"
    (nights.work / mine).rename(old)
    part = nights.work / f"{mine}.part"
    part.write_bytes(b"half a checkpoint")
    beside = nights.work / "candidate"
    beside.mkdir()
    with old.open("rb") as one, part.open("rb") as other:
        nights.trainer(1, "1")
        assert not any(one.read())
        assert not any(other.read())
    assert nights.kept == {"candidate"}


def test_one_that_cannot_be_deleted_stops_nothing(nights: Nights) -> None:
    (nights.work / "night-0-x-new-0.safetensors").mkdir()
    assert nights.cut(1) in nights.kept
