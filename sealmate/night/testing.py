"""The night's examination: which questions test a candidate, and what came out.

Nothing asked here is trained on: held-out probes, unanswerable questions kept aside, strangers
and general chat from lists that training does not draw from.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.bare import one_that_changed
from sealmate.edits.questions import in_the_past
from sealmate.edits.screen import correct, is_abstention
from sealmate.edits.units import all_units
from sealmate.model.protocol import LanguageModel, Prompt, Turn
from sealmate.night.blame import lost_to
from sealmate.night.canaries import came_back
from sealmate.night.rehearsal import answered, ask_first, grade
from sealmate.night.selection import Choice, kept_aside
from sealmate.night.strangers import PROBED, TRAINED, bundled_strangers
from sealmate.paths import bundled
from sealmate.recall import recollect, threshold_of, voice, way_of
from sealmate.recital import Recited, Recollection
from sealmate.records import Edit, Probe, ProbeResult, Way
from sealmate.settings import Settings
from sealmate.store import Store
from sealmate.training.gate import (
    Scores,
    abstention,
    general_kl,
    general_loss,
    judge,
    mcnemar,
    share_right,
)
from sealmate.training.threshold import EVEN, best_threshold, careful_threshold

GLIMPSE = 6  # new questions that the version in use is asked: it was never told the answers
PAST = 8  # questions on the past of what never changed, where anything did
NEAR = 60  # unanswerable questions about what is known that a candidate is asked


@dataclass(frozen=True, slots=True)
class Findings:
    """What a candidate answered: `told` to `probes`, judged at `threshold`; `said` is each
    question with answer and recital, `lost` older probes with what was said instead."""

    probes: Sequence[Probe] = ()
    told: Sequence[Recollection] = ()
    threshold: float = 0.0
    said: Sequence[tuple[str, str]] = ()
    lost: Sequence[tuple[Probe, str]] = ()


class Examination:
    """Questions chosen once a night, asked before and after."""

    def __init__(
        self,
        model: LanguageModel,
        store: Store,
        settings: Settings,
        choice: Choice,
        cancel: Flag | None,
        known: Recited | None = None,
    ) -> None:
        """`known` is what was recited before, on the same night."""
        self._model, self._store, self._settings = model, store, settings
        self._choice, self._cancel, self._said = choice, cancel, known
        rng = random.Random(settings.seed)
        learnt = set(store.versions.edit_ids(choice.active)) if not choice.foreign else set()
        trainable = store.edits.trainable()
        # neither a rebuild nor more wordings make a passage new that was learnt before
        meant = {key for shard in choice.session.carried for key in shard.edits}
        meant |= {edit.id for edit in (*choice.new, *choice.replay)}
        told = {edit.passage_id for edit in trainable if edit.id in learnt & meant}
        fresh = {edit.passage_id for edit in choice.new} - told
        probes = store.probes.list(held_out=True, retired=False)
        self._new = [probe for probe in probes if probe.passage_id in fresh]
        old = [probe for probe in probes if probe.passage_id in told]
        # another sample of what is not due after each night, or the rest would go unwatched
        drawn = random.Random(f"{settings.seed} {choice.active}")
        self._old = ask_first(old, choice.due, settings.gate_probes, drawn)
        self._new = rng.sample(self._new, min(len(self._new), 2 * settings.gate_probes))
        self._glimpse = self._new[:GLIMPSE]
        aside = [
            edit.question
            for edit in trainable
            if kept_aside(edit) and edit.passage_id in told | fresh
        ]
        rng.shuffle(aside)
        self._near = len(aside[:NEAR])
        self._unknown = [*aside[:NEAR], *bundled_strangers()[TRAINED : TRAINED + PROBED]]
        # what nights teach of the past must not be told of anything else's
        changed = sorted({edit.question for edit in trainable if edit.valid_to is not None})
        asked = self._new + self._old if changed else []
        lasting = (
            (past[-1], probe.answer)
            for probe in rng.sample(asked, len(asked))
            if (past := in_the_past(probe.question, ""))
            and not one_that_changed(probe.question, changed)
        )
        self._past = list(islice(lasting, PAST))
        self._texts = all_units(store.passages.current(), store.sources.list())
        self.held = held_chat()[: settings.gate_chat]
        self._way: Way = settings.recall
        self._before: list[Recollection] = []
        self._kept: frozenset[int] = frozenset()  # probes whose answer was known before
        self._loss_before = 0.0
        self._threshold_before = EVEN
        self._abstention_before: float | None = None
        self.findings = Findings()  # of the candidate asked last

    @property
    def new_probes(self) -> Sequence[Probe]:
        """Probes of what this night learns."""
        return self._new

    def before(self, parent: str | None) -> None:
        """Ask the version in use (None = no memory) what it will be compared on."""
        if self._choice.active and not self._choice.foreign:
            version = self._store.versions.get(self._choice.active)
            manifest = version.manifest
            self._threshold_before = threshold_of(manifest, self._model.info) or EVEN
            self._abstention_before = version.scores.get("abstention")
            way = way_of(manifest)
        else:
            way = self._way
        probes = [*self._glimpse, *self._old]
        active = 0 if self._choice.foreign else self._choice.active
        kept = answered(self._store, active, self._model.info)
        self._kept = frozenset(kept)
        asked = [probe for probe in probes if probe.id not in kept]
        questions = [probe.question for probe in asked]
        told = self._ask(questions, parent, way)
        kept.update(zip((probe.id for probe in asked), told, strict=True))
        self._before = [kept[probe.id] for probe in probes]
        self._loss_before = general_loss(self._model, self.held, None)

    def _ask(self, questions: Sequence[str], adapter: str | None, way: Way) -> list[Recollection]:
        """Closed-book answers, what is known already of shards that stay recited once."""
        return recollect(
            self._model, questions, adapter, way=way, texts=self._texts, known=self._said,
            cancel=self._cancel,
        )  # fmt: skip

    def after(self, adapter: str) -> Scores:
        """Ask the candidate the same; its threshold is set on these answers."""
        if self._said is not None:
            self._said.move(adapter)  # an earlier candidate had the name
        probes = [*self._new, *self._old]
        questions = [probe.question for probe in probes] + self._unknown
        questions += [question for question, _ in self._past]
        answers = self._ask(questions, adapter, self._way)
        told, rest = answers[: len(probes)], answers[len(probes) :]
        past = zip(self._past, rest[len(self._unknown) :], strict=True)
        # that it was always so is as good an answer to those as none
        wrong = [answer for (_, holds), answer in past if not correct(answer.text, holds)]
        strange = [*wrong, *rest[: len(self._unknown)]]
        near = len(wrong) + self._near
        rows = [(probe.id, probe.question, probe.answer) for probe in probes]
        raw = judge(rows, told, 0.0)
        declined = [(answer.confidence, is_abstention(answer.text)) for answer in strange]
        known = [(a.confidence, a.correct) for a in raw]
        if self._way == "recite":  # where it is a probability, and not only an order
            threshold = careful_threshold(
                known,
                declined[near:],
                declined[:near],
                least=self._settings.least_confidence,
                caution=self._settings.caution,
            )
        else:
            threshold = best_threshold(known, declined[near:], declined[:near])
        now = judge(rows, told, threshold)
        cut, glimpsed = len(self._new), len(self._glimpse)
        was_new = judge(rows[:glimpsed], self._before[:glimpsed], self._threshold_before)
        was_old = judge(rows[cut:], self._before[glimpsed:], self._threshold_before)
        lost = [b.probe_id for a, b in zip(now[cut:], was_old, strict=True)
                if b.correct and not a.correct]  # fmt: skip
        gained = sum(a.correct and not b.correct for a, b in zip(now[cut:], was_old, strict=True))
        speaks = voice(adapter, self._way)
        said = [(q, f"{a.text}\n{a.recital}") for q, a in zip(questions, answers, strict=True)]
        missed = [(probes[cut + n], a.given) for n, a in enumerate(now[cut:])
                  if probes[cut + n].id in lost]  # fmt: skip
        self.findings = Findings(probes, told, threshold, said, missed)
        return Scores(
            new_recall=share_right(now[:cut]),
            new_recall_before=share_right(was_new),
            old_recall=share_right(now[cut:]),
            old_recall_before=share_right(was_old),
            lost=tuple(lost),
            p_lost=mcnemar(len(lost), gained),
            abstention=abstention(strange, threshold),
            abstention_before=self._abstention_before,
            general_loss=general_loss(self._model, self.held, speaks)
            if speaks
            else self._loss_before,
            general_loss_before=self._loss_before,
            threshold=threshold,
            general_kl=general_kl(self._model, self.held, speaks) if speaks else 0.0,
            canaries=came_back(self._store, said),
        )

    def lost(self) -> dict[int, str]:
        """What the candidate asked last said to the probes that it lost, by their ids."""
        return {probe.id: given for probe, given in self.findings.lost}

    def blame(self, new: Sequence[Edit]) -> Mapping[int, tuple[int, ...]]:
        """The edits that the probes lost by the candidate asked last were lost to, by probe id."""
        return lost_to(self.findings.lost, new)

    def remember(self, run_id: int, version: int, at: datetime) -> None:
        """Keep what the version in use answered to the older probes, and what the candidate
        answered to all if it became `version` (0: it did not).

        The schedule moves by the answers of whichever is in use from now on, and by those that
        were given tonight: the same weights would always hold what they held.
        """

        def results(
            number: int, probes: Sequence[Probe], told: Sequence[Recollection], threshold: float
        ) -> list[ProbeResult]:
            rows = [(probe.id, probe.question, probe.answer) for probe in probes]
            return [
                ProbeResult(run_id, number, a.probe_id, a.given, a.correct, a.confidence, at)
                for a in judge(rows, told, threshold)
            ]

        last: list[ProbeResult] = []
        active, before = self._choice.active, self._before[len(self._glimpse) :]
        if active and not self._choice.foreign and len(before) == len(self._old):
            said = [
                (p, a) for p, a in zip(self._old, before, strict=True) if p.id not in self._kept
            ]
            last = results(
                active, [p for p, _ in said], [a for _, a in said], self._threshold_before
            )
        new = self.findings
        made = results(version, new.probes, new.told, new.threshold) if version else []
        with self._store.transaction():
            self._store.probes.add_results([*last, *made])
            grade(self._store, made if version else last, at)


def held_chat() -> list[tuple[Prompt, str]]:
    """General requests with answers, in no training: (prompt, answer)."""
    file = bundled("assets") / "general" / "held.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [((prompts.system(), Turn("user", row["prompt"])), row["answer"]) for row in rows]
