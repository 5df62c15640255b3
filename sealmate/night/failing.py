"""What was answered wrongly when it was asked last gets more wordings, and is learnt again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import Event as Flag

from sealmate.edits.rewording import Wanted, reword
from sealmate.edits.screen import same_answer
from sealmate.model.protocol import LanguageModel
from sealmate.night.ledger import as_edits, as_texts
from sealmate.night.rehearsal import REWORDED, TURNS, failing, is_due
from sealmate.night.supersession import untrue_passages
from sealmate.records import Edit, Probe
from sealmate.store import Store
from sealmate.store.reasons import tells_the_past

MOST = 8  # facts a night, so that a bad one does not become a long one
ENOUGH = 12  # wordings of a fact; one that fails after so many will not be helped by another


def reword_failing(
    store: Store,
    model: LanguageModel,
    now: datetime,
    passages: Collection[int],
    *,
    review: bool = False,
    temperature: float = 0.8,
    seed: int = 7,
    cancel: Flag | None = None,
) -> list[Edit]:
    """New edits for at most MOST facts of `passages` whose probes fail and are due: those first
    that had the fewest turns, and of them those that fail most often.

    Each lapse gives new wordings once, up to ENOUGH of a fact, drawn otherwise each time. Raises
    Cancelled.
    """
    chosen = _chosen(store, now, passages)
    asked: dict[int, list[str]] = {}
    for other in store.probes.list(held_out=None) if chosen else ():
        asked.setdefault(other.passage_id, []).append(other.question)
    places = [store.passages.get(probe.passage_id) for probe, _ in chosen]
    wanted = [
        Wanted(
            text,
            probe.answer,
            (*asked[text.id], *(edit.question for edit in known)),
            turn=int(probe.schedule.get(TURNS, 0)),
        )
        for text, (probe, known) in zip(as_texts(store, places), chosen, strict=True)
    ]
    drafts = reword(model, wanted, temperature=temperature, seed=seed, cancel=cancel)
    edits = as_edits(drafts, model.info, now, review)
    with store.transaction():
        made = store.edits.add_many(edits) if edits else []
        for probe, _ in chosen:
            turns = int(probe.schedule.get(TURNS, 0)) + 1
            said = {**probe.schedule, REWORDED: True, TURNS: turns}
            store.probes.set_schedule(probe.id, said, probe.due_at)
    return made


def _chosen(
    store: Store, now: datetime, passages: Collection[int]
) -> list[tuple[Probe, Sequence[Edit]]]:
    """Failing probes that are due, with the edits that teach their fact now."""
    untrue = untrue_passages(store)
    found: dict[tuple[int, str], tuple[Probe, Sequence[Edit]]] = {}
    waiting = [
        probe
        for probe in store.probes.list(held_out=True)
        if failing(probe)
        and not probe.schedule.get(REWORDED)
        and is_due(probe, now)
        and probe.passage_id in passages
        and probe.passage_id not in untrue
    ]

    def turn(probe: Probe) -> tuple[int, int, int]:
        # what no wording helps must not keep the others from theirs
        return int(probe.schedule.get(TURNS, 0)), -int(probe.schedule.get("lapses", 0)), probe.id

    waiting.sort(key=turn)
    for probe in waiting:
        taught = [
            edit
            for edit in store.edits.list(state="accepted", passage_id=probe.passage_id)
            if edit.answer and not tells_the_past(edit)
        ]
        known = [edit for edit in taught if same_answer(edit.answer, probe.answer)]
        if 0 < len(known) < ENOUGH:
            found.setdefault((probe.passage_id, probe.answer.casefold()), (probe, known))
        if len(found) == MOST:
            break
    return list(found.values())
