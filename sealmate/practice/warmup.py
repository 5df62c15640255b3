"""Supervised warm-up of the writer adapter on the slotted stock.

Knows nothing about which model it teaches: everything goes through the product's prompts and
the model's own chat template.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event as Flag

from sealmate import prompts
from sealmate.events import Event, Note, Started
from sealmate.model.local import LocalModel
from sealmate.model.protocol import Request, Sampling, Turn
from sealmate.practice.lessons import USUAL, Balance, lessons
from sealmate.practice.slots import Fillers, SlottedNote, load_stock, topics_held_out
from sealmate.training.batches import Example
from sealmate.training.loop import Recipe, Trainer

WRITER_RECIPE = Recipe(
    rank=32, alpha=32, upper=0.8, learning_rate=8e-4, passes=1.0, tokens=1024, warmup=0.05, seed=7
)


def training_stock(folder: Path) -> list[SlottedNote]:
    """All notes but those of the held-out topics, which are the mirror the writer is judged in."""
    stock = load_stock(folder)
    mirror = topics_held_out({note.topic for note in stock})
    return [note for note in stock if note.topic not in mirror]


def mirror_stock(folder: Path) -> list[SlottedNote]:
    """The notes of the held-out topics."""
    stock = load_stock(folder)
    mirror = topics_held_out({note.topic for note in stock})
    return [note for note in stock if note.topic in mirror]


def general_chat(model: LocalModel, file: Path, limit: int, cancel: Flag | None) -> list[Example]:
    """General requests with the base's own answers, to be kept as they are (KL to the base)."""
    asked = [json.loads(line)["prompt"] for line in file.read_text().splitlines()[:limit]]
    made = []
    turns = [(prompts.system(), Turn("user", text)) for text in asked]
    requests = [Request(prompt, sampling=Sampling(max_tokens=80)) for prompt in turns]
    for prompt, answers in zip(turns, model.generate(requests, cancel=cancel), strict=True):
        if answers[0].text:
            made.append(Example(prompt, answers[0].text, "chat", "chat", kl=True))
    return made


def warm_up(
    model: LocalModel,
    assets: Path,
    out: Path,
    *,
    notes: int = 0,
    skip: int = 0,
    steps: int = 0,
    balance: Balance = USUAL,
    start_from: Path | None = None,
    recipe: Recipe = WRITER_RECIPE,
    checkpoint: Path | None = None,
    cancel: Flag | None = None,
) -> Iterator[Event]:
    """Teach a fresh adapter on `notes` notes of the stock (0 = all) and write it to `out`.

    `steps` cuts the plan short (0 = all of it); the learning rate decays to its end by then. A
    second stage goes on from the adapter `start_from` with notes after the first `skip`.
    """
    rng = random.Random(recipe.seed)
    stock: Sequence[SlottedNote] = training_stock(assets / "stock")
    if notes and skip + notes < len(stock):
        # the same seed draws the same order, so a later stage can take the notes after these
        stock = rng.sample(list(stock), skip + notes)[skip:]
    fillers = Fillers.load(assets / "stock" / "fillers.json")
    examples = lessons(stock, fillers, rng, balance)
    yield Started("general chat", detail="the base answers general requests")
    examples += general_chat(model, assets / "general" / "chat.jsonl", 60, cancel)
    kinds: dict[str, int] = {}
    for example in examples:
        kinds[example.kind] = kinds.get(example.kind, 0) + 1
    yield Note(f"{len(stock)} notes, {len(examples)} examples: {kinds}")
    yield from train_into(
        out, model, recipe, examples, steps=steps, start_from=start_from,
        checkpoint=checkpoint, cancel=cancel,
    )  # fmt: skip


def train_into(
    out: Path,
    model: LocalModel,
    recipe: Recipe,
    examples: Sequence[Example],
    *,
    steps: int,
    start_from: Path | None,
    checkpoint: Path | None,
    cancel: Flag | None,
) -> Iterator[Event]:
    """Run the first `steps` (0 = all) of the recipe's plan and write the adapter to `out`."""
    trainer = Trainer(
        model,
        recipe,
        examples,
        name="pupil",
        start_from=start_from,
        checkpoint=checkpoint,
        cancel=cancel,
    )
    trainer.cut(steps)
    yield Started("train", total=len(trainer.plan()))
    yield from trainer.run(every=20)
    trainer.save(out)
    trainer.forget_checkpoint()
