"""The line to write on: enter sends, shift+enter breaks the line, up and down bring back."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from sealmate.tui.commands import complete

_BREAKS = ("shift+enter", "ctrl+j", "alt+enter")


class Prompt(TextArea):
    """A text area that grows with its text; a pasted page stays whole, unlike in an Input."""

    @dataclass
    class Sent(Message):
        """The person pressed enter on `text`, which is never blank."""

        text: str

    def __init__(self) -> None:
        super().__init__(
            compact=True,
            highlight_cursor_line=False,
            placeholder="Ask something, or /help",
            id="prompt",
        )
        self.earlier: list[str] = []
        self._at = 0
        # What was made of the lines that up and down left, the one not sent yet among them.
        self._drafts: dict[int, str] = {}

    def recall(self, lines: list[str]) -> None:
        """What up and down bring back, oldest first; the text that stands there comes after it."""
        self.earlier = lines
        self._at = len(lines)
        self._drafts = {}

    def write(self, text: str) -> None:
        """Replace the text and put the cursor behind it; an undo takes that back."""
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)
        self.history.checkpoint()

    def offer(self, text: str) -> bool:
        """Put a text that was not taken where the person writes; False if something stands there
        already: then up brings it back."""
        if self.text.strip():
            if text not in self.earlier[-1:]:
                self.recall([*self.earlier, text])
            return False
        self.write(text)
        return True

    def forget(self, lines: list[str]) -> None:
        """Let nothing be brought back but these lines, by an undo either."""
        self.history.clear()
        self.recall(lines)

    def update_suggestion(self) -> None:
        """Offer the rest of a command."""
        self.suggestion = complete(self.text)

    async def _on_key(self, event: Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            if text := self.text.strip():
                self.post_message(self.Sent(text))
            return
        if event.key in _BREAKS:
            event.stop()
            event.prevent_default()
            self.insert("\n")
            return
        if event.key == "tab" and self.suggestion:
            event.stop()
            event.prevent_default()
            self.insert(self.suggestion)
            return
        await super()._on_key(event)

    def action_cursor_up(self, select: bool = False) -> None:
        """Up a line, and from the first line to what was written before."""
        if not select and self.cursor_location[0] == 0 and self._at > 0:
            self._go(self._at - 1)
            return
        super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down a line, and from the last line back to what was written later."""
        last = self.cursor_location[0] == self.document.line_count - 1
        if not select and last and self._at < len(self.earlier):
            self._go(self._at + 1)
            return
        super().action_cursor_down(select)

    def _go(self, at: int) -> None:
        """Show the line at that place of the history, as it was left."""
        self._drafts[self._at] = self.text
        self._at = at
        self.write(self._drafts.get(at, self.earlier[at] if at < len(self.earlier) else ""))
