"""Between the writer and the store: what still has to be written, and keeping what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealmate.edits.write import Text, Written
from sealmate.model.protocol import ModelInfo
from sealmate.records import Edit, Probe
from sealmate.store import Store


@dataclass(frozen=True, slots=True)
class Counts:
    """Edits written about a passage, and how many of them the checks let through."""

    written: int
    kept: int


def passages_to_write(store: Store) -> list[Text]:
    """Passages of current sources that nothing was written about yet, oldest first.

    A passage stands under its headings or, without any, its source's title.
    """
    titles = {source.id: source.title for source in store.sources.list()}
    return [
        Text(p.id, p.heading or titles.get(p.source_id, ""), p.text)
        for p in store.passages.without_edits()
    ]


def keep_written(
    store: Store, written: Written, info: ModelInfo, now: datetime, review: bool
) -> Counts:
    """Store a passage's edits and probes in one transaction and mark it as written about.

    Edits that passed are accepted, or proposed where a person reviews; the others are kept as
    rejected with the reason, so that nothing the writer did is hidden.
    """
    writer = f"{info.id}+writer:{info.writer_sha256[:12]}" if info.writer_sha256 else info.id
    edits = [
        Edit(
            id=0,
            passage_id=draft.passage_id,
            format=draft.format,
            text=draft.text,
            created_at=now,
            question=draft.question,
            answer=draft.answer,
            state=("proposed" if review else "accepted") if draft.kept else "rejected",
            reason=draft.reason,
            prompt_hash=draft.prompt_hash,
            sampling={"temperature": draft.temperature, "via": draft.via},
            writer=writer,
            valid_from=now,
        )
        for draft in written.drafts
    ]
    probes = [
        Probe(0, written.passage_id, question, answer, now) for question, answer in written.probes
    ]
    with store.transaction():
        store.edits.add_many(edits)
        store.probes.add_many(probes)
        store.passages.mark_written(written.passage_id, writer)
    return Counts(len(edits), sum(draft.kept for draft in written.drafts))
