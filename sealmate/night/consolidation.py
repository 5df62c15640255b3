"""One night, top to bottom: write, choose, train, test, publish.

Everything it does is a row or a file that a later night can take up again: a stop at any point
loses at most the passage being written about and the training steps since the last checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Event as Flag
from threading import Timer
from typing import Any

from sealmate.errors import Cancelled, SealmateError
from sealmate.events import Event, Finished, Gated, Note, Progress, Published, Started
from sealmate.model.local import LocalModel
from sealmate.night import selection
from sealmate.night.conflicts import settle_new
from sealmate.night.ledger import keep_written, passages_to_write
from sealmate.night.reasking import reask
from sealmate.night.strength import WEAKER, weaken
from sealmate.night.testing import Examination
from sealmate.records import RunOutcome, Version
from sealmate.training.batches import Example
from sealmate.training.gate import Scores, verdict
from sealmate.training.loop import Recipe, Trainer
from sealmate.training.mixture import mixture
from sealmate.versions.attach import attach_version
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish, sweep
from sealmate.workspace import Workspace

CANDIDATE = "candidate"


def consolidate(
    workspace: Workspace,
    model: LocalModel,
    *,
    budget_seconds: float | None = None,
    only_write: bool = False,
    rebuild: bool = False,
    cancel: Flag | None = None,
) -> Iterator[Event]:
    """Run one night and yield its events; the last one is `Finished`.

    The caller holds the night's lock. Expected failures end the run with a row and are raised.
    """
    night = _Night(workspace, model, cancel or Flag())
    timer = Timer(budget_seconds, night.cancel.set) if budget_seconds else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield from night.run(only_write=only_write, rebuild=rebuild)
    finally:
        if timer is not None:
            timer.cancel()


class _Night:
    """State of one run."""

    def __init__(self, workspace: Workspace, model: LocalModel, cancel: Flag) -> None:
        self.workspace, self.model, self.cancel = workspace, model, cancel
        self.store, self.settings, self.paths = workspace.store, workspace.settings, workspace.paths
        self.begin = time.perf_counter()
        self.report: dict[str, Any] = {"written": 0, "kept": 0, "tokens": 0}

    def run(self, *, only_write: bool, rebuild: bool) -> Iterator[Event]:
        """The night itself."""
        sweep(self.store, self.paths)
        run = self.store.runs.start(self.workspace.clock())
        self.run_id = run.id
        try:
            yield from self._write()
            if only_write:
                yield self._end("written", None)
                return
            choice = selection.choose(
                self.store,
                self.settings,
                rebuild=rebuild,
                info=self.model.info,
                now=self.workspace.clock(),
            )
            if choice.nothing:
                yield self._end("nothing", None, "nothing new to learn")
                return
            if not choice.new:
                yield self._forget_all()
                return
            count = self.model.count_tokens
            yield from self._learn(selection.within_budget(choice, self.settings, count))
        except Cancelled as stop:
            yield self._end("stopped", None, stop.message)
        except SealmateError as error:
            self._end("failed", None, error.message)
            raise

    def _write(self) -> Iterator[Event]:
        """Self-edits and probes for passages that have none; each passage is kept at once."""
        begin = time.perf_counter()
        texts = passages_to_write(self.store)
        if texts:
            from sealmate.edits.write import Plan, Written, write

            plan = Plan(
                samples=self.settings.qa_samples,
                temperature=self.settings.temperature,
                held_out=self.settings.held_out,
                seed=self.settings.seed,
            )
            for item in write(self.model, texts, plan, cancel=self.cancel):
                if not isinstance(item, Written):
                    yield item
                    continue
                counts = keep_written(
                    self.store, item, self.model.info, self.workspace.clock(), self.settings.review
                )
                self.report["written"] += counts.written
                self.report["kept"] += counts.kept
            reask(
                self.store,
                self.model,
                texts,
                self.workspace.clock(),
                review=self.settings.review,
                cancel=self.cancel,
            )
            fresh = [
                edit
                for text in texts
                for edit in self.store.edits.list(state="accepted", passage_id=text.id)
            ]
            settled = settle_new(self.store, fresh, self.workspace.clock(), self.model, self.cancel)
            for conflict in settled:
                yield Note(
                    f"conflict {conflict.id}: {conflict.question} was {conflict.old_answer}, "
                    f"a newer note says {conflict.new_answer} ({conflict.state})"
                )
            self.report["conflicts"] = len(settled)
        self.report["write_seconds"] = round(time.perf_counter() - begin, 2)

    def _forget_all(self) -> Finished:
        """All that the active version holds may not be there any more: no memory is left."""
        reason = "nothing is left to remember"
        self.store.versions.activate(0, reason)
        self.store.state.set("rebuild_needed", None)
        return self._end("nothing", None, reason)

    def _learn(self, choice: selection.Choice) -> Iterator[Event]:
        """Train a candidate on the choice, test it, and publish it if it passes."""
        exam = Examination(self.model, self.store, self.settings, choice, self.cancel)
        yield Started("prepare", detail=f"{len(choice.new)} new edits, {len(choice.replay)} known")
        known = 0 if choice.foreign else choice.active
        parent = attach_version(self.model, self.store, self.paths, known)
        exam.before(parent)
        strangers = exam.strangers_to_train()
        material = choice.material(strangers, exam.chat_to_train(), exam.reading_to_train())
        examples = mixture(material, selection.shares(self.settings, choice), self.settings.seed)
        held = selection.held_out(choice, material, exam.new_probes)
        recipe = selection.recipe(self.settings, self.model, choice)
        begin = time.perf_counter()
        trainer = self._trainer(recipe, examples, held, choice)
        steps = len(trainer.plan())
        yield Started("train", total=steps, detail=f"{len(examples)} examples")
        for loss in trainer.run():
            self.report["tokens"] = loss.tokens
            self.report["loss"] = round(loss.loss, 4)
            yield loss
            yield Progress("train", loss.step, loss.steps)
        self.report["train_seconds"] = round(time.perf_counter() - begin, 2)
        yield Started("gate", detail="asking the candidate closed-book")
        folder = self.paths.work / "candidate"
        trainer.save(folder)
        scores = exam.after(CANDIDATE)
        reasons = verdict(scores, selection.limits(self.settings))
        scale, blame = 1.0, exam.blame(choice.new)
        if reasons:
            scale, scores, reasons = yield from weaken(
                trainer, exam, folder, selection.limits(self.settings), scores, reasons
            )
            blame = blame if reasons else exam.blame(choice.new)
        self.report["blame"] = {str(probe): list(edits) for probe, edits in blame.items()}
        yield Gated(not reasons, scores.as_dict(), reasons)
        version = None
        if not reasons:
            version = self._publish(trainer, folder, choice, scores, recipe, scale)
            yield Published(version.number, version.sha256)
        exam.remember(self.run_id, version.number if version else 0, self.workspace.clock())
        trainer.forget_checkpoint()
        self.model.detach(CANDIDATE)
        self.model.detach(WEAKER)
        self.report["gate"] = scores.as_dict()
        if version is None:
            yield self._end("rejected", None, "; ".join(reasons), scores)
        else:
            self.store.state.set("rebuild_needed", None)
            yield self._end("published", version, "", scores)

    def _trainer(
        self,
        recipe: Recipe,
        examples: Sequence[Example],
        held: Sequence[Example],
        choice: selection.Choice,
    ) -> Trainer:
        """A trainer that goes on from the checkpoint of a stopped night with the same plan."""
        digest = hashlib.sha256(
            json.dumps([recipe.as_dict(), choice.parent, choice.active, self.model.info.fingerprint,
                        [(e.prompt[-1].content, e.answer) for e in examples]],
                       sort_keys=True, default=str).encode()
        ).hexdigest()[:16]  # fmt: skip
        start = None
        if choice.parent:
            version = self.store.versions.get(choice.parent)
            start = self.paths.versions / version.folder
        return Trainer(
            self.model,
            recipe,
            examples,
            name=CANDIDATE,
            start_from=start,
            held=held,
            checkpoint=self.paths.work / f"night-{digest}.safetensors",
            cancel=self.cancel,
        )

    def _publish(
        self,
        trainer: Trainer,
        folder: Any,
        choice: selection.Choice,
        scores: Scores,
        recipe: Recipe,
        scale: float,
    ) -> Version:
        adapter = CANDIDATE if scale == 1.0 else WEAKER
        info = self.model.info
        fields: Mapping[str, Any] = {
            **identity_fields(info),
            "parent": choice.parent or choice.active or None,
            "kind": "warm" if choice.parent else "rebuild",
            "recipe": {**recipe.as_dict(), "scale": scale},
            "seed": self.settings.seed,
            "scores": {k: v for k, v in scores.as_dict().items() if k != "lost"},
            "logits": self.model.fingerprint_logits(adapter=adapter),
            "threshold": scores.threshold,
            "recall": self.settings.recall,
            "run": self.run_id,
        }
        ids = [edit.id for edit in choice.trained]
        return publish(
            self.store, self.paths, folder, fields, ids, self.workspace.clock,
            reason=f"night {self.run_id}",
        )  # fmt: skip

    def _end(
        self,
        outcome: RunOutcome,
        version: Version | None,
        reason: str = "",
        scores: Scores | None = None,
    ) -> Finished:
        """Close the run's row and make the line `--json` ends with."""
        seconds = round(time.perf_counter() - self.begin, 2)
        number = version.number if version else None
        self.report["seconds"] = seconds
        self.store.runs.finish(
            self.run_id, outcome, version=number, reason=reason, report=self.report
        )
        result: dict[str, Any] = {
            "run": self.run_id,
            "outcome": outcome,
            "version": number,
            "edits": {"written": self.report["written"], "kept": self.report["kept"]},
            "gate": scores.as_dict() if scores else None,
            "seconds": seconds,
        }
        if reason:
            result["reason"] = reason
        return Finished(result)
