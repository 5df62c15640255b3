"""What nights have left over: shards that are to be built again, and those that the gate refused.

All of it is in the store's state, by the names of shards; NEW stands for one that is yet to begin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sealmate.store import Store

NEW = "new"
WAITING = "rebuild_shards"
REFUSED = "refused_shards"
TRIES = "refused_tries"
REBUILD = "rebuild_needed"


class Backlog:
    """The lists as the store has them; nothing is kept here."""

    def __init__(self, store: Store) -> None:
        self._state = store.state

    @property
    def flagged(self) -> bool:
        """Whether something asked for a rebuild without naming a shard."""
        return bool(self._state.get(REBUILD))

    def flag(self, why: str) -> None:
        """Ask the next night for a rebuild."""
        self._state.set(REBUILD, why)

    def clear_flag(self) -> None:
        """What asked for it is in the weights, or out of them."""
        self._state.set(REBUILD, None)

    @property
    def waiting(self) -> Sequence[str]:
        """Shards that a rebuild of all has not come to yet."""
        return tuple(self._state.get(WAITING) or ())

    def wait_for(self, names: Sequence[str]) -> None:
        """Let these be built again, tonight or later, in place of those that waited."""
        self._state.set(WAITING, list(names) or None)

    @property
    def tries(self) -> Mapping[str, int]:
        """How often running the gate refused each shard."""
        return dict(self._state.get(TRIES) or {})

    def refused_at(self, name: str) -> datetime | None:
        """When the gate last refused a shard."""
        found = (self._state.get(REFUSED) or {}).get(name)
        return datetime.fromisoformat(found) if found else None

    def refuse(self, name: str, at: datetime, there: Collection[str]) -> None:
        """Note that the gate refused a shard; those not `there` any more are struck off."""
        tries = {key: times for key, times in self.tries.items() if key in {NEW, *there}}
        self._state.set(TRIES, {**tries, name: tries.get(name, 0) + 1})
        if name != NEW:
            self._state.set(REFUSED, {**(self._state.get(REFUSED) or {}), name: at.isoformat()})

    def built(self, name: str, others: Collection[str]) -> None:
        """Note that a shard was published, beside the `others`."""
        self.clear_flag()
        tries = {key: times for key, times in self.tries.items() if key != name}
        self._state.set(TRIES, tries or None)
        self.wait_for([key for key in self.waiting if key in others])
