"""What one version knows that another does not, from edits and stored probe results.

Asks no model: it tells what the nights found out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sealmate.edits.questions import near
from sealmate.edits.screen import same_answer
from sealmate.records import Edit, Probe, ProbeResult
from sealmate.store import Store


@dataclass(frozen=True, slots=True)
class Fact:
    """One probe on both sides. An answer is None where that version was not asked because it was
    trained on nothing of the probe's passage."""

    probe_id: int
    question: str
    expected: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """From version `a` to version `b`. Lists of edits and facts ascend by id.

    `added_erased` and `removed_erased` count edits that the ledger no longer holds. `changed`
    are facts both right or both wrong, but told differently: what a newer note changed is one, if
    each side answers as its time would have it. `unasked` counts probes that one
    side answered and the other was never asked, though it may know.
    """

    a: int
    b: int
    added: tuple[Edit, ...] = ()
    removed: tuple[Edit, ...] = ()
    added_erased: int = 0
    removed_erased: int = 0
    gained: tuple[Fact, ...] = ()
    lost: tuple[Fact, ...] = ()
    changed: tuple[Fact, ...] = ()
    same: int = 0
    unasked: int = 0


def diff(store: Store, a: int, b: int) -> VersionDiff:
    """What changed from version `a` to `b` (0 = no memory). Raises NotFoundError."""
    old_ids, new_ids = set(store.versions.edit_ids(a)), set(store.versions.edit_ids(b))
    added, removed = new_ids - old_ids, old_ids - new_ids
    edits = {edit.id: edit for edit in store.edits.get_many(added | removed)}
    gained, lost, changed, same, unasked = [], [], [], 0, 0
    old, new = _newest(store.probes.results(a)), _newest(store.probes.results(b))
    old_passages, new_passages = store.edits.passages_of(old_ids), store.edits.passages_of(new_ids)
    probes = {probe.id: probe for probe in store.probes.list(retired=None)}
    renewed = _renewed(store, list(probes.values()))
    stand_ins = {former: key for key, former in renewed.items()}
    for key in sorted(old.keys() | new.keys()):
        probe = probes[key]
        before, after = old.get(key), new.get(key)
        former = renewed.get(key)
        if former is not None:  # a version from before the change answers for its own time
            before, after = before or old.get(former), after or new.get(former)
        elif (later := stand_ins.get(key)) is not None and (later in old or later in new):
            continue  # told with the probe that took its place
        if (before is None and probe.passage_id in old_passages) or (
            after is None and probe.passage_id in new_passages
        ):
            unasked += 1
            continue
        fact = _fact(probe, before, after)
        knew, knows = before is not None and before.correct, after is not None and after.correct
        if knows and not knew:
            gained.append(fact)
        elif knew and not knows:
            lost.append(fact)
        elif before is not None and after is not None and _plain(before) != _plain(after):
            changed.append(fact)
        else:
            same += 1
    return VersionDiff(
        a=a,
        b=b,
        added=tuple(edits[key] for key in sorted(added & edits.keys())),
        removed=tuple(edits[key] for key in sorted(removed & edits.keys())),
        added_erased=len(added - edits.keys()),
        removed_erased=len(removed - edits.keys()),
        gained=tuple(gained),
        lost=tuple(lost),
        changed=tuple(changed),
        same=same,
        unasked=unasked,
    )


def _renewed(store: Store, probes: Collection[Probe]) -> dict[int, int]:
    """The probe of what used to hold, by the id of that of what holds since: same question, one
    retired, and the answers those of a change that was accepted."""
    found: dict[int, int] = {}
    settled = [clash for clash in store.conflicts.list() if clash.state == "accepted"]
    for clash in settled:
        sides = []
        for key, answer, retired in (
            (clash.old_edit, clash.old_answer, True),
            (clash.new_edit, clash.new_answer, False),
        ):
            place = store.edits.get(key).passage_id
            sides.append([
                probe for probe in probes
                if probe.passage_id == place and probe.retired is retired
                and same_answer(probe.answer, answer)
            ])  # fmt: skip
        for now in sides[1]:
            former = next((p for p in sides[0] if near(p.question, now.question)), None)
            if former is not None and former.id not in found.values():
                found.setdefault(now.id, former.id)
    return found


def _newest(results: list[ProbeResult]) -> dict[int, ProbeResult]:
    """The newest result of each probe; `results` ascend by time."""
    return {result.probe_id: result for result in results}


def _fact(probe: Probe, before: ProbeResult | None, after: ProbeResult | None) -> Fact:
    return Fact(
        probe.id,
        probe.question,
        probe.answer,
        None if before is None else before.answer,
        None if after is None else after.answer,
    )


def _plain(result: ProbeResult) -> str:
    """An answer without case, spacing and a last full stop."""
    return " ".join(result.answer.casefold().split()).rstrip(".")
