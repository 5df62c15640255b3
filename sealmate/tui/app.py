"""The app: which screen is shown, the keys everywhere, the look, and a quick first paint."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App
from textual.binding import BindingType
from textual.theme import Theme

from sealmate.errors import SealmateError
from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.screens.chat import ChatScreen
from sealmate.tui.services import Services, from_workspace

if TYPE_CHECKING:
    from sealmate.workspace import Workspace

_STOP_SECONDS = 5.0

THEME = Theme(
    name="sealmate",
    primary="#7fb4ca",
    secondary="#938aa9",
    accent="#e6c384",
    warning="#e6a35c",
    error="#e8606b",
    success="#98bb6c",
    foreground="#dcd7ba",
    background="#16181d",
    surface="#1d2027",
    panel="#252932",
    dark=True,
    variables={
        "footer-key-foreground": "#e6c384",
        "footer-background": "#16181d",
        "footer-item-background": "#16181d",
        "footer-key-background": "#16181d",
        "footer-description-background": "#16181d",
        "footer-description-foreground": "#9a9a8e",
        "block-cursor-background": "#2f4a58",
        "block-cursor-foreground": "#f2eedd",
        "block-cursor-text-style": "none",
        "border": "#7fb4ca",
        "border-blurred": "#3a404c",
    },
)


class SealmateApp(App[None]):
    """Chat first; the other screens come over it and go again.

    `greeting` is said in the chat at the start. `failure` is the error that ended the app, if one
    did.
    """

    TITLE = "sealmate"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key.binding() for key in (keys.CHAT, keys.VERSIONS, keys.SOURCES, keys.REPORT, keys.QUIT)
    ]

    def __init__(self, services: Services, greeting: str = "") -> None:
        super().__init__()
        self.services = services
        self.failure: SealmateError | None = None
        self.chat = ChatScreen(services)
        self.chat.greeting = f"{greeting[:1].upper()}{greeting[1:]}." if greeting else ""
        self.set_keymap(services.settings.keys)

    def get_default_screen(self) -> ChatScreen:
        """The chat is at the bottom of the stack."""
        return self.chat

    def on_mount(self) -> None:
        """Put on the look."""
        self.register_theme(THEME)
        self.theme = THEME.name

    async def action_show(self, name: str) -> None:
        """Show the screen with that name, read anew."""
        if isinstance(self.screen, BaseScreen) and self.screen.tab == name:
            self.screen.look_again()
            return
        if self.screen is not self.chat and isinstance(self.screen, BaseScreen):
            await self.pop_screen()
        if name != self.chat.tab and isinstance(self.screen, BaseScreen):
            await self.push_screen(_screen(name, self.services))

    async def action_ask_to_forget(self, source_id: str) -> None:
        """Begin to forget a source, in the chat."""
        await self.action_show(self.chat.tab)
        # Beside what else happens: what the chat is doing just now may take a while.
        self.chat.run_worker(self.chat.submit(f"/forget {source_id}"), group="input")

    async def action_quit(self) -> None:
        """Let what goes on in the chat end first, for a few seconds at most."""
        self.chat.stop_all()
        for _ in range(int(_STOP_SECONDS / 0.05)):
            if not self.chat.busy:
                break
            await asyncio.sleep(0.05)
        self.exit()

    @on(BaseScreen.Unreadable)
    def _unreadable(self, event: BaseScreen.Unreadable) -> None:
        if self.failure is None:
            self.failure = event.error
            self.exit(return_code=event.error.exit_code)


def _screen(name: str, services: Services) -> BaseScreen:
    # DataTable costs 6 ms and these screens as much again: not before one is looked at.
    if name == "versions":
        from sealmate.tui.screens.versions import VersionsScreen

        return VersionsScreen(services)
    if name == "sources":
        from sealmate.tui.screens.sources import SourcesScreen

        return SourcesScreen(services)
    from sealmate.tui.screens.report import ReportScreen

    return ReportScreen(services)


def run(workspace: Workspace, greeting: str = "") -> None:
    """Run the app on a home until the person quits. `greeting` is what is said at the start.

    Raises the SealmateError that made it impossible to go on.
    """
    app = SealmateApp(from_workspace(workspace), greeting)
    app.run()
    if app.failure is not None:
        raise app.failure
