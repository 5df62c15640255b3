"""One night, top to bottom: write, choose, train, test, publish.

Everything it does is a row or a file that a later night can take up again: a stop at any point
loses at most the passage being written about and the training steps since the last checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag
from threading import Timer
from typing import Any

from sealmate.errors import Cancelled, SealmateError
from sealmate.events import Event, Finished, Gated, Progress, Published, Started
from sealmate.model.local import LocalModel
from sealmate.night import selection, unfinished
from sealmate.night.anchors import Anchors
from sealmate.night.backlog import Backlog
from sealmate.night.candidate import (
    CANDIDATE,
    group_with_carried,
    publish_candidate,
    trainer_for,
)
from sealmate.night.refusals import Refusals
from sealmate.night.rehearsal import answered
from sealmate.night.strength import WEAKER, weaken
from sealmate.night.testing import Examination
from sealmate.night.turns import Turns, name_of
from sealmate.night.writing import write_edits
from sealmate.recital import Recited
from sealmate.records import RunOutcome, Version
from sealmate.training.gate import Scores, verdict
from sealmate.training.mixture import mixture
from sealmate.versions.attach import adapter_name, attach_version, detach_others
from sealmate.versions.check import verify
from sealmate.versions.publish import reduce, require_active, sweep
from sealmate.workspace import Workspace


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
        self.backlog = Backlog(self.store)
        self.begin = time.perf_counter()
        self.report: dict[str, Any] = {"written": 0, "kept": 0, "tokens": 0}
        self.version: Version | None = None  # the last one that tonight published
        self.scores: Scores | None = None
        self.nothing = "nothing new to learn"
        self.refusals = Refusals(self.store)
        self.turns = Turns(workspace, model, self.backlog, self.refusals)
        self.said = Recited()  # shards that stay as they are say the same all night

    def run(self, *, only_write: bool, rebuild: bool) -> Iterator[Event]:
        """The night itself."""
        sweep(self.store, self.paths)
        run = self.store.runs.start(self.workspace.clock())
        self.run_id = run.id
        try:
            if not only_write:
                self.backlog.begin_night(asked=rebuild)
            yield from write_edits(self.workspace, self.model, self.report, self.cancel)
            if only_write:
                yield self._end("written", None)
                return
            if rebuild:
                self._rebuild_all()
            yield from self._sessions(0 if rebuild else self.settings.rebuilds)
        except Cancelled as stop:
            yield self._end("stopped", self.version, stop.message)
        except SealmateError as error:
            self._end("failed", self.version, error.message)
            raise

    def _rebuild_all(self) -> None:
        """Note each shard of the version in use as one to build again, tonight or later. Where its
        files are lost or spoilt it is left first: all that it knew is new again."""
        active = self.store.versions.active()
        if active and any(f.fatal for f in verify(self.paths, self.store.versions.get(active))):
            self.store.versions.activate(0, "its files cannot be used; it is built again")
        self.backlog.wait_for(self._shards())

    def _sessions(self, rebuilds: int) -> Iterator[Event]:
        """Shard by shard, each published by itself, until nothing is left to learn.

        Of the shards but the newest `rebuilds` at most are built again (0 = all), and as many that
        are refused: a night costs the same however many of them something was taken from.
        """
        turns, stands = self.turns, self.store.versions.active()
        while True:
            choice = turns.next()
            # a choice made on what a person went back to would make again what they left
            require_active(self.store, stands)
            if not choice.new and choice.left:
                yield self._over("the night's token budget is spent")
                return
            if choice.nothing:
                if not (turns.later or turns.waiting or self.refusals.names):
                    self.backlog.clear_flag()
                if not self.refusals.names:
                    self._look_after(choice)
                yield self._over(self.nothing)
                return
            if not choice.new:
                self._drop(choice)
                stands = self.store.versions.active()
                continue
            reasons = yield from self._learn(choice)
            if reasons:
                self._refuse(choice, reasons)
            elif self.version:
                stands = self.version.number
            turns.done(choice, refused=bool(reasons))
            if rebuilds and turns.rebuilt >= rebuilds:
                turns.later = set(self._shards()[:-1])
            if choice.left and not self.refusals.names:
                yield self._over("")
                return

    def _shards(self) -> list[str]:
        """Names of the shards of the version in use, those with the newest notes last."""
        return selection.ledger_of(self.store).by_age

    def _look_after(self, choice: selection.Choice) -> None:
        """Ask the version in use those due questions of a night that made no other which it was
        not asked yet."""
        if self.version is not None or not choice.active or choice.foreign:
            return
        known = answered(self.store, choice.active, self.model.info)
        choice = replace(choice, due=[key for key in choice.due if key not in known])
        if choice.due:
            exam = self._exam(choice)
            exam.before(attach_version(self.model, self.store, self.paths, choice.active))
            exam.remember(self.run_id, 0, self.workspace.clock())

    def _exam(self, choice: selection.Choice) -> Examination:
        return Examination(self.model, self.store, self.settings, choice, self.cancel, self.said)

    def _refuse(self, choice: selection.Choice, reasons: Sequence[str]) -> None:
        """Note which shard the gate refused, and why."""
        name, session = name_of(choice), choice.session
        self.refusals.add(name, choice, reasons)
        ids = [edit.id for edit in (*session.new, *session.replay)]
        self.backlog.refuse(name, self.workspace.clock(), self._shards(), ids, reasons)

    def _over(self, reason: str) -> Finished:
        """The end of a night; `reason` is why, if it neither published nor refused anything."""
        self.turns.close()
        refused = self.refusals.reasons()
        told = "; ".join([*refused, *self.turns.waiting])
        if self.version is None and not refused:
            return self._end("nothing", None, told or reason)
        outcome: RunOutcome = "published" if self.version else "rejected"
        return self._end(outcome, self.version, told, self.scores)

    def _drop(self, choice: selection.Choice) -> None:
        """Shards whose notes may all not be there any more go; there is nothing to train."""
        self.nothing = reason = "nothing is left to remember"
        if choice.session.carried:
            reason = "what a shard knew may not be there any more"
            parent = self.store.versions.get(choice.active)
            kept = choice.session.carried
            clock = self.workspace.clock
            self.version = reduce(
                self.store, self.paths, parent, kept, clock, reason=reason, run=self.run_id,
                onto=parent.number,
            )  # fmt: skip
            return
        with self.store.transaction():
            require_active(self.store, choice.active)
            self.store.versions.activate(0, reason)

    def _learn(self, choice: selection.Choice) -> Generator[Event, None, Sequence[str]]:
        """Train a candidate on the choice, test it, and publish it if it passes.

        The value are the reasons to refuse it.
        """
        if not choice.session.warm:
            # from the base all is new: whatever is trained stands in the version's manifest
            choice = replace(choice, new=[*choice.new, *choice.replay], replay=[])
        exam = self._exam(choice)
        yield Started("prepare", detail=choice.told_as)
        known = 0 if choice.foreign else choice.active
        # what shards were before this night built upon them
        detach_others(self.model, self.store, known)
        exam.before(attach_version(self.model, self.store, self.paths, known))
        work, base = self.paths.work, self.model.info.fingerprint
        was = unfinished.kept(work, choice, base)
        anchors = Anchors(self.model, self.store, self.settings, choice, self.cancel)
        strangers = anchors.strangers(was.strangers if was else ())
        material = choice.material(strangers, anchors.chat(), anchors.reading())
        # what the gate refused would be refused again if it were made again just so
        seed = self.settings.seed + self.backlog.tries.get(name_of(choice), 0)
        examples = mixture(material, selection.shares(self.settings, choice), seed)
        held = selection.held_out(choice, material, exam.new_probes)
        recipe = replace(selection.recipe(self.settings, self.model, choice), seed=seed)
        begin = time.perf_counter()
        trainer = trainer_for(
            self.workspace, self.model, choice, recipe, examples, held, self.cancel
        )
        unfinished.keep(work, choice, base, strangers, self.settings.token_budget)
        group_with_carried(self.workspace, self.model, choice)
        steps = len(trainer.plan())
        yield Started("train", total=steps, detail=f"{len(examples)} examples")
        tokens, seconds = self.report["tokens"], self.report.get("train_seconds", 0.0)
        for loss in trainer.run():
            self.report["tokens"] = tokens + loss.tokens
            self.report["loss"] = round(loss.loss, 4)
            yield loss
            yield Progress("train", loss.step, loss.steps)
        self.report["train_seconds"] = round(seconds + time.perf_counter() - begin, 2)
        yield Started("gate", detail="asking the candidate closed-book")
        folder = self.paths.work / "candidate"
        trainer.save(folder)
        scores = exam.after(CANDIDATE)
        reasons = verdict(scores, selection.limits(self.settings))
        scale = 1.0
        if reasons:
            scale, scores, reasons = yield from weaken(
                trainer, exam, folder, selection.limits(self.settings), scores, reasons
            )
        blamed = {str(probe): list(edits) for probe, edits in exam.blame(choice.new).items()}
        self.report["blame"] = {**self.report.get("blame", {}), **blamed}
        said = {str(probe): given for probe, given in exam.lost().items()}
        self.report["lost"] = {**self.report.get("lost", {}), **said}
        yield Gated(not reasons, scores.as_dict(), reasons)
        if not reasons or self.version is None:
            self.scores = scores
            self.report["gate"] = scores.as_dict()

        def entered(number: int) -> None:
            exam.remember(self.run_id, number, self.workspace.clock())
            self.store.runs.note(self.run_id, self.report)

        if reasons:
            entered(0)
        else:
            # in one step, so that no version is without what is known of it
            self.version = publish_candidate(
                self.workspace, self.model, choice, recipe, folder, scores, scale, self.run_id,
                entered,
            )  # fmt: skip
            self.said.move(CANDIDATE if scale == 1.0 else WEAKER, adapter_name(self.version.number))
            yield Published(self.version.number, self.version.sha256)
        trainer.forget_checkpoint()
        unfinished.drop(work, choice, base)
        self.model.detach(CANDIDATE)
        self.model.detach(WEAKER)
        if not reasons:
            self.backlog.built(name_of(choice), {one.name for one in choice.session.carried})
        return reasons

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
        if reasons := [*self.refusals.reasons(), *self.turns.waiting]:
            self.report["refusals"] = reasons
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
