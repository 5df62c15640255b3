"""Which versions to keep, and getting rid of the others for good.

Thinning out is never done unasked: a caller hands what `superfluous` names to `purge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sealmate.paths import Paths
from sealmate.records import Version
from sealmate.store import Store
from sealmate.versions.files import destroy, disk_errors, folder_name, held


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
    parents = {version.number: version.parent for version in versions}
    number: int | None = active
    for _ in range(rule.ancestors):
        number = parents.get(number or 0)
        if number is None:
            break
        kept.add(number)
    for count, period in ((rule.weeks, "%G-%V"), (rule.months, "%Y-%m")):
        newest = {version.created_at.strftime(period): version.number for version in living}
        kept.update(_last(list(newest.values()), count))
    return [version.number for version in living if version.number not in kept]


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
