"""Memory as spaced repetition: which probes are due, how they did, what to rehearse, how much.

Each probe carries a card of FSRS, the free spaced repetition scheduler (package `fsrs`). A card
that fails comes back the next night, one that holds comes back ever later. Weights forget by
interference rather than by time, but the schedule fits them too: what survived many nights of
other training is asked seldom, and a night's cost stays the same however much there is to know.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fsrs import Card, Rating, Scheduler

from sealmate.edits.screen import same_answer
from sealmate.errors import NotFoundError
from sealmate.model.protocol import ModelInfo
from sealmate.recall import same_reader
from sealmate.recital import Recollection
from sealmate.records import Edit, Probe, ProbeResult
from sealmate.store import Store
from sealmate.training.mixture import DUE

# Weights of replay: what failed last time, what is due, what was never asked, all the rest.
FAILING, RESTING = 4.0, 1.0  # what is due weighs DUE
MOST = 8.0  # of a fact that fails time and again
LONGEST = 90  # days: whatever held so far is asked at least once a quarter
_COUNTED = ("card", "lapses", "asked")  # what one night's asking adds to
REWORDED = "reworded"  # in a probe's schedule: that its last lapse had new wordings asked for
TURNS = "turns"  # and how often that was
_SURE, _UNSURE = 0.9, 0.5  # confidence of an easy answer, and of one that was hard
# A night that begins a little earlier than the one before still asks what falls due in it.
_AHEAD = timedelta(hours=12)


def scheduler() -> Scheduler:
    """The scheduler: whole days, no steps within a day, no chance."""
    return Scheduler(
        learning_steps=(), relearning_steps=(), maximum_interval=LONGEST, enable_fuzzing=False
    )


def due(store: Store, now: datetime) -> list[Probe]:
    """The live held-out probes to ask in the night that begins `now`.

    Those that failed last come first, then the overdue ones, then those never asked.
    """
    every = store.probes.list(held_out=True)
    waiting = [probe for probe in every if is_due(probe, now)]
    never = datetime.max.replace(tzinfo=UTC)
    waiting.sort(key=lambda p: (not failing(p), p.due_at or never, p.id))
    return waiting


def is_due(probe: Probe, now: datetime) -> bool:
    """Whether the night that begins `now` is to ask a probe."""
    return probe.due_at is None or probe.due_at <= now + _AHEAD


def failing(probe: Probe) -> bool:
    """True if a probe was answered wrongly when it was asked last."""
    return bool(probe.schedule.get("failed"))


def answered(store: Store, active: int, info: ModelInfo) -> dict[int, Recollection]:
    """What the version in use (0 = none) is known to answer, by the ids of probes: weights that
    were asked once would say the same again."""
    if not active:
        return {}
    if not same_reader(store.versions.get(active).manifest, info):
        return {}
    results = store.probes.results(active)
    return {one.probe_id: Recollection(one.answer, one.confidence) for one in results}


def grade(store: Store, results: Iterable[ProbeResult], now: datetime) -> int:
    """Move the cards of the probes that a night asked; returns how many.

    Right and sure is easy, right is good, right but unsure is hard, wrong is again. The answers
    must be those of the version that stays in use. One run moves a card once: what a later call
    with it finds otherwise takes the place of what was found before. Probes that were retired or
    forgotten meanwhile are passed over.
    """
    plan = scheduler()
    # FSRS counts whole days; a night counts as its date, whatever the minute it got there.
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    moved = 0
    with store.transaction():
        for result in results:
            try:
                probe = store.probes.get(result.probe_id)
            except NotFoundError:
                continue
            if probe.retired:
                continue
            known = probe.schedule
            if result.run_id and known.get("run") == result.run_id:
                if failing(probe) is not result.correct:
                    continue
                known = known.get("before", {})
            kept_card = known.get("card")
            first = Card.from_dict(kept_card) if kept_card else Card(card_id=probe.id, due=day)
            card, _ = plan.review_card(first, _rating(result), review_datetime=day)
            kept: dict[str, Any] = {
                "card": card.to_dict(),
                "failed": not result.correct,
                "lapses": int(known.get("lapses", 0)) + (not result.correct),
                "asked": int(known.get("asked", 0)) + 1,
                "run": result.run_id,
                "before": {key: known[key] for key in _COUNTED if key in known},
            }
            if turns := probe.schedule.get(TURNS):
                kept[TURNS] = turns
            store.probes.set_schedule(probe.id, kept, card.due)
            moved += 1
    return moved


def _rating(result: ProbeResult) -> Rating:
    if not result.correct:
        return Rating.Again
    if result.confidence >= _SURE:
        return Rating.Easy
    return Rating.Good if result.confidence >= _UNSURE else Rating.Hard


def weights(store: Store, edits: Sequence[Edit], now: datetime) -> dict[int, float]:
    """How much each of `edits` should be rehearsed, by its id; RESTING for most.

    An edit with the answer of a failing probe of its passage weighs FAILING and more with every
    lapse, up to MOST, one of a due probe DUE; other edits of the passage gain a quarter of that,
    for what one fact lost its neighbours may lose next.
    """
    passages = {edit.passage_id for edit in edits}
    heavy: dict[int, list[tuple[Probe, float]]] = {}
    for probe in store.probes.list(held_out=None):
        weight = _weight(probe, now)
        if probe.passage_id in passages and weight > RESTING:
            heavy.setdefault(probe.passage_id, []).append((probe, weight))
    found = {}
    for edit in edits:
        weight = RESTING
        for probe, most in heavy.get(edit.passage_id, ()):
            same = bool(edit.answer) and same_answer(edit.answer, probe.answer)
            # A neighbour stays below DUE, so that no budget takes it for the fact itself.
            near = min(RESTING + (most - RESTING) / 4, (RESTING + DUE) / 2)
            weight = max(weight, most if same else near)
        found[edit.id] = weight
    return found


def _weight(probe: Probe, now: datetime) -> float:
    if failing(probe):
        return min(MOST, FAILING + float(probe.schedule.get("lapses", 1)) - 1.0)
    return DUE if is_due(probe, now) else RESTING


def ask_first(
    probes: Sequence[Probe], first: Sequence[int], limit: int, rng: random.Random
) -> list[Probe]:
    """`limit` of `probes` to examine: up to three quarters of them from the ids in `first`, in
    that order, the others drawn from the rest, so that what is not due is watched as well. A
    quarter at most failed last time: what is not known cannot be lost, and a night that loses
    something is to be seen."""
    by_id = {probe.id: probe for probe in probes}
    ahead = [by_id[key] for key in dict.fromkeys(first) if key in by_id]
    room = max(0, min(limit, len(probes)))
    failed = [probe.id for probe in ahead if failing(probe)]
    late = set(failed[max(1, room // 4) :])
    chosen = [probe for probe in ahead if probe.id not in late][: room - room // 4]
    taken = {probe.id for probe in chosen}
    rest = [probe for probe in probes if probe.id not in taken]
    more = [probe for probe in rest if not failing(probe)]
    drawn = rng.sample(more, min(len(more), room - len(chosen)))
    spare = [probe for probe in rest if failing(probe)]
    return chosen + drawn + spare[: room - len(chosen) - len(drawn)]
