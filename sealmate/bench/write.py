"""Writing speed: our batched decoding beside transformers' `generate`, on the same prompts.

Ours writes about all notes as a night does (lists, statements, round trip, gaps, checks), and
its requests are kept; the plain loop then answers the requests of some of the notes, passage by
passage, with the same limits. The ratio is of tokens made a second, for sampled texts differ in
length by chance; seconds a note are given beside it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any, cast

from sealmate.bench.machine import machine
from sealmate.bench.plain import load_plain, plain_write
from sealmate.bench.report import median
from sealmate.bench.stock import practice_notes
from sealmate.edits.secrets import redact
from sealmate.edits.write import Plan, Text, write
from sealmate.errors import UsageError
from sealmate.events import Event, Note, Progress, Started
from sealmate.model.local import LocalModel
from sealmate.model.protocol import Completion, LanguageModel, Request, Sampling, Turn
from sealmate.settings import Settings

# (seconds, tokens made, notes written about)
Lap = tuple[float, int, int]


class Recorder:
    """A model that keeps what it was asked, batch by batch, and counts the tokens it made."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.stages: list[list[Request]] = []
        self.tokens = 0

    def generate(self, requests: Sequence[Request], **how: Any) -> list[list[Completion]]:
        """As the model does."""
        self.stages.append(list(requests))
        done = self._model.generate(requests, **how)
        self.tokens += sum(len(c.logprobs) for completions in done for c in completions)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def bench_write(
    model: LocalModel,
    settings: Settings,
    *,
    notes: int = 6,
    rounds: int = 3,
    plain_notes: int = 1,
) -> Generator[Event, None, dict[str, Any]]:
    """Yield events; the value is the figures. Each round ours writes about all `notes` and the
    plain loop about the next `plain_notes` of them. Raises UsageError for counts of 0."""
    if rounds < 1 or not 1 <= plain_notes <= notes:
        raise UsageError("nothing to measure", "give 1 round or more, and 1 plain note or more")
    texts = [
        Text(number, "", note.note)
        for number, note in enumerate(practice_notes(notes, settings.seed), 1)
    ]
    plan = Plan(
        samples=settings.qa_samples,
        temperature=settings.temperature,
        held_out=settings.held_out,
        seed=settings.seed,
    )
    writer = model.base.writer
    plain_model = load_plain(model.info.folder, model.base, writer)
    tokenizer = model.base.tokenizer
    yield Started("warm up")
    hello = Request((Turn("user", "Hello"),), 2, Sampling(0.9, max_tokens=8))
    model.generate([hello])
    plain_write(plain_model, tokenizer, [hello])
    mine: list[Lap] = []
    theirs: list[Lap] = []
    yield Started("measure", rounds, f"{rounds} rounds of ours, then of the plain loop")
    for number in range(rounds):
        recorder = Recorder(model)
        mine.append(_ours(recorder, texts, plan))
        turn = [texts[(number * plain_notes + n) % notes] for n in range(plain_notes)]
        theirs.append(_plain(plain_model, tokenizer, recorder.stages, turn))
        yield Note(
            f"round {number + 1}: ours {_rate(mine[-1]):.1f} tokens/s, "
            f"plain {_rate(theirs[-1]):.1f}"
        )
        yield Progress("measure", number + 1, rounds)
    ours, other = _figures(mine), _figures(theirs)
    ratio = ours["tokens_per_second"] / max(other["tokens_per_second"], 1e-9)
    by_note = other["seconds_per_note"] / max(ours["seconds_per_note"], 1e-9)
    return {
        "ratio": round(ratio, 2),
        "ratio_is": "tokens per second, ours / plain",
        "ratio_seconds_per_note": round(by_note, 2),
        "ours": ours,
        "plain": other,
        "notes": notes,
        "plain_notes": plain_notes,
        "rounds": rounds,
        "writer": writer is not None,
        **machine(model.base),
    }


def of_passage(stages: Sequence[Sequence[Request]], text: Text) -> list[list[Request]]:
    """Stage by stage the requests about one passage, told by its words in the prompt."""
    safe = redact(text.text, text.heading)
    return [[r for r in stage if safe in r.prompt[-1].content] for stage in stages]


def _ours(recorder: Recorder, texts: Sequence[Text], plan: Plan) -> Lap:
    begin = time.perf_counter()
    for _ in write(cast("LanguageModel", recorder), texts, plan):
        pass
    return time.perf_counter() - begin, recorder.tokens, len(texts)


def _plain(
    model: Any, tokenizer: Any, stages: Sequence[Sequence[Request]], texts: Sequence[Text]
) -> Lap:
    begin = time.perf_counter()
    made = sum(
        plain_write(model, tokenizer, requests)
        for text in texts
        for requests in of_passage(stages, text)
    )
    return time.perf_counter() - begin, made, len(texts)


def _rate(lap: Lap) -> float:
    seconds, tokens, _ = lap
    return tokens / seconds


def _figures(laps: Sequence[Lap]) -> dict[str, float]:
    return {
        "tokens_per_second": median((_rate(lap) for lap in laps), 1),
        "seconds_per_note": median((seconds / notes for seconds, _, notes in laps), 3),
        "tokens_per_note": median((tokens / notes for _, tokens, notes in laps), 1),
    }
