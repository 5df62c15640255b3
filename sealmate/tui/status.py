"""The facts of the status line, and their wording for wide and narrow terminals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from textual.content import Content

from sealmate.tui.services import Services
from sealmate.tui.text import one_line

DIM = "$foreground 60%"


@dataclass(frozen=True, slots=True)
class Status:
    """Where the memory stands. `waiting` counts sources not in the weights, `forgotten` the
    self-edits that were forgotten but not yet taken out of them, `proposed` those to review."""

    base: str
    active: int
    waiting: int
    forgotten: int
    proposed: int
    now: datetime
    next_night: datetime | None


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
    )


def status_line(status: Status, width: int, zone: tzinfo | None = None) -> Content:
    """One line of at most `width` cells: full words where they fit, shorter ones otherwise."""
    for terseness in range(3):
        line = Content(" · ").join(_parts(status, zone, terseness))
        if line.cell_length <= width:
            return line
    return line.truncate(width, ellipsis=True)


def _parts(status: Status, zone: tzinfo | None, terseness: int) -> list[Content]:
    short = terseness > 1
    if status.active:
        parts = [Content.styled(f"● version {status.active}", "$text-success")]
    else:
        parts = [Content.styled("○ no memory", DIM)]
    base = one_line(status.base)
    parts.append(Content.styled(_tail(base, 18) if short else base, DIM))
    if status.waiting:
        noun = "note" if status.waiting == 1 else "notes"
        text = f"{status.waiting} waiting" if short else f"{status.waiting} {noun} not consolidated"
        parts.append(Content.styled(text, "$text-warning"))
    elif not terseness:
        parts.append(Content.styled("all notes consolidated", DIM))
    if status.forgotten:
        text = "forgotten, in weights" if terseness else "forgotten, still in the weights"
        parts.append(Content.styled(f"{status.forgotten} {text}", "$text-error"))
    if status.proposed:
        text = "to review" if terseness else "self-edits to review"
        parts.append(Content.styled(f"{status.proposed} {text}", "$text-warning"))
    parts.append(Content.styled(_night(status, zone, terseness > 0), DIM))
    return parts


def _night(status: Status, zone: tzinfo | None, short: bool) -> str:
    if status.next_night is None:
        return "no nightly run"
    at = status.next_night.astimezone(zone)
    if short:
        return f"night {at:%H:%M}"
    days = (at.date() - status.now.astimezone(zone).date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{at:%A}")
    return f"next night {day} {at:%H:%M}"


def _tail(name: str, length: int) -> str:
    """The end of a hub id or path, which tells more than its beginning."""
    return name if len(name) <= length else "…" + name[-(length - 1) :]
