"""What the gate refused tonight, and whether it is still to be learnt."""

from __future__ import annotations

from collections.abc import Sequence

from sealmate.night.selection import Choice
from sealmate.store import Store


class Refusals:
    """By the shard that was refused: why, and the edits that no version knew by then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[str, tuple[Sequence[str], frozenset[int]]] = {}

    @property
    def names(self) -> set[str]:
        """The shards that were refused, whatever became of their notes."""
        return set(self._found)

    def add(self, name: str, choice: Choice, reasons: Sequence[str]) -> None:
        """Note that the candidate for a choice was refused."""
        waiting = {edit.id for edit in choice.new} - self._known()
        shard = choice.session.shard
        if shard and choice.gone.intersection(shard.edits):
            waiting.clear()  # what others learn takes nothing from it that it may not know
        self._found[name] = reasons, frozenset(waiting)

    def reasons(self) -> list[str]:
        """Why, of what is not learnt by now: one shard may have taken what another did not."""
        known = self._known()
        left = [why for why, waiting in self._found.values() if not waiting or waiting - known]
        return list(dict.fromkeys(reason for reasons in left for reason in reasons))

    def _known(self) -> set[int]:
        return set(self._store.versions.edit_ids(self._store.versions.active()))
