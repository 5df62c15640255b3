"""What used to hold, called to mind from the weights.

What holds now is found however a question is put, and leads step by step to what held before. Where
it does not, the words in which nights teach a former answer may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from sealmate import prompts
from sealmate.edits.bare import asked_for, bare_fact, cue_for
from sealmate.edits.moments import moment_of
from sealmate.edits.steps import step_back, tellings
from sealmate.model.protocol import Completion, Prompt, Turn
from sealmate.recital import Recollection

LEADS = 0.5  # confidence from which on something is taken for what an answer took the place of
STEPS = 4  # changes of one fact that are followed back
UNSURE = 0.7  # confidence below which an answer is not known well


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
            found[n] = max(whole[n], now, key=lambda one: one.chance)
            continue
        steps = steps[: 1 if moment.kind == "formerly" else STEPS]
        for able in (steps, both):  # a step back is surer than the words of a question
            known = [(bare_fact(one.recital), one.chance) for one in able]
            if (place := asked_for(known, moment)) is not None:
                found[n] = able[place]
                break
    return found


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
