"""Lessons for the reader: answers from one passage, and what that passage does not say.

The harder half is to decline. Beside each note's own near misses the reader is asked of other
people than the note tells of, what other notes on the same topic are asked, and what a note did
say until the sentence was cut out: questions that sound right and are not answered (adversarial
unanswerable questions, as in SQuAD 2.0; Rajpurkar et al. 2018, arXiv 1806.03822). Each is put in
both ways in which the product reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from threading import Event as Flag

from sealmate import prompts
from sealmate.edits.screen import grounded_answer, novel_content
from sealmate.edits.units import sentences
from sealmate.edits.words import Token, content, tokens, within
from sealmate.errors import UsageError
from sealmate.events import Event, Note
from sealmate.model.local import LocalModel
from sealmate.practice.lessons import follow_up
from sealmate.practice.slots import FilledNote, Fillers, SlottedNote, fill
from sealmate.practice.substitution import Substitutes, another_word
from sealmate.practice.warmup import train_into, training_stock
from sealmate.prompts import NOT_SAID, Reference
from sealmate.training.batches import Example
from sealmate.training.loop import Recipe

READER_RECIPE = Recipe(
    rank=16, alpha=16, upper=0.6, learning_rate=6e-4, passes=1.0, tokens=1024, warmup=0.05, seed=7
)
_NAMED = ("WOMAN", "MAN", "PERSON", "COMPANY", "CITY", "NAME", "BRAND", "BOOK")
_TITLED, _FOLLOWED = 0.3, 0.2  # chances
_HARD = 0.5  # chance of either question that another note or person answers
_CUT = 0.7  # chance that a note is read once more without one of its sentences
_LEFT = 8  # words at least that such a note keeps
_TRIES = 8
_WORD = 0.5  # chance of a question with another word of a kind for one of the note's


def teach_reader(
    model: LocalModel,
    assets: Path,
    out: Path,
    *,
    laps: int = 2,
    files: str = "*",
    others: int = 0,
    words: bool = False,
    steps: int = 0,
    recipe: Recipe = READER_RECIPE,
    start_from: Path | None = None,
    checkpoint: Path | None = None,
    cancel: Flag | None = None,
) -> Iterator[Event]:
    """Teach a fresh adapter, or the one in `start_from`, on the writer's topics; write it to `out`.

    Each of the `laps` fills all notes of the `files` (patterns of names, by commas) anew, words
    the questions otherwise and draws `others` notes of the other files; with `words` some are
    asked with another word of a kind too. `steps` cuts the plan short (0 = all of it). Raises
    Cancelled after writing a checkpoint, UsageError where no file has that name.
    """
    every = training_stock(assets / "stock")
    names = {note.file for note in every}
    named = {name for name in names if any(fnmatch(name, one) for one in files.split(","))}
    stock = [note for note in every if note.file in named]
    beside = [note for note in every if note.file not in named]
    if not stock:
        raise UsageError(f"no practice notes are in files named {files!r}", 'the default is "*"')
    fillers = Fillers.load(assets / "stock" / "fillers.json")
    substitutes = Substitutes(model, every) if words else None
    examples: list[Example] = []
    for lap in range(laps):
        rng = random.Random(recipe.seed + 93 + lap)
        drawn = rng.sample(beside, min(others, len(beside)))
        made = reader_lessons([*stock, *drawn], fillers, rng, substitutes)
        examples += [replace(lesson, share=f"{lap}:{lesson.share}") for lesson in made]
    declined = sum(lesson.kind.endswith("not-said") for lesson in examples)
    yield Note(f"{len(stock)} notes, {len(examples)} examples, {declined} of them not answered")
    yield from train_into(
        out, model, recipe, examples, steps=steps, start_from=start_from,
        checkpoint=checkpoint, cancel=cancel,
    )  # fmt: skip


def reader_lessons(
    stock: Sequence[SlottedNote],
    fillers: Fillers,
    rng: random.Random,
    substitutes: Substitutes | None = None,
) -> list[Example]:
    """One filling of every note: all its questions in one wording each, two near misses, and for
    some notes a question about somebody else, one that another note on the topic answers, and one
    with another word of a kind."""
    filled = [fill(note, rng, fillers) for note in stock]
    made: list[Example] = []
    for number, note in enumerate(filled):
        key = f"reader:{number}"
        title = note.topic.capitalize() if rng.random() < _TITLED else ""
        asked = [(rng.choice(wordings), f"{answer} [1]") for wordings, answer in note.qa]
        declined = [*rng.sample(note.near, min(2, len(note.near)))]
        if rng.random() < _HARD:
            declined.append(about_another(note, filled, rng))
        if rng.random() < _HARD:
            declined.append(told_elsewhere(note, filled, rng))
        if substitutes is not None and rng.random() < _WORD:
            declined.append(another_word(note, substitutes, rng))
        asked += [(question, NOT_SAID) for question in declined if question]
        made += _both_ways(asked, title, note.note, key)
        if rng.random() < _CUT and (shorter := cut_out(note, rng)):
            made += _both_ways(shorter[1], title, shorter[0], f"{key}:cut")
        if rng.random() < _FOLLOWED and (more := follow_up(note, f"{key}:then", rng)):
            made.append(more)
    return made


def _both_ways(asked: Sequence[tuple[str, str]], title: str, text: str, key: str) -> list[Example]:
    """Questions with their answers on one text, as open-book and as a line of edits."""
    made = []
    for question, answer in asked:
        prompt = prompts.open_book(question, [Reference(title, text)])
        kind = "not-said" if answer == NOT_SAID else "read"
        made.append(Example(prompt, answer, key, kind))
    line = prompts.writing("self-qa", title, text)
    for question, answer in asked:
        said = " " + answer.removesuffix(" [1]")
        kind = "line-not-said" if answer == NOT_SAID else "line"
        opening = prompts.line_opening(question)
        made.append(Example(line, said, f"{key}:line", kind, opening=opening))
    return made


def cut_out(note: FilledNote, rng: random.Random) -> tuple[str, list[tuple[str, str]]] | None:
    """The note without one of its sentences, with a question that only that one answered (in the
    wording that has most in common with the rest) and one that the rest answers; None where no
    sentence can go."""
    parts = sentences(note.note)
    for lost in rng.sample(parts, len(parts)):
        rest = note.note.replace(lost, "", 1)
        rest = "\n".join(" ".join(line.split()) for line in rest.splitlines() if line.strip())
        if rest == note.note or len(rest.split()) < _LEFT:
            continue
        gone = [qa for qa in note.qa if qa[1] in lost and not grounded_answer(qa[1], rest)]
        kept = [
            ([w for w in wordings if not novel_content(w, rest)], answer)
            for wordings, answer in note.qa
            if answer in rest and answer not in lost
        ]
        kept = [(wordings, answer) for wordings, answer in kept if wordings]
        if not gone or not kept:
            continue
        there = tokens(rest)
        wordings, _ = rng.choice(gone)
        shared = {w: sum(within(word, there) for word in content(tokens(w))) for w in wordings}
        asked, answer = rng.choice(kept)
        return rest, [
            (max(shared, key=shared.__getitem__), NOT_SAID),
            (rng.choice(asked), f"{answer} [1]"),
        ]
    return None


def about_another(note: FilledNote, notes: Sequence[FilledNote], rng: random.Random) -> str:
    """One of the note's questions, asked of a person or thing of `notes` that it does not name;
    "" for none."""
    slots = [slot for slot in note.values if _kind(slot) in _NAMED]
    rng.shuffle(slots)
    questions = [wording for wordings, _ in note.qa for wording in wordings]
    rng.shuffle(questions)
    there = tokens(note.note)
    for slot in slots:
        some = rng.sample(notes, min(_TRIES, len(notes)))
        other = _another(_kind(slot), some, there)
        for question in questions if other else ():
            if swapped := _swapped(question, note.values[slot], other):
                return swapped
    return ""


def told_elsewhere(note: FilledNote, notes: Sequence[FilledNote], rng: random.Random) -> str:
    """A question of another note on the topic, half of whose words this one does not have; ""
    for none."""
    others = [other for other in notes if other.topic == note.topic and other is not note]
    there = tokens(note.note)
    for other in rng.sample(others, min(_TRIES, len(others))):
        wordings, answer = rng.choice(other.qa)
        question = rng.choice(wordings)
        named = content(tokens(question))
        strange = [word for word in named if not within(word, there)]
        if answer.casefold() not in note.note.casefold() and 2 * len(strange) >= len(named) > 0:
            return question
    return ""


def _another(kind: str, notes: Sequence[FilledNote], there: Sequence[Token]) -> str:
    """A value of that kind in `notes` that has no word of `there`; "" for none."""
    for other in notes:
        for slot, value in other.values.items():
            named = content(tokens(value)) if _kind(slot) == kind else []
            if named and not any(within(word, there) for word in named):
                return value
    return ""


def _kind(slot: str) -> str:
    return slot.rstrip("0123456789")


def _swapped(question: str, value: str, other: str) -> str:
    """`question` with `other` for `value`, in full or by first names; "" if it has neither."""
    if value in question:
        return question.replace(value, other)
    first, another = value.split(" ")[0], other.split(" ")[0]
    changed = re.sub(rf"\b{re.escape(first)}\b", lambda _: another, question)
    return "" if changed == question else changed
