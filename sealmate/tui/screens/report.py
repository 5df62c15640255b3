"""The morning report: what the last night learnt, refused and cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown

from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.text import plain

NO_NIGHT = "**No night has run yet.** `/sleep now` in the chat runs one."


class ReportScreen(BaseScreen):
    """The report of the last night as Markdown."""

    tab = "report"
    AUTO_FOCUS = "#report"
    BINDINGS: ClassVar[list[BindingType]] = [keys.BACK.binding(), keys.QUIT.binding()]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._text: str | None = None

    def body(self) -> Iterable[Widget]:
        """One scrolling page."""
        with VerticalScroll(id="report"):
            yield Markdown(open_links=False)

    def on_mount(self) -> None:
        """Read the report after the first paint."""
        super().on_mount()
        self.reread()

    def reread(self) -> None:
        """Show the report of a night that ended since."""
        self.start(self.load, "load")

    async def load(self) -> None:
        """Read it, and show it if it is another one."""
        text = await self.off(self.services.report)
        if text == self._text:
            return
        self._text = text
        await self.query_one(Markdown).update(plain(text) or NO_NIGHT)
