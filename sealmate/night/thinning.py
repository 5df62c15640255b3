"""Thinning out versions, while no night builds upon them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sealmate.errors import VersionError
from sealmate.night.lock import OTHER, hold, worker_lock
from sealmate.paths import Paths
from sealmate.store import Store
from sealmate.versions.disk import freed
from sealmate.versions.retain import Retention, expendable, purge


@dataclass(frozen=True, slots=True)
class Thinned:
    """Which versions went, and how many bytes with them."""

    purged: tuple[int, ...] = ()
    freed: int = 0


def thin(
    store: Store,
    paths: Paths,
    numbers: Iterable[int],
    clock: Callable[[], datetime],
    rule: Retention | None = None,
) -> Thinned:
    """Purge those of `numbers` that `rule` still lets go.

    Raises BusyError while a night is running; HomeError, and then a second call goes on.
    """
    with (
        hold(paths.lock, clock, OTHER, name="a prune"),
        hold(worker_lock(paths), clock, "the rest of a night"),
    ):
        # Somebody may have gone back to one since they were shown.
        going = sorted(set(numbers) & set(expendable(store, rule)))
        room, purged = 0, []
        for number in going:
            alone = freed(paths, [number])
            try:
                purge(store, paths, number, clock())
            except VersionError:  # somebody went back to it just now
                continue
            purged.append(number)
            room += alone
        return Thinned(tuple(purged), room)
