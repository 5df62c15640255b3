"""The line that says where the memory stands."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from sealmate.tui.status import DIM, Status, status_line


class StatusLine(Static):
    """One line, worded to fit its width. Before the ledger is read it only says so."""

    status: reactive[Status | None] = reactive(None)

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__(markup=False)
        self._zone = zone

    def render(self) -> Content:
        """The status in as many words as fit."""
        if self.status is None:
            return Content.styled("opening the ledger…", DIM)
        return status_line(self.status, max(self.content_size.width, 20), self._zone)
