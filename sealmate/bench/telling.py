"""A night's notes into a ledger, and what is to be forgotten out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sealmate.bench.stream import NightPlan, Stream, Told
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import finish, forget
from sealmate.records import Edit, EditFormat, Probe
from sealmate.sources import add_note
from sealmate.sources.ingest import content_hash
from sealmate.sources.text import tidy
from sealmate.store import Store
from sealmate.workspace import Workspace

Edits = Literal["written", "stock"]


def forget_tonight(work: Workspace, stream: Stream, night: NightPlan) -> None:
    """Forget what tonight asks for. After a cut some of it is gone already."""
    store = work.store
    finish(store, work.paths.ensure(), work.clock)
    texts = {note.key: note.text for plan in stream.nights[: night.number] for note in plan.notes}
    found = [store.sources.by_hash(content_hash(tidy(texts[key]))) for key in night.forget]
    there = [source.id for source in found if source is not None]
    if there:
        forget(store, work.paths, there, work.clock)


def take_in(work: Workspace, night: NightPlan, edits: Edits) -> list[int]:
    """Tonight's notes into the ledger; their sources' ids. Twice is once.

    With `edits` "stock" the stock's own questions and statements stand for the writer's.
    """
    count, limit = work.count_tokens(), work.settings.passage_tokens
    sources = []
    for note in night.notes:
        done = add_note(work.store, note.text, count=count, limit=limit, clock=work.clock)
        source = (*done.added, *done.unchanged)[0]
        sources.append(source.id)
        if edits == "stock":
            _from_stock(work.store, source.id, note, work.clock())
    return sources


def _from_stock(store: Store, source_id: int, note: Told, now: datetime) -> None:
    """The stock's questions (but one wording of each, which is asked), facts and one near miss
    as accepted edits; a wording that is trained is a probe of nothing."""
    passage = store.passages.of_source(source_id)[0]
    if store.edits.list(passage_id=passage.id):
        return
    made: list[Edit] = []

    def add(kind: EditFormat, text: str, question: str = "", answer: str = "") -> None:
        made.append(Edit(0, passage.id, kind, text, now, question, answer, "accepted",
                         writer="stock", valid_from=now))  # fmt: skip

    probes = []
    for wordings, answer in note.filled.qa:
        for wording in wordings[1:] or wordings:
            add("self-qa", f"{wording} {answer}", wording, answer)
        probes.append(Probe(0, passage.id, wordings[0], answer, now))
    for fact in note.filled.facts:
        add("rewrite", fact)
    for question in note.near[1:]:
        add("unknown", question, question)
    with store.transaction():
        kept = store.edits.add_many(made)
        store.probes.add_many(probes)
        store.passages.mark_written(passage.id, "stock")
    settle_new(store, kept, now)
