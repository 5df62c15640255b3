"""The writer at work: passages in, checked self-edits and held-out probes out.

A passage is written about in stages, each batched over many passages: question lists (greedy
and sampled), statements, questions the passage does not answer; then questions for whatever
spans no answer covers; then the round trip, in which every question is answered open-book from
its passage and must come back the same. SEAL (arXiv 2506.10943) trains on what the model
writes unchecked; nothing here is trained on that its passage does not bear out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.checks import (
    add_asked,
    check_statements,
    check_unknown,
    round_trip,
    screen_draft,
)
from sealmate.edits.drafts import Draft, Text, Work, work_on
from sealmate.edits.parse import parse_pairs, parse_question, parse_statements
from sealmate.edits.screen import coverage, near_duplicate, uncovered
from sealmate.events import Progress, Started
from sealmate.model.protocol import Completion, LanguageModel, Request, Sampling
from sealmate.prompts import WRITING
from sealmate.records import EditFormat

__all__ = ["Draft", "Plan", "Text", "Written", "write"]


ATTEMPTS = 2  # times questions are asked for about what none covers


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to write per passage."""

    samples: int = 6
    temperature: float = 0.8
    statements: tuple[str, ...] = ("rewrite", "implications")
    unknown: int = 6
    ask: int = 3
    wordings: int = 4
    held_out: int = 2
    seed: int = 7
    chunk: int = 20


@dataclass(frozen=True, slots=True)
class Written:
    """The edits and held-out probes (question, answer) of one passage."""

    passage_id: int
    drafts: tuple[Draft, ...]
    probes: tuple[tuple[str, str], ...]
    coverage: float


def write(
    model: LanguageModel, texts: Sequence[Text], plan: Plan, *, cancel: Flag | None = None
) -> Iterator[Started | Progress | Written]:
    """Write about `texts`, a chunk at a time; each passage's result comes as one `Written`.

    Writing is done without any memory adapter, so that what was learnt last night cannot leak
    into tonight's edits. Raises Cancelled between batches; passages already yielded are done.
    """
    yield Started("write", total=len(texts))
    for at in range(0, len(texts), plan.chunk):
        works = [work_on(text) for text in texts[at : at + plan.chunk]]
        _draft(model, works, plan, cancel)
        round_trip(model, works, cancel)
        for attempt in range(ATTEMPTS):
            _fill_gaps(model, works, plan, attempt, cancel)
        check_statements(model, works, cancel)
        check_unknown(model, works, cancel)
        for work in works:
            yield _finish(work, plan)
        yield Progress("write", at + len(works), len(texts))


def _draft(model: LanguageModel, works: Sequence[Work], plan: Plan, cancel: Flag | None) -> None:
    """The formats, all passages in one batch each."""
    jobs: list[tuple[Work, str, Request]] = []
    for work in works:
        room = min(700, 80 + 3 * model.count_tokens(work.safe))
        for name, samples in (
            ("self-qa", plan.samples), *((name, 1) for name in plan.statements),
            ("unknown", plan.unknown),
        ):  # fmt: skip
            prompt = prompts.writing(name, work.text.heading, work.safe)
            limit = 40 if name == "unknown" else room
            if name != "unknown":
                jobs.append((work, name, Request(prompt, 1, Sampling(max_tokens=limit))))
            if name in ("self-qa", "unknown") and samples:
                warm = Sampling(plan.temperature, max_tokens=limit, seed=plan.seed)
                jobs.append((work, name, Request(prompt, samples, warm)))
    answers = model.generate([job[2] for job in jobs], cancel=cancel)
    for (work, name, request), completions in zip(jobs, answers, strict=True):
        for completion in completions:
            _take(work, name, completion, request.sampling.temperature)


def _take(work: Work, name: str, completion: Completion, temperature: float) -> None:
    """Parse one completion into drafts, dropping duplicates and what is plainly not there."""
    hash_ = WRITING[name].hash

    def add(format_: EditFormat, question: str, answer: str, text: str) -> None:
        draft = Draft(work.text.id, format_, question, answer, text, hash_, temperature, name)
        work.drafts.append(screen_draft(work, draft))

    if name == "self-qa":
        for pair in parse_pairs(completion.text):
            if not work.asks(pair.question, pair.answer):
                add("self-qa", pair.question, pair.answer, f"{pair.question} {pair.answer}")
    elif name == "unknown":
        question = parse_question(completion.text)
        if question and not any(near_duplicate(question, known) for known in work.questions()):
            add("unknown", question, "", question)
    else:
        for statement in parse_statements(completion.text):
            known = work.statements()
            if len(statement.split()) > 2 and not any(near_duplicate(statement, k) for k in known):
                add(_statement_format(name), "", "", statement)


def _statement_format(name: str) -> EditFormat:
    formats: dict[str, EditFormat] = {
        "rewrite": "rewrite",
        "implications": "implications",
        "implications-long": "implications-long",
        "very-long": "very-long",
    }
    return formats[name]


def _fill_gaps(
    model: LanguageModel, works: Sequence[Work], plan: Plan, attempt: int, cancel: Flag | None
) -> None:
    """Ask for questions about spans without any, and the first time for more wordings of those
    with few."""
    jobs: list[tuple[Work, str, Request]] = []
    for work in works:
        pairs = work.pairs()
        counts: dict[str, int] = {}
        for _, answer in pairs:
            counts[answer] = counts.get(answer, 0) + 1
        wanted = [a for a, count in counts.items() if count < plan.wordings and not attempt]
        gaps = uncovered(work.safe, pairs, [])
        for answer in [*gaps, *wanted]:
            samples = plan.ask + 1 if answer in gaps else plan.ask
            prompt = prompts.ask_for(answer, work.text.heading, work.safe)
            warm = Sampling(plan.temperature, max_tokens=40, seed=plan.seed + 1 + attempt)
            jobs.append((work, answer, Request(prompt, samples, warm)))
    if not jobs:
        return
    replies = model.generate([job[2] for job in jobs], cancel=cancel)
    for (work, answer, request), completions in zip(jobs, replies, strict=True):
        for completion in completions:
            question = parse_question(completion.text)
            if not question or work.asks(question, answer):
                continue
            add_asked(work, question, answer, request.sampling.temperature, "ask")
    # drafts that have been through the round trip carry its reason and are not asked again
    round_trip(model, works, cancel)


def _finish(work: Work, plan: Plan) -> Written:
    """Choose held-out probes: wordings of facts that other wordings teach, so recall is fair."""
    rng = random.Random(plan.seed * 1_000_003 + work.text.id)
    by_answer: dict[str, list[int]] = {}
    for n, draft in enumerate(work.drafts):
        if draft.kept and draft.format == "self-qa":
            by_answer.setdefault(draft.answer.casefold(), []).append(n)
    rich = [indices for indices in by_answer.values() if len(indices) >= 3]
    chosen = rng.sample(rich, min(plan.held_out, len(rich)))
    held = {rng.choice(indices) for indices in chosen}
    probes = tuple((work.drafts[n].question, work.drafts[n].answer) for n in sorted(held))
    drafts = tuple(draft for n, draft in enumerate(work.drafts) if n not in held)
    return Written(
        work.text.id, drafts, probes, coverage(work.safe, work.pairs(), work.statements())
    )
