"""How good a writer is, measured on topics it never saw."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from sealmate import prompts
from sealmate.edits.checks import strip_reference
from sealmate.edits.screen import correct, grounded_answer, is_abstention
from sealmate.edits.write import Plan, Text, Written, write
from sealmate.model.local import LocalModel
from sealmate.model.protocol import Prompt, Request, Sampling
from sealmate.practice.slots import FilledNote, Fillers, fill
from sealmate.practice.warmup import mirror_stock
from sealmate.prompts import Reference


@dataclass(frozen=True, slots=True)
class Mirror:
    """Shares of 1, on `notes` filled notes of the held-out topics.

    `open_book`: right answers from one passage; `open_book_many`: from four, with distractors;
    `cited`: the right reference number among those; `not_said`: near misses declined;
    `closed_abstention`: closed-book questions declined; `kept`: drafts that pass the checks;
    `grounded`: kept answers that stand in the passage; `carried`: questions of other hands whose
    answer some kept edit carries; `judge`: right verdicts on whether two answers agree.
    """

    notes: int
    open_book: float
    open_book_many: float
    cited: float
    not_said: float
    closed_abstention: float
    kept: float
    grounded: float
    carried: float
    judge: float


def look(model: LocalModel, assets: Path, notes: int = 40, seed: int = 11) -> Mirror:
    """Measure the model, with the writer it stands on, in the mirror."""
    rng = random.Random(seed)
    fillers = Fillers.load(assets / "stock" / "fillers.json")
    filled = [fill(n, rng, fillers) for n in rng.sample(mirror_stock(assets / "stock"), notes)]
    single, many, cited, unsaid = _reading(model, filled, rng)
    closed = [rng.choice(rng.choice(note.qa)[0]) for note in filled]
    closed += [rng.choice(note.near) for note in filled]
    silent = _answers(model, [prompts.closed_book(q) for q in closed])
    kept, grounded, carried = _writing(model, filled)
    return Mirror(
        notes, single, many, cited, unsaid, _share([is_abstention(a) for a in silent]),
        kept, grounded, carried, _judging(model, filled, rng),
    )  # fmt: skip


def _reading(
    model: LocalModel, filled: Sequence[FilledNote], rng: random.Random
) -> tuple[float, float, float, float]:
    asked = [(i, rng.choice(w), a) for i, note in enumerate(filled) for w, a in note.qa]
    one = [prompts.open_book(q, [Reference("", filled[i].note)]) for i, q, _ in asked]
    single = _answers(model, one)
    shown = []
    for i, _, _ in asked:
        others = rng.sample([k for k in range(len(filled)) if k != i], 3)
        order = [i, *others]
        rng.shuffle(order)
        shown.append(order)
    wide = [
        prompts.open_book(q, [Reference("", filled[k].note) for k in order])
        for (_, q, _), order in zip(asked, shown, strict=True)
    ]
    several = _answers(model, wide)
    near = [(i, q) for i, note in enumerate(filled) for q in note.near]
    declined = _answers(
        model, [prompts.open_book(q, [Reference("", filled[i].note)]) for i, q in near]
    )
    answers = [a for _, _, a in asked]
    return (
        _share([correct(strip_reference(g), a) for g, a in zip(single, answers, strict=True)]),
        _share([correct(strip_reference(g), a) for g, a in zip(several, answers, strict=True)]),
        _share(
            [
                g.rstrip(" .").endswith(f"[{order.index(i) + 1}]")
                for g, order, (i, _, _) in zip(several, shown, asked, strict=True)
            ]
        ),
        _share([is_abstention(strip_reference(g)) for g in declined]),
    )


def _writing(model: LocalModel, filled: Sequence[FilledNote]) -> tuple[float, float, float]:
    texts = [Text(i, "", note.note) for i, note in enumerate(filled)]
    drafts = kept = grounded = carried = asked = 0
    for item in write(model, texts, Plan(samples=4)):
        if not isinstance(item, Written):
            continue
        note = filled[item.passage_id]
        pairs = [d for d in item.drafts if d.format == "self-qa"]
        good = [d for d in pairs if d.kept]
        drafts, kept = drafts + len(pairs), kept + len(good)
        grounded += sum(grounded_answer(d.answer, note.note) for d in good)
        given = [d.answer for d in good] + [a for _, a in item.probes]
        asked += len(note.qa)
        carried += sum(any(correct(g, answer) for g in given) for _, answer in note.qa)
    return kept / max(1, drafts), grounded / max(1, kept), carried / max(1, asked)


def _judging(model: LocalModel, filled: Sequence[FilledNote], rng: random.Random) -> float:
    cases = []
    for note, other in pairwise(filled):
        wordings, answer = rng.choice(note.qa)
        cases.append((wordings[0], answer, f"It is {answer.lower()}.", "yes"))
        wrong = rng.choice(other.qa)[1]
        if not correct(wrong, answer):
            cases.append((wordings[0], answer, wrong, "no"))
    replies = _answers(model, [prompts.same_answer(q, a, b) for q, a, b, _ in cases], 4)
    return _share(
        [r.lower().startswith(want) for r, (_, _, _, want) in zip(replies, cases, strict=True)]
    )


def _answers(model: LocalModel, asked: Sequence[Prompt], limit: int = 24) -> list[str]:
    requests = [Request(prompt, sampling=Sampling(max_tokens=limit)) for prompt in asked]
    return [replies[0].text for replies in model.generate(requests)]


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0


def as_dict(mirror: Mirror) -> dict[str, float]:
    """Rounded, for a card."""
    return {key: round(value, 3) for key, value in asdict(mirror).items()}
