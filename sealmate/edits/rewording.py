"""More wordings of a question whose answer did not stick.

What fails is learnt from more ways of asking for it rather than from the same ones once more:
varied wordings are what makes a fact retrievable at all (Allen-Zhu and Li 2023, arXiv 2309.14316).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.checks import add_asked, round_trip
from sealmate.edits.drafts import Draft, Text, work_on
from sealmate.edits.parse import parse_question
from sealmate.edits.screen import same_answer
from sealmate.model.protocol import LanguageModel, Request, Sampling


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer that a passage gives, and how it was asked for already, probes included; `turn`
    is how often it was to be asked for otherwise before."""

    text: Text
    answer: str
    known: tuple[str, ...] = ()
    turn: int = 0


def reword(
    model: LanguageModel,
    wanted: Sequence[Wanted],
    *,
    samples: int = 6,
    temperature: float = 0.8,
    seed: int = 7,
    cancel: Flag | None = None,
) -> list[Draft]:
    """New questions with these answers that came back the same from their passages, as drafts.

    Of one that is a wording known already, in whatever case, there is none. Raises Cancelled.
    """
    if not wanted:
        return []
    works = [work_on(one.text) for one in wanted]
    requests = [
        Request(
            prompts.ask_for(one.answer, work.text.heading, work.safe),
            samples,
            Sampling(temperature, max_tokens=40, seed=seed + one.turn),  # or it says the same again
        )
        for one, work in zip(wanted, works, strict=True)
    ]
    replies = model.generate(requests, cancel=cancel)
    for one, work, completions in zip(wanted, works, replies, strict=True):
        taken = {question.casefold() for question in one.known}
        for completion in completions:
            question = parse_question(completion.text)
            if not question or question.casefold() in taken:
                continue
            taken.add(question.casefold())
            add_asked(work, question, one.answer, temperature, "reword")
    round_trip(model, works, cancel)
    return [
        draft
        for one, work in zip(wanted, works, strict=True)
        for draft in work.drafts
        if draft.kept and same_answer(draft.answer, one.answer)
    ]
