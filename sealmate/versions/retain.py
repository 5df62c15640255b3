"""Which versions to keep, and getting rid of the others for good.

Thinning out is never done unasked: a caller hands what `expendable` names to `purge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sealmate.paths import Paths
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.files import destroy, disk_errors, folder_name, held
from sealmate.versions.lineage import ancestors, previous


@dataclass(frozen=True, slots=True)
class Retention:
    """How many versions stay: of the active one's ancestors, of the last, and the newest of
    each of so many weeks and months that have any."""

    ancestors: int = 3
    last: int = 7
    weeks: int = 8
    months: int = 12


def superfluous(
    versions: Sequence[Version], active: int, rule: Retention | None = None
) -> list[int]:
    """Numbers of the versions that `rule` would let go, ascending; a pure function.

    The active version and those already purged are never among them.
    """
    rule = rule or Retention()
    living = sorted(
        (version for version in versions if version.purged_at is None),
        key=lambda version: version.number,
    )
    kept = {active, *_last([version.number for version in living], rule.last)}
    by_number = {version.number: version for version in versions}
    if active in by_number:
        alive = {version.number for version in living}
        came_from = [n for n in ancestors(by_number[active], by_number) if n in alive]
        kept.update(came_from[: rule.ancestors])
    for count, period in ((rule.weeks, "%G-%V"), (rule.months, "%Y-%m")):
        newest = {version.created_at.strftime(period): version.number for version in living}
        kept.update(_last(list(newest.values()), count))
    return [version.number for version in living if version.number not in kept]


def expendable(store: Store, rule: Retention | None = None) -> list[int]:
    """Numbers of the versions that can go by `rule`, ascending; never the one that a rollback
    goes back to."""
    going = superfluous(store.versions.list(), store.versions.active(), rule)
    back = previous(store)
    return [number for number in going if number != back]


def _last(numbers: list[int], count: int) -> list[int]:
    return numbers[max(0, len(numbers) - count) :]


def purge(store: Store, paths: Paths, number: int, at: datetime) -> Version:
    """Overwrite and delete a version's files and mark its row; nothing brings it back.

    The row first: cut off in between, `sweep` finishes. Purging again finishes too. Raises
    NotFoundError, VersionError for the active version, BusyError and HomeError.
    """
    with held(paths), disk_errors(paths.versions):
        version = store.versions.mark_purged(number, at)
        destroy(paths.versions / folder_name(number))
        return version
