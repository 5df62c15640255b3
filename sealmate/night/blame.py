"""Which of tonight's edits took the place of a fact that was lost.

A small model that loses a fact mostly says something else it was just taught: an edit with the
very answer that was given instead is the first suspect, then those that ask nearly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sealmate.edits.screen import same_answer
from sealmate.night.strangers import bag
from sealmate.records import Edit, Probe

MOST = 3
_ALIKE = 0.34  # least share of content words that two questions about one thing have in common


def lost_to(
    lost: Iterable[tuple[Probe, str]], new: Sequence[Edit]
) -> Mapping[int, tuple[int, ...]]:
    """For each (probe, what was said instead) the ids of at most MOST edits, worst first.

    A probe that nothing of tonight explains has none.
    """
    asked = [(edit, bag(edit.question)) for edit in new if edit.question and edit.answer]
    found: dict[int, tuple[int, ...]] = {}
    for probe, said in lost:
        words = bag(probe.question)
        ranked = []
        for edit, other in asked:
            shared = len(words & other) / max(1, len(words | other))
            usurps = bool(said) and same_answer(edit.answer, said)
            if usurps or shared >= _ALIKE:
                ranked.append((-(usurps + shared), edit.id))
        found[probe.id] = tuple(key for _, key in sorted(ranked)[:MOST])
    return found
