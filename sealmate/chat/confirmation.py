"""Short answers from the notes, held against each passage read by itself.

All passages found stand in one prompt, as an answer may draw on several; but a small model that
reads them together mixes them up. What it says shortly counts only as one of the passages bears it
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event as Flag

from sealmate import prompts
from sealmate.chat.answer import read_references
from sealmate.chat.retrieval import title_of
from sealmate.edits.fitting import fits
from sealmate.edits.screen import is_abstention, same_answer
from sealmate.edits.titles import telling
from sealmate.edits.words import content, tokens, within
from sealmate.model.protocol import LanguageModel, Prompt, Turn
from sealmate.prompts import Reference
from sealmate.reading import SAID, SHORT, Asked, Reading, read
from sealmate.recital import Recollection
from sealmate.records import Hit


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be asked of the model; no `hits` means closed-book. `question` is put to the
    passages, `said` is what the person asked."""

    question: str
    prompt: Prompt
    hits: tuple[Hit, ...]
    history: tuple[Turn, ...]
    said: str


def prompt_of(question: str, hits: Sequence[Hit], turns: Sequence[Turn]) -> Prompt:
    """The prompt for all passages together, or for none."""
    if not hits:
        return prompts.closed_book(question, turns)
    return prompts.open_book(question, _references(question, hits, turns), turns)


def confirm(
    model: LanguageModel,
    plans: Sequence[Plan],
    replies: Sequence[Recollection],
    adapter: str | None,
    max_tokens: int,
    cancel: Flag | None,
) -> list[Recollection]:
    """The replies, those from the notes that are short confirmed, put right or taken back.

    A long one stands, and so does one that names several passages. Raises Cancelled.
    """
    done = list(replies)
    short = [n for n, plan in enumerate(plans) if plan.hits and _is_short(plan, done[n])]
    readings = read(
        model,
        [_asked(plans[n]) for n in short],
        adapter=adapter,
        max_tokens=max_tokens,
        cancel=cancel,
    )
    for n, reading in zip(short, readings, strict=True):
        done[n] = _settled(plans[n], done[n], reading)
    return done


def _is_short(plan: Plan, reply: Recollection) -> bool:
    text, numbers = read_references(reply.text, len(plan.hits))
    return is_abstention(text) or (len(text.split()) <= SHORT and len(numbers) < 2)


def _asked(plan: Plan) -> Asked:
    return Asked(
        plan.question,
        tuple(_references(plan.question, plan.hits, plan.history)),
        plan.history,
        tuple(hit.score for hit in plan.hits),
    )


def _settled(plan: Plan, reply: Recollection, reading: Reading) -> Recollection:
    if reading.confidence < SAID or is_abstention(reading.text):
        return Recollection(prompts.NOT_SAID, 1.0 - reading.confidence)
    text, numbers = read_references(reply.text, len(plan.hits))
    number = reading.reference + 1
    if same_answer(text, reading.text) and number in (numbers or (number,)):
        return replace(reply, confidence=reading.confidence)
    return Recollection(f"{reading.text} [{number}]", reading.confidence)


def _references(question: str, hits: Sequence[Hit], turns: Sequence[Turn]) -> list[Reference]:
    """What the hits say under their titles; one that tells nothing only where it was asked for.

    A small model takes the number of a file for a fact.
    """
    asked = content(tokens(" ".join([question, *(turn.content for turn in turns)])))

    def title(hit: Hit) -> str:
        text = title_of(hit)
        there = tokens(text)
        return text if telling(text) or any(within(word, there) for word in asked) else ""

    return [Reference(title(hit), hit.passage.text) for hit in hits]


def repeats_time(plan: Plan, text: str) -> bool:
    """Whether an answer only repeats words that were left out of what the passages were asked:
    who it was "before Dr Lane" was not Dr Lane."""
    left_out = plan.said != plan.question and fits(plan.question, text)
    return left_out and not fits(plan.said, text)
