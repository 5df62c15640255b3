"""The ways to go through a stream of nights: the product, the product without replay, SEAL's.

Each arm has a home of its own with its own ledger; all share one loaded model.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from sealmate.bench.memo import RememberingModel
from sealmate.bench.noreplay import NoReplayArm
from sealmate.bench.seal import Merged, seal_recipe
from sealmate.bench.workbench import (
    FIRST_NIGHT,
    Arm,
    Calendar,
    Cost,
    Reply,
    SharedWorkspace,
    general_ratio,
    outright,
    working,
)
from sealmate.chat.assistant import Assistant
from sealmate.errors import UsageError
from sealmate.events import Event, Loss, Started
from sealmate.night.consolidation import consolidate
from sealmate.night.testing import held_chat
from sealmate.recall import voice, way_of
from sealmate.records import Run
from sealmate.settings import Settings
from sealmate.training.gate import general_loss
from sealmate.training.mixture import Material, Shares, mixture
from sealmate.versions.attach import attach_version
from sealmate.workspace import Workspace

ARMS = ("ours", "no-replay", "seal")


def open_arm(name: str, settings: Settings, home: Path, model: RememberingModel) -> Arm:
    """The arm in its own home. Raises UsageError for an unknown name."""
    if name not in ARMS:
        raise UsageError(f"there is no arm {name!r}", f"choose from {','.join(ARMS)}")
    changes: dict[str, Any] = {"home": home, "profile": "default", "review": False}
    workspace = SharedWorkspace(settings.model_copy(update=changes), Calendar(), model)
    if name == "no-replay":
        return NoReplayArm(workspace, model)
    return SealArm(workspace, model) if name == "seal" else ProductArm(workspace, model)


class ProductArm:
    """The night as it ships, and chat's answers with the threshold of the active version."""

    def __init__(self, workspace: SharedWorkspace, model: RememberingModel) -> None:
        self.workspace: Workspace = workspace
        self._calendar, self._model = workspace.calendar, model
        self._start = FIRST_NIGHT

    def begin(self, number: int) -> None:
        """Let it be that night."""
        self._start = self._calendar.turn(number, self.workspace.store)

    def night(self, number: int, sources: Sequence[int]) -> Generator[Event, None, Cost]:
        """Consolidate, unless tonight's version was published before the bench was cut."""
        store = self.workspace.store
        before = self._tonight()
        if not any(run.outcome == "published" for run in before):
            with working(self.workspace):
                yield from consolidate(self.workspace, self._model)
        runs = self._tonight()
        told = next((run for run in runs if run.outcome == "published"), runs[0])
        manifest = store.versions.get(told.version).manifest if told.version else {}
        return Cost(
            outcome=told.outcome,
            kind=str(manifest.get("kind") or ""),
            version=told.version or 0,
            tokens=sum(int(run.report.get("tokens") or 0) for run in runs),
            seconds=float(told.report.get("seconds") or 0.0),
            reason=told.reason,
            repeated=any(run.outcome != "published" for run in before),
        )

    def _tonight(self) -> list[Run]:
        """Tonight's runs, newest first; more than one if the bench was cut."""
        return [run for run in self.workspace.store.runs.list() if run.started_at >= self._start]

    def ask(self, questions: Sequence[str]) -> list[Reply]:
        """As chat answers, closed-book."""
        work = self.workspace
        assistant = Assistant(work.store, work.model, work.settings, work.paths, work.clock)
        answers = assistant.ask_many(questions, closed_book=True)
        return [Reply(answer.text, answer.abstained) for answer in answers]

    def general(self) -> float:
        """As the active version talks."""
        work = self.workspace
        number = work.store.versions.active()
        name = attach_version(self._model, work.store, work.paths, number)
        way = way_of(work.store.versions.get(number).manifest) if number else "direct"
        return general_ratio(self._model, voice(name, way))


class SealArm:
    """SEAL's way on the same written edits. What is forgotten goes from the ledger; for the
    weights it knows no way."""

    def __init__(self, workspace: SharedWorkspace, model: RememberingModel) -> None:
        self.workspace: Workspace = workspace
        self._calendar, self._model = workspace.calendar, model
        self._merged = Merged(model, workspace.paths.ensure().profile_dir / "merged.safetensors")

    def begin(self, number: int) -> None:
        """Let it be that night."""
        self._calendar.turn(number, self.workspace.store)

    def night(self, number: int, sources: Sequence[int]) -> Generator[Event, None, Cost]:
        """Write as the product does, train a fresh adapter on tonight's edits alone, merge it."""
        store, settings = self.workspace.store, self.workspace.settings
        if self._merged.night >= number:
            return Cost("merged", "merged", tokens=self._merged.tokens, repeated=True)
        begin = time.perf_counter()
        with working(self.workspace):
            yield from consolidate(self.workspace, self._model, only_write=True)
        examples = mixture(
            Material(
                new=[e for key in sources for e in store.edits.list("accepted", source_id=key)],
                passages=[p.text for key in sources for p in store.passages.of_source(key)],
            ),
            Shares(replay=0.0, unknown=0.0, chat=0.0, per_answer=settings.renderings, way="direct"),
            settings.seed,
        )
        loss = None
        if examples:
            yield Started("train", detail=f"SEAL's way, {len(examples)} examples")
            recipe = seal_recipe(self._model, settings.pack_tokens, settings.seed)
            work = self.workspace.paths.ensure().work
            for loss in self._merged.learn(examples, recipe, number, work):
                yield loss
        else:
            self._merged.skip(number)
        return Cost(
            "merged" if examples else "nothing",
            "merged",
            tokens=loss.tokens if isinstance(loss, Loss) else 0,
            seconds=round(time.perf_counter() - begin, 2),
        )

    def ask(self, questions: Sequence[str]) -> list[Reply]:
        """What the merged weights say; SEAL knows no threshold."""
        with self._merged.applied():
            return outright(self._model, questions, self.workspace.settings.answer_tokens)

    def general(self) -> float:
        """With the merged weights."""
        chat = held_chat()
        untouched = general_loss(self._model, chat, None)
        with self._merged.applied():
            return general_loss(self._model, chat, None) / untouched
