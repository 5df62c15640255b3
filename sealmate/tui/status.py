"""The facts of the status line, and their wording for wide and narrow terminals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from textual.content import Content

from sealmate.errors import BusyError, HomeError
from sealmate.standing import REVIEW, WAITING
from sealmate.tui.services import Services
from sealmate.tui.text import one_line

DIM = "$foreground 60%"
_TERSEST = 4


@dataclass(frozen=True, slots=True)
class Status:
    """Where the memory stands. `waiting` counts sources with something the next night learns,
    `forgotten` the self-edits that were forgotten but not yet taken out of the weights, `proposed`
    those to review, `sources` all there are, `conflicts` the open ones. `night` is true while one
    runs, in whatever process."""

    base: str
    active: int
    waiting: int
    forgotten: int
    proposed: int
    now: datetime
    next_night: datetime | None
    sources: int = 0
    conflicts: int = 0
    night: bool = False


def read_status(services: Services) -> Status:
    """The status now. Reads the ledger; raises StoreError and HomeError."""
    store = services.store()
    pending = store.pending()
    return Status(
        base=services.settings.model,
        active=store.versions.active(),
        waiting=pending.sources,
        forgotten=pending.forgotten,
        proposed=pending.proposed,
        now=services.clock(),
        next_night=services.next_night(),
        sources=store.sources.count(),
        conflicts=len(store.conflicts.list("open")),
        night=_night_runs(services),
    )


def _night_runs(services: Services) -> bool:
    from sealmate.night.lock import refuse_beside_night  # after the first paint

    try:
        refuse_beside_night(services.settings.paths, services.clock)
    except BusyError:
        return True
    except HomeError:  # no lock can be made here, so no night has one
        return False
    return False


def status_line(status: Status, width: int, zone: tzinfo | None = None) -> Content:
    """One line of at most `width` cells: full words where they fit, shorter ones otherwise."""
    for terseness in range(_TERSEST + 1):
        line = Content(" · ").join(_parts(status, zone, terseness))
        if line.cell_length <= width:
            return line
    return line.truncate(width, ellipsis=True)


def _parts(status: Status, zone: tzinfo | None, terseness: int) -> list[Content]:
    """First go the long words, then the base, at last the commands that tell more."""
    long = terseness == 0
    if status.active:
        number = f"v{status.active}" if terseness > 2 else f"version {status.active}"
        parts = [Content.styled(f"● {number}", "$text-success")]
    else:
        parts = [Content.styled("○ no memory", DIM)]
    base = one_line(status.base)
    if terseness < 3:
        parts.append(Content.styled(_tail(base, 18) if terseness == 2 else base, DIM))
    if status.waiting:
        noun = ("note " if status.waiting == 1 else "notes ") if long else ""
        parts.append(Content.styled(f"{status.waiting} {noun}{WAITING}", "$text-warning"))
    elif not status.sources:
        parts.append(Content.styled("no notes yet", DIM))
    elif long:
        parts.append(Content.styled(f"no note {WAITING}", DIM))
    if status.forgotten:
        place = (", still in the weights", ", in weights", ", in weights", ", in weights", "")
        text = f"{status.forgotten} forgotten{place[terseness]}"
        parts.append(Content.styled(text, "$text-error"))
    more = terseness < _TERSEST
    if status.proposed:
        noun = ("self-edit " if status.proposed == 1 else "self-edits ") if long else ""
        text = f"{status.proposed} {noun}{REVIEW}{': sealmate edits' * more}"
        parts.append(Content.styled(text, "$text-warning"))
    if status.conflicts:
        noun = "conflict" if status.conflicts == 1 else "conflicts"
        text = f"{status.conflicts} {noun}{' open' * long}{': sealmate conflicts' * more}"
        parts.append(Content.styled(text, "$text-warning"))
    if status.night:
        parts.append(Content.styled("night running" if more else "night runs", "$text-accent"))
    else:
        parts.append(Content.styled(_night(status, zone, not long), DIM))
    return parts


def _night(status: Status, zone: tzinfo | None, short: bool) -> str:
    if status.next_night is None:
        return "no night" if short else "no nightly run"
    at = status.next_night.astimezone(zone)
    if short:
        return f"night {at:%H:%M}"
    days = (at.date() - status.now.astimezone(zone).date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{at:%A}")
    return f"next night {day} {at:%H:%M}"


def _tail(name: str, length: int) -> str:
    """The end of a hub id or path, which tells more than its beginning."""
    return name if len(name) <= length else "…" + name[-(length - 1) :]
