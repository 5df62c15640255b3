"""How well a model reads one passage, measured on topics that no training saw."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sealmate.edits.screen import correct, is_abstention
from sealmate.evidence import posed
from sealmate.model.protocol import LanguageModel
from sealmate.practice.reader import about_another, told_elsewhere
from sealmate.practice.slots import Fillers, fill
from sealmate.practice.warmup import mirror_stock
from sealmate.prompts import Reference
from sealmate.reading import SAID, Asked, Reading, read, weighed

DECLINED = 0.95  # of the near misses, where it is asked how many right answers stay


@dataclass(frozen=True, slots=True)
class Comprehension:
    """Shares of 1, on `questions` about `notes` filled notes of the held-out topics.

    `right`: right answers, whatever their confidence; `given`: right and given. Declined are, of
    questions that sound right and are not answered, `near` (a known thing, a relation never
    told), `another` (the note's own question about somebody else) and `elsewhere` (what another
    note on the topic answers). `order` is how often a right answer is surer than what is said to
    a near miss (area under the ROC curve), `order_another` the same of those about somebody else;
    `kept` is the share of right answers that stay with the cut that declines DECLINED of the near
    misses. `order_posed` and `kept_posed` are these with what speaks for an answer from how its
    question would come about (see `evidence.posed`).
    """

    notes: int
    questions: int
    right: float
    given: float
    near: float
    another: float
    elsewhere: float
    order: float
    order_another: float
    kept: float
    order_posed: float
    kept_posed: float


def comprehend(model: LanguageModel, assets: Path, notes: int = 80, seed: int = 5) -> Comprehension:
    """Ask the model, with its reader if it has one, as the product reads."""
    rng = random.Random(seed)
    fillers = Fillers.load(assets / "stock" / "fillers.json")
    stock = mirror_stock(assets / "stock")
    filled = [fill(note, rng, fillers) for note in rng.sample(stock, min(notes, len(stock)))]
    asked: dict[str, list[Asked]] = {"": [], "near": [], "another": [], "elsewhere": []}
    answers: list[str] = []
    for note in filled:
        shown = (Reference("", note.note),)
        for wordings, answer in note.qa:
            asked[""].append(Asked(rng.choice(wordings), shown))
            answers.append(answer)
        asked["near"] += [Asked(question, shown) for question in note.near]
        for kind, question in (("another", about_another(note, filled, rng)),
                               ("elsewhere", told_elsewhere(note, filled, rng))):  # fmt: skip
            asked[kind] += [Asked(question, shown)] if question else []
    said = {kind: read(model, some) if some else [] for kind, some in asked.items()}
    hits = [
        (one, reading)
        for one, reading, answer in zip(asked[""], said[""], answers, strict=True)
        if correct(reading.text, answer)
    ]
    sure = [reading.confidence for _, reading in hits]
    unsaid = [_surety(reading) for reading in said["near"]]
    backed = _with_evidence(model, hits)
    suspected = _with_evidence(model, list(zip(asked["near"], said["near"], strict=True)))
    return Comprehension(
        notes=len(filled),
        questions=len(answers),
        right=len(hits) / len(answers),
        given=sum(share >= SAID for share in sure) / len(answers),
        near=_declined(said["near"]),
        another=_declined(said["another"]),
        elsewhere=_declined(said["elsewhere"]),
        order=_order(sure, unsaid),
        order_another=_order(sure, [_surety(reading) for reading in said["another"]]),
        kept=_kept(sure, unsaid),
        order_posed=_order(backed, suspected),
        kept_posed=_kept(backed, suspected),
    )


def as_dict(found: Comprehension) -> dict[str, float]:
    """Rounded, for a card."""
    return {key: round(value, 3) for key, value in asdict(found).items()}


def _surety(reading: Reading) -> float:
    return 0.0 if is_abstention(reading.text) else reading.confidence


def _with_evidence(model: LanguageModel, answered: Sequence[tuple[Asked, Reading]]) -> list[float]:
    readings = [reading for _, reading in answered]
    nats = posed(model, [one for one, _ in answered], readings)
    return [weighed(_surety(one), more) for one, more in zip(readings, nats, strict=True)]


def _kept(high: Sequence[float], low: Sequence[float]) -> float:
    cut = sorted(low)[min(len(low) - 1, int(DECLINED * len(low)))] if low else 0.0
    return sum(value > cut for value in high) / len(high) if high else 0.0


def _declined(readings: Sequence[Reading]) -> float:
    return sum(_surety(r) < SAID for r in readings) / len(readings) if readings else 0.0


def _order(high: Sequence[float], low: Sequence[float]) -> float:
    pairs = len(high) * len(low)
    above = sum((a > b) + 0.5 * (a == b) for a in high for b in low)
    return above / pairs if pairs else 0.0
