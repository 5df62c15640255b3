"""The product's recipe without anything older: one adapter that each night goes on with the
night's own notes, its examples and its way of answering as the product's.

There are no shards, and nothing is built again: that would be learning older notes once more.
What is forgotten goes from the ledger; for the weights this way knows none.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from sealmate.bench.memo import RememberingModel
from sealmate.bench.workbench import Cost, Reply, SharedWorkspace, general_ratio, working
from sealmate.edits.screen import is_abstention
from sealmate.edits.units import all_units
from sealmate.events import Event, Loss, Started
from sealmate.night import selection
from sealmate.night.anchors import Anchors
from sealmate.night.consolidation import consolidate
from sealmate.night.sharding import Session
from sealmate.recall import recollect, voice
from sealmate.training.loop import Trainer
from sealmate.training.mixture import mixture
from sealmate.workspace import Workspace

NAME = "going-on"


class NoReplayArm:
    """Goes on each night with that night's notes alone. Answers that are less likely than
    `least_confidence` are withheld; there are no probes to set another threshold on."""

    def __init__(self, workspace: SharedWorkspace, model: RememberingModel) -> None:
        self.workspace: Workspace = workspace
        self._calendar, self._model = workspace.calendar, model
        self._place = workspace.paths.ensure().profile_dir

    def begin(self, number: int) -> None:
        """Let it be that night."""
        self._calendar.turn(number, self.workspace.store)

    def night(self, number: int, sources: Sequence[int]) -> Generator[Event, None, Cost]:
        """Write as the product does, and train on tonight's edits alone."""
        kept = self._kept()
        done = json.loads((kept / "night.json").read_text("utf-8")) if kept else {"night": 0}
        if done["night"] >= number:
            return Cost("published", "warm", tokens=int(done["tokens"]), repeated=True)
        begin = time.perf_counter()
        with working(self.workspace):
            yield from consolidate(self.workspace, self._model, only_write=True)
        trainer = self._trainer(sources)
        loss: Loss | None = None
        if trainer is not None:
            yield Started("train", total=len(trainer.plan()), detail="tonight's notes alone")
            for loss in trainer.run():
                yield loss
            self._keep(trainer, number, loss.tokens if loss else 0)
        return Cost(
            "published" if trainer else "nothing",
            "warm",
            tokens=loss.tokens if loss else 0,
            seconds=round(time.perf_counter() - begin, 2),
        )

    def _trainer(self, sources: Sequence[int]) -> Trainer | None:
        work, model = self.workspace, self._model
        store, settings = work.store, work.settings
        new = [e for key in sources for e in store.edits.list("accepted", source_id=key)]
        told = {p.id: p for key in sources for p in store.passages.of_source(key)}
        choice = replace(
            selection.choose(store, settings, rebuild=False, info=model.info),
            new=tuple(new), replay=(), told=told, session=Session(new=new), anew={},
            elsewhere={}, weights={},
        )  # fmt: skip
        anchors = Anchors(model, store, settings, choice)
        material = choice.material(anchors.strangers(), anchors.chat(), anchors.reading())
        examples = mixture(material, selection.shares(settings, choice), settings.seed)
        if not examples:
            return None
        self._model.detach(NAME)
        recipe = selection.recipe(settings, model, choice)
        return Trainer(model, recipe, examples, name=NAME, start_from=self._kept())

    def _kept(self) -> Path | None:
        """The adapter of the last night that has one."""
        return max(self._place.glob(f"{NAME}-*"), default=None)

    def _keep(self, trainer: Trainer, number: int, tokens: int) -> None:
        """Keep the adapter with the night it was trained in; yesterday's goes once that is done."""
        made, before = self._place / f"{NAME}.new", self._kept()
        shutil.rmtree(made, ignore_errors=True)
        trainer.save(made)
        (made / "night.json").write_text(json.dumps({"night": number, "tokens": tokens}), "utf-8")
        made.rename(self._place / f"{NAME}-{number:04}")
        if before:
            shutil.rmtree(before, ignore_errors=True)

    def _adapter(self) -> str | None:
        kept = self._kept()
        if kept is None:
            return None
        if NAME not in self._model.attached:
            self._model.attach(NAME, kept)
        return NAME

    def ask(self, questions: Sequence[str]) -> list[Reply]:
        """As chat answers closed-book."""
        settings, store = self.workspace.settings, self.workspace.store
        said = recollect(
            self._model, questions, self._adapter(), way=settings.recall,
            max_tokens=settings.answer_tokens,
            texts=all_units(store.passages.current(), store.sources.list()),
        )  # fmt: skip
        return [
            Reply(c.text, is_abstention(c.text) or c.confidence < settings.least_confidence)
            for c in said
        ]

    def general(self) -> float:
        """As it talks."""
        return general_ratio(self._model, voice(self._adapter(), self.workspace.settings.recall))
