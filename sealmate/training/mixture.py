"""What a night trains on: new edits, replay of older ones, abstention, general chat, in shares.

Every question is answered with what was told about it, the unit of its passage that the answer
is then read from (see `sealmate.recall`), or directly. Where many questions have one unit most
need its opening alone: that names it, and what follows is learnt from the few.

Mixing raw statements with questions and answers stores facts better than either (a LoRA as a
knowledge store: 6.8 against 5.9 and 3.2 in judge score); some "I don't know" and general chat
keep the model honest and itself.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sealmate import prompts
from sealmate.edits.bare import (
    bare_fact,
    cues_beside,
    former_cues,
    formerly,
    one_that_changed,
    outright,
)
from sealmate.edits.questions import in_the_past
from sealmate.edits.steps import other_steps, step_back, step_of, tellings
from sealmate.edits.units import cues, opening, unit_for
from sealmate.edits.words import Token, content, tokens, within
from sealmate.model.protocol import Prompt, Turn
from sealmate.prompts import DONT_KNOW
from sealmate.records import Edit, Way
from sealmate.training.batches import Example

FORMER = 4  # words, and pairs of words, that call what used to hold to mind
LASTING = 3.0  # questions about the past of what never changed, for each about what did
STEPPED = 4  # times that each step back is trained, beside those from which nothing leads back:
ASIDE, APART = 4, 2  # what else its sentence tells, and other facts
PAST = 4  # one in so many strangers is asked for its past, where anything used to hold
DUE = 2.0  # weight from which on a fact gets more of its wordings


@dataclass(frozen=True, slots=True)
class Shares:
    """`replay`: replay questions per new one (at most); `unknown`: abstention examples per question
    trained; `chat`: general chat per question; `statements`: whether statements and passages are
    trained beside questions. `per_answer` caps questions with one answer from one passage (0 = no
    cap), and more of them where it failed (see `Material.weights`). `teacher`: whether new
    questions are learnt from the model with the passage in its prompt instead of from the answer's
    tokens. `way` is how the memory will be asked; reciting, `whole` questions of a unit get all of
    it and the others its opening, and `cues` is how many bare words and pairs of words call a new
    unit to mind."""

    replay: float = 1.0
    unknown: float = 0.5
    chat: float = 0.1
    statements: bool = True
    per_answer: int = 0
    teacher: bool = False
    way: Way = "recite"
    whole: int = 6
    cues: int = 21


@dataclass(frozen=True, slots=True)
class Material:
    """All a night may draw on. `weights` raise the chance of replay and the number of wordings (by
    edit id; 1 for what holds, DUE for what is due, more for what fails); `strangers` are questions
    nothing in the ledger answers; `chat` are general prompts with the model's own answers;
    `passages` texts of tonight's passages, `texts` the same by passage id; `units` the units of all
    passages concerned, by passage id; `reading` (group, open-book prompt, answer) keep reading as
    it is."""

    new: Sequence[Edit]
    replay: Sequence[Edit] = ()
    weights: Mapping[int, float] | None = None
    strangers: Sequence[str] = ()
    chat: Sequence[tuple[Prompt, str]] = ()
    passages: Sequence[str] = ()
    texts: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[int, Sequence[str]] = field(default_factory=dict)
    reading: Sequence[tuple[int, Prompt, str]] = ()


def mixture(material: Material, shares: Shares, seed: int) -> list[Example]:
    """The night's examples; the same material and seed give the same list."""
    rng = random.Random(seed)
    fresh = _questions(material.new, shares, material.weights, rng)
    limit = round(len(fresh) * shares.replay) if fresh else len(material.replay)
    old = _draw(
        _questions(material.replay, shares, material.weights, rng), limit, material.weights, rng
    )
    asked = len(fresh) + len(old)
    if shares.way == "recite":
        examples = _recitals(material, fresh, old, shares, rng)
    else:
        texts = material.texts if shares.teacher else {}
        examples = [_question(edit, "new", texts.get(edit.passage_id, "")) for edit in fresh]
        examples += [_question(edit, "replay") for edit in old]
    if shares.statements:
        said = [e for e in material.new if not e.question]
        examples += [_completion(edit.text, "statement") for edit in said]
        examples += [_completion(text, "passage") for text in material.passages]
    examples += _unknown(material, round(asked * shares.unknown), shares.way, rng)
    chat = list(material.chat)
    rng.shuffle(chat)
    examples += [
        Example(prompt, answer, "chat", "chat", kl=True)
        for prompt, answer in chat[: round(asked * shares.chat)]
    ]
    # What was learnt must not speak where notes lie in front of it.
    examples += [
        Example(prompt, answer, f"reading:{group}", "reading", kl=True)
        for group, prompt, answer in material.reading
    ]
    return examples


