"""Where each source stands on its way into the weights, counted as the status line counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealmate.store import Store

WAITING, REVIEW, KNOWN = "waiting", "to review", "in the weights"
NOTHING = "nothing to learn"
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the next night has something to do with a source, whether a person has, and whether
    the active version was trained on it."""

    waiting: bool = False
    review: bool = False
    known: bool = False

    @property
    def words(self) -> str:
        """What is still to be done, or what came of it."""
        due = [word for word, is_so in ((WAITING, self.waiting), (REVIEW, self.review)) if is_so]
        return ", ".join(due) or (KNOWN if self.known else NOTHING)


def standings(store: Store) -> dict[int, Standing]:
    """The standing of each source that has passages, by id.

    Of current sources those wait that `Pending.sources` counts, and have something to review whose
    edits `Pending.proposed` counts.
    """
    accepted = store.edits.ids("accepted")
    learnt = accepted.intersection(store.versions.edit_ids(store.versions.active()))
    due = store.edits.passages_of(accepted - learnt)
    due |= store.passages.ids_without_edits()
    proposed = store.edits.passages_of(store.edits.ids("proposed"))
    taught = store.edits.passages_of(learnt)
    return {
        source: Standing(
            waiting=not due.isdisjoint(own),
            review=not proposed.isdisjoint(own),
            known=not taught.isdisjoint(own),
        )
        for source, own in store.passages.ids_by_source().items()
    }


def explained(store: Store, source_id: int, standing: Standing) -> str:
    """The standing with what follows from it, or why there is nothing to learn."""
    parts = []
    if standing.waiting:
        parts.append(f"{WAITING}: the next night learns it")
    if standing.review:
        count = len(store.edits.list(state="proposed", source_id=source_id))
        noun = "self-edit" if count == 1 else "self-edits"
        parts.append(
            f"{count} {noun} {REVIEW}: sealmate edits list --state proposed --source {source_id}"
        )
    if not parts:
        parts.append(KNOWN if standing.known else f"{NOTHING}: {_why(store, source_id)}")
    return "\n".join(parts)


def _why(store: Store, source_id: int) -> str:
    passages = store.passages.of_source(source_id)
    if not passages:
        return "it has no text"
    edits = store.edits.list(source_id=source_id)
    if any(edit.state == "superseded" for edit in edits):
        return "other notes tell it otherwise; see sealmate conflicts"
    refused = Counter(edit.reason or "rejected" for edit in edits if edit.state == "rejected")
    if not refused:
        from sealmate.edits.safe import safely  # the screens start without the checks

        if safely(store, passages) != passages:
            return "secrets are kept out of the weights"
        return "no question could be made of it"
    shown = [f"{why} ({count})" for why, count in refused.most_common(_REASONS)]
    more = f", and {len(refused) - _REASONS} more reasons" if len(refused) > _REASONS else ""
    return f"its self-edits were refused: {', '.join(shown)}{more}"
