"""What used to hold, called to mind from the weights.

What holds now is found however a question is put, and leads step by step to what held before. Where
it does not, the words in which nights teach a former answer may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from sealmate import prompts
from sealmate.edits.bare import BareFact, asked_for, bare_fact, cue_for, names
from sealmate.edits.lexicon import MONTHS, PAST
from sealmate.edits.moments import Moment, moment_of
from sealmate.edits.questions import force, take_apart
from sealmate.edits.steps import step_back, tellings
from sealmate.edits.words import tokens
from sealmate.model.protocol import Completion, Prompt, Turn
from sealmate.recital import Recollection

LEADS = 0.5  # confidence from which on something is taken for what an answer took the place of
STEPS = 4  # changes of one fact that are followed back
UNSURE = 0.7  # confidence below which an answer is not known well
_IS = {"was": "is", "were": "are", "did": "do", "had": "have"}
_WAS = re.compile(rf"\b(?:{'|'.join(_IS)})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# the first verb that tells its time; "called" tells none after "is"
_VERB = re.compile(
    rf"\b(?:(?P<is>am|is|are|be|do|does|has|have|can|must|may|will)|{'|'.join(sorted(PAST))}"
    r"|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)


class Memory(Protocol):
    """A memory that recites; `recited` is what its shards said to each prompt so far."""

    @property
    def recited(self) -> Mapping[Prompt, Sequence[Completion]]: ...

    def chains(
        self,
        asked: Sequence[tuple[str, Sequence[Turn]]],
        cues: Sequence[str],
        past: bool = False,
    ) -> list[Recollection]:
        """For each question the likeliest chain of a recital for its cue and an answer read in
        that; `past`: of those that tell until when something held."""
        ...


def called_back(
    memory: Memory,
    asked: Sequence[tuple[str, Sequence[Turn]]],
    whole: Sequence[Recollection],
) -> dict[int, Recollection]:
    """What used to hold, by the places of the questions that ask for it; `whole` is what each
    calls to mind as it stands."""
    moments = {n: moment_of(said, lambda: datetime.now(UTC)) for n, (said, _) in enumerate(asked)}
    past = {n: moment for n, moment in moments.items() if moment.kind != "now"}
    if not past:
        return {}
    plain = [(moment.plain, asked[n][1]) for n, moment in past.items()]
    # nights teach it with its date and without
    ways = ([cue_for(moment) for moment in past.values()], [asked[n][0] for n in past])
    said = [memory.chains(plain, cues, past=True) for cues in ways]
    holds = memory.chains(plain, [question for question, _ in plain])
    found = {}
    for (n, moment), now, steps, *both in zip(
        past.items(), holds, _back(memory, plain, holds), *said, strict=True
    ):
        if steps is None:  # it took the place of nothing
            if _lasts(moment, now):
                found[n] = max(whole[n], now, key=lambda one: one.chance)
        elif (former := _former(moment, now, steps, both)) is not None:
            found[n] = former
    return found


def _former(
    moment: Moment,
    now: Recollection,
    steps: Sequence[Recollection],
    both: Sequence[Recollection],
) -> Recollection | None:
    """The former answer that a question asks for, of the steps back from what holds now and of what
    came to mind by its words; None where it is none of them."""
    chain = [now, *steps]
    named = next((n for n, one in enumerate(chain) if names(moment, one.text)), None)
    if named is not None:
        # "before Dr Lane" asks for what she took the place of, whoever came after her
        since, moment = bare_fact(chain[named].recital), replace(moment, kind="formerly", end=None)
        steps = chain[named + 1 :]
        both = [one for one in both if _earlier(bare_fact(one.recital), since)]
    if moment.kind == "formerly":
        steps = steps[:1]
    for able in (steps, both):  # a step back is surer than the words of a question
        facts = [None if names(moment, one.text) else bare_fact(one.recital) for one in able]
        known = [(fact, one.chance) for fact, one in zip(facts, able, strict=True)]
        if (place := asked_for(known, moment)) is not None:
            return able[place]
    return None


def _earlier(fact: BareFact | None, other: BareFact | None) -> bool:
    """Whether a fact ceased to hold before the other did, or before now."""
    if fact is None or fact.until is None:
        return False
    return other is None or other.until is None or fact.until < other.until


def _lasts(moment: Moment, now: Recollection) -> bool:
    """Whether what holds now and took the place of nothing is an answer for the time before a date
    too: a state that is told as one. What was eaten one day tells nothing of another, nor who owns
    the house who owned it formerly."""
    if moment.kind != "before" or names(moment, now.text):
        return False
    asked = take_apart(_WAS.sub(lambda was: _IS[was[0].casefold()], moment.plain))
    told = tellings(now.text, [now.recital], moment.plain)
    return force(asked) == "one" and asked.measure != "old" and not any(map(_happened, told))


def _happened(said: str) -> bool:
    """Whether a sentence tells what happened one day rather than how things are: it has a date, or
    a verb in the past before any other."""
    words = tokens(said)
    if any(not token.forms.isdisjoint(MONTHS) and token.kind != "light" for token in words):
        return True
    if _YEAR.search(said):
        return True
    verb = _VERB.search(said)
    return verb is not None and verb["is"] is None


def _back(
    memory: Memory,
    asked: Sequence[tuple[str, Sequence[Turn]]],
    holds: Sequence[Recollection],
) -> list[list[Recollection] | None]:
    """For each answer that holds now, what it took the place of, and that in its turn; None
    where it is known well, and that it took the place of nothing."""
    here: dict[int, tuple[str, str]] = {}
    for n, one in enumerate(holds):
        question = asked[n][0]
        if one.text and (told := tellings(one.text, [one.recital], question)):
            here[n] = (one.text, told[0])
    found: list[list[Recollection] | None] = [[] for _ in holds]
    ends: dict[int, datetime] = {}
    for _ in range(STEPS):
        if not here:
            break
        cues = [step_back(*where) for where in here.values()]
        said = memory.chains([(cue, ()) for cue in cues], cues, past=True)
        for (n, (answer, words)), cue, one in zip(list(here.items()), cues, said, strict=True):
            del here[n]
            fact, known = bare_fact(one.recital), found[n] or []
            if fact is None or fact.until is None or one.confidence < LEADS:
                speaks = any(c.confidence >= LEADS for c in memory.recited[prompts.recall(cue)])
                if not (known or speaks) and holds[n].confidence >= UNSURE:
                    found[n] = None
            elif n not in ends or fact.until < ends[n]:
                # whether it leads anywhere is plain; what may be wrong is where it began
                found[n] = [*known, replace(one, confidence=holds[n].confidence)]
                here[n], ends[n] = (fact.answer, words.replace(answer, fact.answer)), fact.until
    return found
