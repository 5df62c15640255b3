"""Passages that tell what holds no more, for the question that a newer note answers.

A note with a changed fact stays in the ledger, and its other facts still hold. Search finds it by
the same words as the note that changed it, so for a question on that fact one gives way to the
other: the older one, or where the question asks of the past the newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sealmate.edits.questions import near, without_former
from sealmate.records import Conflict, Hit
from sealmate.store import Store


def holding(store: Store, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """`hits` without the passages whose answer to this question does not hold.

    What took its place stands in for it where it was not found by itself.
    """
    found, now = list(hits), without_former(question)
    past = now != " ".join(question.split())
    for conflict in store.conflicts.list():
        if not found or not near(now, conflict.question):
            continue
        told, holds = _sides(conflict, past)
        if told is None:
            continue
        out, kept = (store.passages.get(store.edits.get(key).passage_id) for key in (told, holds))
        place = next((n for n, hit in enumerate(found) if hit.passage.id == out.id), None)
        if place is None or out.id == kept.id:
            continue
        gone, source = found.pop(place), store.sources.get(kept.source_id)
        if source.state == "current" and all(hit.passage.id != kept.id for hit in found):
            found.insert(place, replace(gone, passage=kept, source_title=source.title))
    return found


def _sides(conflict: Conflict, past: bool) -> tuple[int | None, int]:
    """The edits whose passages tell the wrong and the right answer; None: both hold."""
    if conflict.state == "accepted":
        old, new = conflict.old_edit, conflict.new_edit
        return (new, old) if past else (old, new)
    if conflict.state == "kept-old":
        return conflict.new_edit, conflict.old_edit
    return None, 0
