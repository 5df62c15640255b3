"""Training speed: our loop beside the plain one, on the same examples, in one run.

Useful progress is examples learnt from, so the ratio is of seconds a note: what the plain loop
would take for every example of a note in every pass, over what ours takes. Ours is timed whole
(tokenising, composing, the frozen layers once, all passes); the plain loop on some batches of
the same examples in each round, for it would take too long to wait for all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from sealmate.bench.machine import machine
from sealmate.bench.plain import PlainTraining, load_plain
from sealmate.bench.report import median
from sealmate.bench.stock import Night, night_of, practice_notes
from sealmate.events import Event, Note, Progress, Started
from sealmate.model.local import LocalModel
from sealmate.night import selection
from sealmate.settings import Settings
from sealmate.training.batches import Encoded, encode
from sealmate.training.loop import Recipe, Trainer

_NAME = "bench"


@dataclass(frozen=True, slots=True)
class Lap:
    """One timed stretch. `tokens` are those of prompts and answers as single examples have
    them, `run` those that went through the layers, repeated or padded ones included."""

    seconds: float
    examples: int
    tokens: int
    run: int


def bench_train(
    model: LocalModel,
    settings: Settings,
    *,
    notes: int = 6,
    rounds: int = 3,
    rows: int = 8,
    steps: int = 4,
    same_layers: bool = False,
) -> Generator[Event, None, dict[str, Any]]:
    """Yield events; the value is the figures. The plain loop takes `steps` batches of `rows`
    examples a round; `same_layers` gives it adapters in the upper layers alone, as ours."""
    night = night_of(practice_notes(notes, settings.seed), settings)
    recipe = selection.recipe(settings, model, night.choice)
    encoded = encode(model.base.tokenizer, night.examples)
    yield Note(f"{notes} notes make {len(encoded)} examples; {recipe.passes:g} passes")
    layers = len(model.base.decoder.layers)
    first = layers - max(1, round(layers * recipe.upper))
    plain_model = load_plain(model.info.folder, model.base)
    plain = PlainTraining(plain_model, model.base.tokenizer, recipe, first if same_layers else None)
    deck = random.Random(settings.seed).sample(encoded, len(encoded))
    deck *= 1 + rounds * rows * steps // len(deck)
    yield Started("warm up")
    plain.step(encoded[:2])
    _ours(model, recipe, Night(1, night.choice, night.examples[:8]), encoded[:8])
    mine, theirs = [], []
    yield Started("measure", rounds, f"{rounds} rounds of ours, then of the plain loop")
    for number in range(rounds):
        mine.append(_ours(model, recipe, night, encoded))
        at = number * rows * steps
        theirs.append(_plain(plain, deck[at : at + rows * steps], rows))
        yield Note(
            f"round {number + 1}: ours {_rate(mine[-1]):.2f} examples/s, "
            f"plain {_rate(theirs[-1]):.2f}"
        )
        yield Progress("measure", number + 1, rounds)
    due = mine[0].examples
    ours, other = _figures(mine, due, notes), _figures(theirs, due, notes)
    return {
        "ratio": round(other["seconds_per_note"] / max(ours["seconds_per_note"], 1e-9), 2),
        "ratio_is": "seconds per note, plain / ours",
        "ours": ours,
        "plain": other,
        "notes": notes,
        "examples": len(encoded),
        "passes": recipe.passes,
        "rounds": rounds,
        "plain_batch": rows,
        "plain_layers": layers - first if same_layers else layers,
        "our_layers": layers - first,
        **machine(model.base),
    }


def _ours(model: LocalModel, recipe: Recipe, night: Night, encoded: list[Encoded]) -> Lap:
    sizes = {item.key: len(item.ids) for item in encoded}
    begin = time.perf_counter()
    trainer = Trainer(model, recipe, night.examples, name=_NAME)
    plan = trainer.plan()
    losses = list(trainer.run())
    seconds = time.perf_counter() - begin
    model.detach(_NAME)
    keys = [row.key for batch in plan for tree in batch.trees for row in tree.rows]
    return Lap(seconds, len(keys), sum(sizes[key] for key in keys), losses[-1].tokens)


def _plain(plain: PlainTraining, some: list[Encoded], rows: int) -> Lap:
    begin = time.perf_counter()
    run = sum(plain.step(some[at : at + rows]) for at in range(0, len(some), rows))
    seconds = time.perf_counter() - begin
    return Lap(seconds, len(some), sum(len(item.ids) for item in some), run)


def _rate(lap: Lap) -> float:
    return lap.examples / lap.seconds


def _figures(laps: list[Lap], examples: int, notes: int) -> dict[str, float]:
    """Medians over the rounds; a note's share of `examples` (all passes) at the median rate."""
    rate = median((_rate(lap) for lap in laps), 6)
    return {
        "examples_per_second": round(rate, 3),
        "tokens_per_second": median((lap.tokens / lap.seconds for lap in laps), 1),
        "run_tokens_per_second": median((lap.run / lap.seconds for lap in laps), 1),
        "seconds_per_note": round(examples / notes / rate, 3),
    }
