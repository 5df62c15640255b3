"""The first half of a night: self-edits for what has none, and what they speak against."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event as Flag
from typing import Any

from sealmate.events import Event, Note
from sealmate.model.local import LocalModel
from sealmate.night.conflicts import settle_new, untrained
from sealmate.night.corrections import give_back
from sealmate.night.failing import reword_failing
from sealmate.night.ledger import keep_written, passages_to_write
from sealmate.night.reasking import reask_waiting
from sealmate.night.selection import trained_anyway
from sealmate.night.stepping import keep_up
from sealmate.workspace import Workspace


def write_edits(
    workspace: Workspace, model: LocalModel, report: dict[str, Any], cancel: Flag
) -> Iterator[Event]:
    """Self-edits and probes for passages that have none, more wordings of what fails.

    Each passage is kept at once. What is not in the weights yet is held against the rest, whatever
    night wrote it. `report` gets written, kept, coverage (the mean share of a new
    passage's spans that some self-edit carries), conflicts, reworded and
    write_seconds. Raises Cancelled.
    """
    store, settings, clock = workspace.store, workspace.settings, workspace.clock
    begin = time.perf_counter()
    texts = passages_to_write(store)
    if texts:
        from sealmate.edits.write import Plan, Written, write

        plan = Plan(
            samples=settings.qa_samples,
            temperature=settings.temperature,
            held_out=settings.held_out,
            seed=settings.seed,
        )
        covered: list[float] = []
        for item in write(model, texts, plan, cancel=cancel):
            if not isinstance(item, Written):
                yield item
                continue
            counts = keep_written(store, item, model.info, clock(), settings.review)
            report["written"] += counts.written
            report["kept"] += counts.kept
            covered.append(item.coverage)
            report["coverage"] = round(sum(covered) / len(covered), 3)
    # Also what a night that was cut had written, and what a person has accepted since.
    reask_waiting(store, model, clock(), review=settings.review, cancel=cancel)
    settled = settle_new(store, untrained(store), clock(), model, cancel)
    ended = give_back(store)
    keep_up(store, clock())
    for conflict in (*settled, *ended):
        # Numbers only: what is said here may end in a log, where forgetting does not reach.
        yield Note(f"conflict {conflict.id} ({conflict.state}): `sealmate conflicts` shows it")
    report["conflicts"] = len(settled)
    again = reword_failing(
        store,
        model,
        clock(),
        trained_anyway(store, settings, clock()),
        review=settings.review,
        temperature=settings.temperature,
        seed=settings.seed,
        cancel=cancel,
    )
    if again:
        report["reworded"] = len(again)
        yield Note(f"{len(again)} more wordings of what was answered wrongly")
    report["write_seconds"] = round(time.perf_counter() - begin, 2)
