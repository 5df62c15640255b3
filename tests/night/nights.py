"""Nights on a real ledger with real versions, in which nothing is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from sealmate.errors import Cancelled
from sealmate.events import Loss
from sealmate.model.scripted import ScriptedModel
from sealmate.night import consolidation
from sealmate.night.candidate import CANDIDATE, checkpoint_of
from sealmate.night.selection import Choice
from sealmate.prompts import DONT_KNOW
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.versions.shards import shards_of
from tests.night.ledger import MARCH, note, teach
from tests.versions.build import Lab, adapter


@dataclass
class Session:
    """What one was about, and how many adapters were attached while it was trained."""

    choice: Choice
    attached: int = 0

    @property
    def shard(self) -> str:
        return self.choice.session.shard.name if self.choice.session.shard else "new"

    @property
    def new(self) -> list[int]:
        return [edit.id for edit in self.choice.new]

    @property
    def trained(self) -> set[int]:
        return {edit.id for edit in (*self.choice.new, *self.choice.replay)}


class Model(ScriptedModel):
    """Knows nothing, and is the same with any adapter."""

    def __init__(self) -> None:
        super().__init__(reply=lambda *_: DONT_KNOW)

    def fingerprint_logits(self, *, adapter: str | None = None) -> tuple[float, ...]:
        return (0.0, 0.0)


class _Trainer:
    """Leaves the checkpoint of one that was cut off, or an adapter of random numbers."""

    name = CANDIDATE

    def __init__(self, nights: Nights, session: Session, checkpoint: Path) -> None:
        self.nights, self.session, self.checkpoint = nights, session, checkpoint

    def plan(self) -> list[int]:
        return [1]

    def run(self) -> Iterator[Loss]:
        self.session.attached = len(self.nights.model.attached)
        self.checkpoint.write_bytes(b"half")
        if self.nights.cut:
            raise Cancelled("stopped")
        yield Loss(1, 1, 0.5, 100, 1.0)

    def save(self, folder: Path, scale: float = 1.0) -> None:
        self.nights.seed += 1
        adapter(folder, self.nights.seed)
        self.nights.model.attach(CANDIDATE, folder)

    def forget_checkpoint(self) -> None:
        self.checkpoint.unlink(missing_ok=True)


class Nights:
    """A home whose gate is `refuses`: the reasons to refuse a choice. Nothing is written."""

    def __init__(self, lab: Lab, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.store, self.paths, self.clock = lab.store, lab.paths, lab.clock
        self.settings = Settings(gate_chat=0, **{"rebuild_days": 0, **settings})
        self.model = Model()
        self.refuses: Callable[[Choice], Sequence[str]] = lambda _: ()
        self.cut, self.seed = False, 100
        self.log: list[Session] = []
        lab.clock.at = MARCH

        def trainer_for(_: object, model: ScriptedModel, choice: Choice, *__: object) -> _Trainer:
            self.log.append(Session(choice))
            work, base = self.paths.work, model.info.fingerprint
            return _Trainer(self, self.log[-1], checkpoint_of(work, choice, base, "0" * 16))

        def weaken(*given: Any) -> Iterator[Any]:
            yield from ()
            return (1.0, *given[-2:])

        monkeypatch.setattr(consolidation, "trainer_for", trainer_for)
        monkeypatch.setattr(
            consolidation, "verdict", lambda *_: tuple(self.refuses(self.log[-1].choice))
        )
        monkeypatch.setattr(consolidation, "weaken", weaken)
        monkeypatch.setattr(consolidation, "write_edits", lambda *_: iter(()))

    def door(self, number: int, wordings: int = 1) -> list[Edit]:
        """A note more, with its edits."""
        place = note(self.store, f"The code of door {number} is K{number}77.", f"door {number}")
        asked = (f"What is the code of door {number} in wording {n}?" for n in range(wordings))
        return teach(self.store, place, *((question, f"K{number}77") for question in asked))

    def night(self, *, rebuild: bool = False, cut: bool = False, **settings: Any) -> dict[str, Any]:
        """A day later, one night; `cut` off in its first session. Its result; `log` has its
        sessions."""
        self.clock.at += timedelta(days=1)
        self.cut, self.log = cut, []
        self.settings = self.settings.model_copy(update=settings)
        one: Any = self
        night = consolidation._Night(one, one.model, Flag())
        *_, done = night.run(only_write=False, rebuild=rebuild)
        return dict(done.result)  # type: ignore[attr-defined]

    @property
    def shards(self) -> dict[str, tuple[int, ...]]:
        active = self.store.versions.get(self.store.versions.active())
        return {name: shard.edits for name, shard in shards_of(self.store, active).items()}

    @property
    def untrained(self) -> set[int]:
        known = set(self.store.versions.edit_ids(self.store.versions.active()))
        return {edit.id for edit in self.store.edits.trainable()} - known