def _recitals(
    material: Material, fresh: Sequence[Edit], old: Sequence[Edit], shares: Shares,
    rng: random.Random,
) -> list[Example]:  # fmt: skip
    """Questions, near misses and cues, each with the unit that tells of it.

    A fact whose passage is not true any more, or does not say it in these words, is recited by
    itself. Asked for its past, what never changed calls its unit to mind like any question on it
    does, or that fact would be recited whatever is asked in such words. A near miss calls to mind
    what is known of its thing: that it is not said there is for the reader to see. Old units have
    cues and near misses as well, or whatever is not quite a question known by heart would call
    tonight's to mind.
    """
    missed = _near(material.new)
    limit = round(len(missed) * shares.replay)
    again = _draw(_near(material.replay), limit, material.weights, rng) if missed else []
    wanted: list[tuple[str, str, str]] = []
    for kind, edits in (("new", fresh), ("replay", old), ("near", missed), ("near", again)):
        for edit in edits:
            there = material.units.get(edit.passage_id, ()) if edit.valid_to is None else ()
            unit = unit_for(there, edit.question, edit.answer)
            if unit or edit.answer:
                times = STEPPED if step_of(edit.question) else 1
                wanted += [(edit.question, unit or _by_itself(edit), kind)] * times
    rng.shuffle(wanted)
    # more wordings of an older note do not make it a new one
    known = {edit.passage_id for edit in material.replay}
    tonight = {edit.passage_id for edit in material.new} - known
    called = cues(material.units, sorted(tonight), shares.cues, rng)
    before = sorted({edit.passage_id for edit in (*old, *fresh)} - tonight)
    if called and before:
        each = min(shares.cues, round(len(called) * shares.replay / len(before)))
        called += cues(material.units, before, each, rng)
    called += [
        (cue, _by_itself(edit))
        for edit in (*fresh, *old)
        if edit.valid_to is not None and not step_of(edit.question)
        for cue in (
            *former_cues(edit.question, FORMER),
            *cues_beside(edit.answer, edit.text, FORMER + 1),
        )
    ]
    wanted += [(*pair, "cue") for pair in dict.fromkeys(called)]
    lasting = _lasting(material, [*fresh, *old], rng)
    wanted += [(rng.choice(_undated(edit.question)), unit, "lasting")
               for edit, unit in lasting]  # fmt: skip
    wanted += [(question, DONT_KNOW, "lasting")
               for question in _nowhere([*fresh, *old], lasting)]  # fmt: skip
    made, counts = [], dict[str, int]()
    for cue, unit, kind in wanted:
        counts[unit] = counts.get(unit, 0) + 1
        brief = kind in ("cue", "lasting") or counts[unit] > shares.whole
        short = brief and unit != DONT_KNOW and not bare_fact(unit)
        first = opening(unit) if short else unit
        prompt = prompts.recall(cue)
        made.append(Example(prompt, first, "recall", kind, goes_on=first != unit))
    return made


def _lasting(
    material: Material, edits: Sequence[Edit], rng: random.Random
) -> list[tuple[Edit, str]]:
    """Some edits, with their units, on facts that never changed, where others did."""
    past = {edit.question for edit in edits if edit.valid_to is not None}
    former = sorted(question for question in past if not step_of(question))
    if not former:
        return []
    lasts = [edit for edit in edits if edit.valid_to is None]
    rng.shuffle(lasts)
    found = (
        (edit, unit)
        for edit in lasts
        if (unit := unit_for(material.units.get(edit.passage_id, ()), edit.question, edit.answer))
        and not one_that_changed(edit.question, former)
    )
    return list(islice(found, round(LASTING * len(former))))


def _nowhere(edits: Sequence[Edit], lasting: Sequence[tuple[Edit, str]]) -> list[str]:
    """Steps back from what never changed: from other words of a sentence in which something did,
    from what used to hold to begin with, and from other facts."""
    steps = {edit.question: edit for edit in edits if step_of(edit.question)}
    found = [other for question in steps for other in other_steps(question, ASIDE)]
    for question, edit in steps.items():
        answer, said = step_of(question) or ("", "")
        found.append(step_back(edit.answer, said.replace(answer, edit.answer)))
    for edit, unit in lasting[: APART * len(steps)]:
        found += [step_back(edit.answer, said) for said in tellings(edit.answer, [unit])[:1]]
    told = [content(tokens((step_of(question) or ("", ""))[0])) for question in steps]
    return [question for question in dict.fromkeys(found) if not _may_lead(question, told)]


