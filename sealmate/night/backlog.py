"""What nights have left over: shards that are to be built again, and those that the gate refused.

All of it is in the store's state, by the names of shards; NEW stands for one that is yet to begin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sealmate.store import Store

NEW = "new"
WAITING = "rebuild_shards"
REFUSED = "refused_shards"
TRIES = "refused_tries"
REBUILD = "rebuild_needed"
RESTING = "refused_waits"
PASSED = "passed_over"
LONGEST = 16  # nights between two tries of what the gate refuses each time
PATIENCE = 3  # nights without room before something goes first


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

    def refuse(
        self,
        name: str,
        at: datetime,
        there: Collection[str],
        edits: Collection[int] = (),
        why: Sequence[str] = (),
    ) -> None:
        """Note that the gate refused a shard made of `edits`; those not `there` any more are struck
        off.

        The same is tried again the next night, then after 2, 4, 8 nights and so on. One that was
        refused until it waits the longest is not one that waits for a rebuild of all any more.
        """
        stay = {NEW, *there}
        tries = {key: times for key, times in self.tries.items() if key in stay}
        self._state.set(TRIES, {**tries, name: tries.get(name, 0) + 1})
        resting = {key: row for key, row in self._resting.items() if key in stay}
        last = resting.get(name, {})
        same = last.get("edits") == sorted(edits)
        nights = min(2 * last["of"], LONGEST) if same else 1
        row = {"nights": nights, "of": nights, "edits": sorted(edits), "why": list(why)}
        self._state.set(RESTING, {**resting, name: row})
        if name != NEW:
            self._state.set(REFUSED, {**(self._state.get(REFUSED) or {}), name: at.isoformat()})
            if nights == LONGEST:
                self.wait_for([key for key in self.waiting if key != name])

    @property
    def _resting(self) -> dict[str, dict[str, Any]]:
        return dict(self._state.get(RESTING) or {})

    def begin_night(self, *, asked: bool = False) -> None:
        """What was refused waits one night less, or none where a person `asked` for all."""
        resting = {
            name: {**row, "nights": 0 if asked else max(0, row["nights"] - 1)}
            for name, row in self._resting.items()
        }
        self._state.set(RESTING, resting or None)

    def nights(self, name: str, edits: Collection[int] | None = None) -> int:
        """In how many nights a shard that was refused is to be tried again (0: tonight); 0 as well
        if it is made of other `edits` by now."""
        row = self._resting.get(name, {"nights": 0})
        return row["nights"] if edits is None or row.get("edits") == sorted(edits) else 0

    def why(self, name: str) -> Sequence[str]:
        """Why the gate refused a shard last."""
        return tuple(self._resting.get(name, {}).get("why", ()))

    def pass_over(self, names: Collection[str]) -> None:
        """Count one night more for those that a night's budget had no room for, anew for others."""
        passed = self._state.get(PASSED) or {}
        self._state.set(PASSED, {name: passed.get(name, 0) + 1 for name in sorted(names)} or None)

    @property
    def longest(self) -> str:
        """What nights have passed over most often, PATIENCE times at least; "" for nothing."""
        passed = self._state.get(PASSED) or {}
        first = max(passed, key=lambda name: passed[name], default="")
        return first if first and passed[first] >= PATIENCE else ""

    def built(self, name: str, others: Collection[str]) -> None:
        """Note that a shard was published, beside the `others`."""
        self.clear_flag()
        tries = {key: times for key, times in self.tries.items() if key != name}
        self._state.set(TRIES, tries or None)
        resting = {key: row for key, row in self._resting.items() if key != name}
        self._state.set(RESTING, resting or None)
        self.wait_for([key for key in self.waiting if key in others])
