"""Newer notes that were corrected: what they had superseded holds again.

A file that told a changed fact may be edited again and tell nothing of it any more. Then nothing
speaks against the older fact, and it comes back as if a person had kept it.
"""

from __future__ import annotations

from sealmate.edits.screen import grounded_answer
from sealmate.night import supersession
from sealmate.records import Conflict, Edit, Source
from sealmate.store import Store
from sealmate.store.reasons import is_aside


def give_back(store: Store) -> list[Conflict]:
    """Settle for the older answer where the newer one's source was replaced by a text that does
    not tell it; the conflicts that ended so.

    To be called when the newer text was written about and what it changes is settled: another
    answer of it keeps the older one superseded.
    """
    ended = []
    for state in ("open", "accepted"):
        for conflict in store.conflicts.list(state):
            old, new = _source(store, conflict.old_edit), _source(store, conflict.new_edit)
            if old.state != "current" or new.state != "replaced":
                continue
            last, now = _last(store, conflict.new_edit), store.sources.latest(new.id)
            if is_aside(last) and now.state == "current" and not _tells(store, now, last):
                ended.append(supersession.keep_old(store, conflict.id))
    return ended


def _source(store: Store, edit_id: int) -> Source:
    return store.sources.of_passage(store.edits.get(edit_id).passage_id)


def _last(store: Store, edit_id: int) -> Edit:
    """An edit, or the last that took its place."""
    edit, seen = store.edits.get(edit_id), {edit_id}
    while edit.superseded_by and edit.superseded_by not in seen:
        edit = store.edits.get(edit.superseded_by)
        seen.add(edit.id)
    return edit


def _tells(store: Store, source: Source, edit: Edit) -> bool:
    """Whether a passage of `source` may still tell a fact: it has the answer, and enough of what
    the question names."""
    return any(
        grounded_answer(edit.answer, said) and supersession.names(edit.question, said)
        for passage in store.passages.of_source(source.id)
        for said in (f"{source.title}\n{passage.heading}\n{passage.text}",)
    )