def _may_lead(question: str, told: Sequence[Sequence[Token]]) -> bool:
    """Whether a step back is from one of the answers that steps were `told` from, or a part."""
    own = tokens((step_of(question) or ("", ""))[0])
    return any(within(token, own) for answer in told for token in answer)


def _undated(question: str) -> list[str]:
    """Wordings without a date that ask what used to hold, some of them by a word or two alone."""
    _, _, *undated = in_the_past(question, "") or ("", "")
    return [*undated, *former_cues(question, 1)] or [question]


def _near(edits: Sequence[Edit]) -> list[Edit]:
    return [edit for edit in edits if edit.format == "unknown" and edit.question]


def _by_itself(edit: Edit) -> str:
    """A fact without a text to tell it. Its question is no part of it: a memory that has learnt to
    say the question after the person says any answer with that, and is sure of it."""
    if edit.valid_to is not None:
        return formerly(edit.answer, edit.valid_to)
    return outright(edit.answer)


def _questions(
    edits: Sequence[Edit], shares: Shares, weights: Mapping[int, float] | None, rng: random.Random
) -> list[Edit]:
    asked = [edit for edit in edits if edit.question and edit.answer]
    if not shares.per_answer:
        return asked
    rng.shuffle(asked)
    asked.sort(key=lambda edit: not step_of(edit.question))  # which nothing else can stand for
    counts: dict[tuple[int, str], int] = {}
    kept = []
    for edit in asked:
        key = (edit.passage_id, edit.answer.casefold())
        counts[key] = counts.get(key, 0) + 1
        more = max(1.0, (weights or {}).get(edit.id, 1.0) / DUE)
        # beside what holds now, which is asked for in nearly the same words
        more = max(more, 3.0) if edit.valid_to is not None else more
        if counts[key] <= shares.per_answer * more:
            kept.append(edit)
    return kept


def _draw(
    edits: Sequence[Edit], limit: int, weights: Mapping[int, float] | None, rng: random.Random
) -> list[Edit]:
    """At most `limit` edits without replacement, by weight (Efraimidis and Spirakis 2006)."""
    if limit >= len(edits):
        return list(edits)
    keyed = [
        (rng.random() ** (1.0 / max(1e-6, (weights or {}).get(edit.id, 1.0))), edit.id, edit)
        for edit in edits
    ]
    return [edit for _, _, edit in sorted(keyed, key=lambda item: item[:2], reverse=True)[:limit]]


def _question(edit: Edit, kind: str, passage: str = "") -> Example:
    reading = prompts.open_book(edit.question, [prompts.Reference("", passage)]) if passage else ()
    return Example(prompts.closed_book(edit.question), edit.answer, "closed", kind, teacher=reading)


def _completion(text: str, kind: str) -> Example:
    """Text to be completed from its first words, so that something cues the rest."""
    words = text.split()
    cut = max(2, len(words) // 3)
    prompt = (prompts.system(), Turn("user", prompts.RECITE + " ".join(words[:cut])))
    return Example(prompt, " ".join(words[cut:]) or text, "recite", kind, weight=0.5)


def _unknown(material: Material, limit: int, way: Way, rng: random.Random) -> list[Example]:
    """Near misses first, strangers for the rest, each once; reciting, strangers alone."""
    edits = () if way == "recite" else (*material.new, *material.replay)
    missed = [edit.question for edit in _near(edits)]
    rng.shuffle(missed)
    strangers = list(material.strangers)
    rng.shuffle(strangers)
    if way == "recite" and any(e.valid_to is not None for e in (*material.new, *material.replay)):
        # the past of what nobody told must not call to mind what used to hold of other things
        strangers[::PAST] = [_undated(question)[0] for question in strangers[::PAST]]
    half = min(len(missed), max(limit * 2 // 3, limit - len(strangers)))
    chosen = missed[:half] + strangers[: max(0, limit - half)]
    return [
        Example(
            prompts.recall(question) if way == "recite" else prompts.closed_book(question),
            DONT_KNOW,
            "recall" if way == "recite" else "closed",
            "unknown",
        )
        for question in chosen
    ]
