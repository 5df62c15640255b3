"""From filled notes to training examples for the writer, all through the product's prompts."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sealmate import prompts
from sealmate.model.protocol import Prompt, Turn
from sealmate.practice.slots import FilledNote, Fillers, SlottedNote, fill
from sealmate.prompts import DONT_KNOW, NOT_SAID, Reference
from sealmate.training.batches import Example

_SHORT = {
    "when": "And when?",
    "where": "And where?",
    "how much": "And how much is it?",
    "who": "And who?",
    "why": "And why?",
}


@dataclass(frozen=True, slots=True)
class Balance:
    """How many lessons of a kind a note gets: chances, and `read` as a count of questions.

    Too many unanswered questions make a reader that declines what it could answer: with one for
    every two answers it declined a third of plain questions. A surer "I don't know" closed-book
    is also harder for a night's facts to overcome.
    """

    statements: float = 0.8
    ask: float = 2.0
    unknown: float = 0.5
    check: float = 0.35
    read: int = 4
    not_said: float = 0.9
    stranger: float = 0.4
    follow_up: float = 0.15
    judge: float = 0.6
    dont_know: float = 0.5


USUAL = Balance()


def note_lessons(
    note: FilledNote,
    key: str,
    rng: random.Random,
    heading: str = "",
    balance: Balance = USUAL,
) -> list[Example]:
    """What can be written about one passage: the self-edit formats, probes and checks."""

    def example(prompt: Prompt, answer: str, kind: str) -> Example:
        return Example(prompt, answer, share=key, kind=kind)

    made = [example(prompts.writing("self-qa", heading, note.note), _pairs(note, rng), "self-qa")]
    style = rng.choices(("rewrite", "implications", "implications-long", "very-long"),
                        (0.4, 0.35, 0.15, 0.1))[0]  # fmt: skip
    if rng.random() < balance.statements:
        made.append(
            example(
                prompts.writing(style, heading, note.note), _statements(note, style, rng), style
            )
        )
    asked = int(balance.ask) + (rng.random() < balance.ask % 1)
    for wordings, answer in rng.sample(note.qa, min(asked, len(note.qa))):
        made.append(
            example(prompts.ask_for(answer, heading, note.note), rng.choice(wordings), "ask")
        )
    if rng.random() < balance.unknown:
        made.append(
            example(
                prompts.writing("unknown", heading, note.note), rng.choice(note.near), "unknown"
            )
        )
    if rng.random() < balance.check:
        fact = rng.choice(note.facts)
        made.append(example(prompts.check(fact, heading, note.note), "yes", "check"))
    return made


def false_check(
    note: FilledNote, other: FilledNote, key: str, rng: random.Random, heading: str = ""
) -> Example | None:
    """A statement with one value changed for one the note does not have."""
    values = [value for value in note.values.values() if any(value in f for f in note.facts)]
    spare = [value for slot, value in other.values.items() if value not in note.note]
    rng.shuffle(values)
    for value in values:
        kind = next(slot for slot, known in note.values.items() if known == value)[:3]
        swaps = [v for slot, v in other.values.items() if slot[:3] == kind and v in spare] or spare
        for fact in note.facts:
            if value in fact and swaps:
                wrong = fact.replace(value, rng.choice(swaps))
                return Example(prompts.check(wrong, heading, note.note), "no", key, "check")
    return None


def reading_lessons(
    notes: Sequence[FilledNote],
    key: str,
    rng: random.Random,
    stranger: FilledNote | None = None,
    balance: Balance = USUAL,
) -> list[Example]:
    """Open-book answers from a few numbered passages, and what they do not say."""
    order = list(notes)
    rng.shuffle(order)
    # most notes are their own title, files and pages bring one
    references = [
        Reference(note.topic.capitalize() if rng.random() < 0.3 else "", note.note)
        for note in order
    ]
    made = []
    for number, note in enumerate(order, 1):
        for wordings, answer in rng.sample(note.qa, min(balance.read, len(note.qa))):
            made.append(
                Example(
                    prompts.open_book(rng.choice(wordings), references),
                    f"{answer} [{number}]",
                    key,
                    "read",
                )
            )
        if rng.random() < balance.not_said:
            prompt = prompts.open_book(rng.choice(note.near), references)
            made.append(Example(prompt, NOT_SAID, key, "not-said"))
    if stranger is not None and rng.random() < balance.stranger:
        question = rng.choice(rng.choice(stranger.qa)[0])
        made.append(Example(prompts.open_book(question, references), NOT_SAID, key, "not-said"))
    return made


def follow_up(note: FilledNote, key: str, rng: random.Random) -> Example | None:
    """A short second question that only the first makes clear."""
    if len(note.qa) < 2:
        return None
    (first, first_answer), (second, answer) = rng.sample(note.qa, 2)
    question = rng.choice(second)
    short = next((s for k, s in _SHORT.items() if question.lower().startswith(k)), None)
    kinds = [q[0].lower().split()[0] for q, _ in note.qa]
    if short is not None and kinds.count(question.lower().split()[0]) == 1:
        question = short
    history = (Turn("user", rng.choice(first)), Turn("assistant", first_answer))
    prompt = prompts.open_book(question, [Reference("", note.note)], history)
    return Example(prompt, f"{answer} [1]", key, "follow-up")


def unknown_lessons(
    notes: Sequence[FilledNote], rng: random.Random, balance: Balance = USUAL
) -> list[Example]:
    """Closed-book questions about things never told, asked outright or to be recalled for."""
    made: list[Example] = []
    for note in notes:
        asked = [rng.choice(rng.choice(note.qa)[0]), rng.choice(note.near)]
        for question in asked:
            if rng.random() < balance.dont_know:
                direct = rng.random() < 0.5
                prompt = prompts.closed_book(question) if direct else prompts.recall(question)
                share = "closed" if direct else "recall"
                made.append(Example(prompt, DONT_KNOW, share, "dont-know"))
    return made


def judge_lessons(note: FilledNote, other: FilledNote, rng: random.Random) -> list[Example]:
    """Whether two answers agree, and which of two notes supersedes the other."""
    wordings, answer = rng.choice(note.qa)
    agree = rng.random() < 0.5
    second = _reworded(answer, rng) if agree else rng.choice(other.qa)[1]
    if not agree and second.lower() == answer.lower():
        return []
    first, later = answer, second
    if rng.random() < 0.5:
        first, later = later, first
    made = [
        Example(
            prompts.same_answer(rng.choice(wordings), first, later),
            "yes" if agree else "no",
            "judge",
            "same",
        )
    ]
    days = sorted(rng.sample(range(1, 29), 2))
    dates = [f"{days[0]} March", f"{days[1]} March"]
    value = next((v for v in note.values.values() if v in note.facts[0]), None)
    slot = next((s for s, v in note.values.items() if v == value), "")
    swap = next((v for s, v in other.values.items() if s[:3] == slot[:3] and v != value), None)
    old = note.facts[0]
    if value and swap and rng.random() < 0.7:
        new, verdict = old.replace(value, swap), "second"
    else:
        new, verdict = rng.choice(other.facts), "both"
    if verdict == "second" and rng.random() < 0.5:
        old, new, dates, verdict = new, old, dates[::-1], "first"
    made.append(
        Example(prompts.supersedes(old, dates[0], new, dates[1]), verdict, "judge", "supersedes")
    )
    return made


def lessons(
    stock: Sequence[SlottedNote],
    fillers: Fillers,
    rng: random.Random,
    balance: Balance = USUAL,
) -> list[Example]:
    """One filling of every note, and all lessons on it."""
    filled = [fill(note, rng, fillers) for note in stock]
    rng.shuffle(filled)
    made: list[Example] = []
    for index, note in enumerate(filled):
        other = filled[index - 1]
        heading = note.topic.capitalize() if rng.random() < 0.25 else ""
        made.extend(note_lessons(note, f"note:{index}", rng, heading, balance))
        if rng.random() < balance.check:
            wrong = false_check(note, other, f"note:{index}", rng, heading)
            made.extend([wrong] if wrong else [])
        if rng.random() < balance.follow_up:
            more = follow_up(note, f"follow:{index}", rng)
            made.extend([more] if more else [])
        if rng.random() < balance.judge:
            made.extend(judge_lessons(note, other, rng))
    at = 0
    while at < len(filled):
        size = rng.choice((1, 1, 1, 2, 3, 4))
        some, stranger = filled[at : at + size], filled[at - 1]
        made.extend(reading_lessons(some, f"read:{at}", rng, stranger, balance))
        at += size
    made.extend(unknown_lessons(filled, rng, balance))
    return made


def _pairs(note: FilledNote, rng: random.Random) -> str:
    pairs = [(rng.choice(wordings), answer) for wordings, answer in note.qa]
    rng.shuffle(pairs)
    return "\n".join(f"Q: {question} A: {answer}" for question, answer in pairs)


def _statements(note: FilledNote, style: str, rng: random.Random) -> str:
    facts = list(note.facts)
    if style == "rewrite":
        return " ".join(facts)
    if style != "implications":
        own = [
            s.strip(" -•") for s in re.split(r"(?<=[.!?])\s+|\n", note.note) if len(s.split()) > 3
        ]
        facts += own
    if style == "very-long":
        facts += [f'Asked "{rng.choice(q)}", one answers: {a}.' for q, a in note.qa]
    return "\n".join(f"- {fact}" for fact in facts)


def _reworded(answer: str, rng: random.Random) -> str:
    choices = [answer.lower(), answer.rstrip(".") + ".", f"It is {answer}."]
    if answer.lower().startswith(("the ", "a ", "an ", "on ", "in ", "at ")):
        choices.append(answer.split(" ", 1)[1])
    return rng.choice(choices)
