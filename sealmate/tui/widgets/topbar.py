"""The first line: name, profile and the four screens with their keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.widgets import Static

from sealmate.tui import keys

SCREENS = (keys.CHAT, keys.VERSIONS, keys.SOURCES, keys.REPORT)


class Tab(Static):
    """The name of a screen; a click goes there."""

    def __init__(self, key: keys.Key, shown_key: str, active: bool) -> None:
        super().__init__(f"{key.text} {shown_key}", markup=False, classes="tab")
        self._action = key.action
        self.set_class(active, "-active")

    async def on_click(self, event: Click) -> None:
        """Go to the screen."""
        event.stop()
        await self.app.run_action(self._action)


class TopBar(Horizontal):
    """Drawn by each screen with its own id as the active one."""

    def __init__(self, active: str, profile: str, keymap: dict[str, str]) -> None:
        super().__init__()
        self._active = active
        self._profile = profile
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """The name at the left, the screens at the right."""
        named = "" if self._profile == "default" else f" · {self._profile}"
        yield Static(f"◉ sealmate{named}", markup=False, classes="brand")
        for key in SCREENS:
            shown = self._keymap.get(key.id, key.key).split(",")[0].upper()
            yield Tab(key, shown, key.id == self._active)
