"""What the four screens share: the first line, the status line, the keys below."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.worker import WorkType

from sealmate.errors import HomeError, SealmateError
from sealmate.night.logfile import write_error
from sealmate.tui.services import Services
from sealmate.tui.status import read_status
from sealmate.tui.widgets.status import StatusLine
from sealmate.tui.widgets.topbar import TopBar

P = ParamSpec("P")
R = TypeVar("R")

_STATUS_SECONDS = 30.0


class BaseScreen(Screen[None]):
    """A screen over the services. Subclasses give `body` and, to be up to date, `reread`."""

    tab = ""

    @dataclass
    class Unreadable(Message):
        """The ledger cannot be read, so there is nothing to show."""

        error: SealmateError

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self._ever_read = False

    def compose(self) -> ComposeResult:
        """First line, the screen's own part, status, keys."""
        settings = self.services.settings
        yield TopBar(self.tab, settings.profile, settings.keys)
        yield from self.body()
        yield StatusLine(self.services.zone)
        yield Footer(show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        """The screen's own part."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Look again now and then: another process may run the night."""
        self.set_interval(_STATUS_SECONDS, self.look_again)

    def on_screen_resume(self) -> None:
        """The screen is shown, for the first time or again."""
        self.update_status()

    def look_again(self) -> None:
        """Read the status and what the screen shows anew."""
        self.update_status()
        self.reread()

    def reread(self) -> None:
        """Read the screen's own part anew, where others may have changed it."""

    @property
    def sleeping(self) -> bool:
        """True while a night is known to run that may not hold its lock yet."""
        return False

    def update_status(self) -> None:
        """Read the status line's facts anew."""
        self.start(self._update_status, "status")

    async def _update_status(self) -> None:
        status = await self.off(read_status, self.services)
        self.query_one(StatusLine).status = replace(status, night=status.night or self.sleeping)
        self._ever_read = True

    def start(self, work: Callable[[], Coroutine[None, None, object]], group: str) -> None:
        """Run `work` beside what else happens, in the place of what runs in its group.

        Where the ledger cannot be read at all, the app ends with that error.
        """

        async def guarded() -> None:
            try:
                await work()
            except SealmateError as error:
                if self._ever_read:
                    self.notify(self.say(error), severity="error")
                else:
                    self.post_message(self.Unreadable(error))
            except Exception as error:
                self.notify(self.say(error), severity="error")

        task: WorkType[None] = guarded
        self.run_worker(task, group=group, exclusive=True)

    async def off(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """A short blocking call, beside the event loop."""
        return await asyncio.to_thread(call, *args, **kwargs)

    def cell(self, text: str, colour: str) -> Text:
        """A table's cell in a colour of the theme, like "success"; tables measure only Text."""
        return Text(text, style=self.app.theme_variables[colour])

    def say(self, error: Exception) -> str:
        """An error in one or two lines; where an unexpected one came from goes to the log."""
        if isinstance(error, SealmateError):
            return f"{error.message}\n{error.hint}".strip()
        log = self.services.settings.paths.log
        said = f"Something broke: {type(error).__name__}: {error}"
        try:
            write_error(log, error, self.services.clock(), self.tab)
        except (OSError, HomeError):
            return said
        return f"{said}\nThe details are in {log}"
