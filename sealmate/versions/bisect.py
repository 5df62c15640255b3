"""Which night broke it: the neighbouring versions of which the older knew and the newer does not.

Knows nothing of models: whoever calls says what a version knows. What nights found out already
is read from their stored probe results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sealmate.edits.questions import same_question, take_apart
from sealmate.edits.screen import near_duplicate, same_answer
from sealmate.records import Edit, Probe
from sealmate.store import Store
from sealmate.versions.lineage import ancestors


@dataclass(frozen=True, slots=True)
class Break:
    """`good` knew it and `bad`, the next one, does not."""

    good: int
    bad: int


def ancestry(store: Store, number: int) -> list[int]:
    """A version and those it came from, oldest first. Purged ones are among them: what they knew
    may be stored. Raises NotFoundError."""
    version = store.versions.get(number)
    versions = {found.number: found for found in store.versions.list()}
    return [*reversed(ancestors(version, versions)), number]


def bisect(versions: Sequence[int], knows: Callable[[int], bool]) -> Break | None:
    """The last break among `versions` (oldest first) as far as halving finds it.

    None if the newest knows it, or none ever did. Steps back 1, 2, 4, ... versions for one that
    knows, then halves, so that about 2 log2(n) versions are asked; if no step hits one, the
    others are asked too, newest first. `knows` is called once for each version at most.
    """
    asked: dict[int, bool] = {}

    def told(place: int) -> bool:
        if place not in asked:
            asked[place] = knows(versions[place])
        return asked[place]

    last = len(versions) - 1
    if last < 0 or told(last):
        return None
    good = _step_back(last, told) if last else None
    if good is None:
        return None
    bad = min(place for place, known in asked.items() if place > good and not known)
    while bad - good > 1:
        middle = (good + bad) // 2
        if told(middle):
            good = middle
        else:
            bad = middle
    return Break(versions[good], versions[bad])


def _step_back(last: int, told: Callable[[int], bool]) -> int | None:
    places, step = [], 1
    while last - step > 0:
        places.append(last - step)
        step *= 2
    places.append(0)
    places += [place for place in range(last - 1, -1, -1) if place not in places]
    return next((place for place in places if told(place)), None)


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows about a question: the answers expected, and which versions were
    found to give one of them. `probes` are the ids it was tested by."""

    answers: tuple[str, ...]
    results: dict[int, bool]
    probes: tuple[int, ...]


def look_up(store: Store, question: str) -> Known:
    """Probes and accepted edits that ask `question`, up to wording; retired probes too, where
    they have an answer that still holds.

    Where several probes ask it, a version knows it if it knew one. The newest result counts.
    """
    wanted = take_apart(question)

    def asks(found: Probe | Edit) -> bool:
        if not found.question or not found.answer:
            return False
        return near_duplicate(found.question, question) or same_question(
            take_apart(found.question), wanted
        )

    probes = [probe for probe in store.probes.list(retired=None) if asks(probe)]
    # What holds now comes first; a retired probe tells what used to.
    living = [probe for probe in probes if not probe.retired]
    said = [p.answer for p in living] or [
        edit.answer for edit in store.edits.list(state="accepted") if asks(edit)
    ]
    answers = dict.fromkeys(said or [probe.answer for probe in probes])
    # who answered with what held before did not know what holds now
    probes = [p for p in probes if any(same_answer(p.answer, answer) for answer in answers)]
    results: dict[int, bool] = {}
    for probe in probes:
        newest = {r.version: r.correct for r in store.probes.results_of_probe(probe.id)}
        for version, correct in newest.items():
            if version:
                results[version] = results.get(version, False) or correct
    return Known(tuple(answers), results, tuple(probe.id for probe in probes))
