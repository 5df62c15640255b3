"""Between the writer and the store: what still has to be written, and keeping what was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sealmate.edits.safe import safely
from sealmate.edits.titles import telling
from sealmate.edits.write import Draft, Text, Written
from sealmate.model.protocol import ModelInfo
from sealmate.records import Edit, Passage, Probe
from sealmate.store import Store

UNASKED = "unasked_passages"  # ids of passages that were written about and asked nothing else yet


@dataclass(frozen=True, slots=True)
class Counts:
    """Edits written about a passage, and how many of them the checks let through."""

    written: int
    kept: int


def passages_to_write(store: Store) -> list[Text]:
    """Passages of current sources that nothing was written about yet, oldest first.

    A passage stands under its headings or, without any, its source's title, if that tells a thing.
    """
    return as_texts(store, store.passages.without_edits())


def as_texts(store: Store, passages: Iterable[Passage]) -> list[Text]:
    """Passages as the writer sees them, secrets left out."""
    titles = store.sources.titles()

    def title(passage: Passage) -> str:
        text = passage.heading or titles.get(passage.source_id, "")
        return text if telling(text) else ""

    return [Text(p.id, title(p), p.text) for p in safely(store, passages)]


def writer_name(info: ModelInfo) -> str:
    """Who writes: the base, and which adapter on it."""
    return f"{info.id}+writer:{info.writer_sha256[:12]}" if info.writer_sha256 else info.id


def as_edits(drafts: Iterable[Draft], info: ModelInfo, now: datetime, review: bool) -> list[Edit]:
    """Drafts as edits that have no row yet: accepted, or proposed where a person reviews; those
    that the checks refused are rejected with the reason."""
    return [
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
            writer=writer_name(info),
            valid_from=now,
        )
        for draft in drafts
    ]


def keep_written(
    store: Store, written: Written, info: ModelInfo, now: datetime, review: bool
) -> Counts:
    """Store a passage's edits and probes in one transaction and mark it as written about, and as
    one to be asked what older notes were (`sealmate.night.reasking`).

    Edits that passed are accepted, or proposed where a person reviews; the others are kept as
    rejected with the reason, so that nothing the writer did is hidden.
    """
    edits = as_edits(written.drafts, info, now, review)
    probes = [
        Probe(0, written.passage_id, question, answer, now) for question, answer in written.probes
    ]
    with store.transaction():
        store.edits.add_many(edits)
        store.probes.add_many(probes)
        store.passages.mark_written(written.passage_id, writer_name(info))
        store.state.set(UNASKED, [*(store.state.get(UNASKED) or ()), written.passage_id])
    return Counts(len(edits), sum(draft.kept for draft in written.drafts))
