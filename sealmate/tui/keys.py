"""Every key of the terminal UI under a name that config.toml can give another key.

[keys]
quit = "ctrl+x"
closed-book = "f6"
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """A named binding: the key it has unless the user's keymap says otherwise, and its action."""

    id: str
    key: str
    action: str
    text: str
    shown: bool = True
    priority: bool = False

    def binding(self) -> Binding:
        """The same for Textual; its id is what the keymap names."""
        return Binding(
            self.key, self.action, self.text, show=self.shown, priority=self.priority, id=self.id
        )


# Priority: the text area has keys of its own (f6, f7, ctrl+...) that a user may choose here.
CHAT = Key("chat", "f1", "show('chat')", "Chat", shown=False, priority=True)
VERSIONS = Key("versions", "f2", "show('versions')", "Versions", shown=False, priority=True)
SOURCES = Key("sources", "f3", "show('sources')", "Sources", shown=False, priority=True)
REPORT = Key("report", "f4", "show('report')", "Report", shown=False, priority=True)
QUIT = Key("quit", "ctrl+q", "quit", "Quit", priority=True)
CANCEL = Key("cancel", "escape", "cancel", "Stop")
CLOSED = Key("closed-book", "f5", "closed_book", "Closed book", priority=True)
NEW = Key("new-chat", "ctrl+n", "new_chat", "New chat", priority=True)
BACK = Key("back", "escape", "app.show('chat')", "Back to chat")
ROLLBACK = Key("rollback", "r", "rollback", "Roll back")
UNDO = Key("undo", "u", "undo", "Undo")
FORGET = Key("forget", "f", "forget", "Forget")
# The same key where there is nothing to stop, under the same id so that it goes where that goes.
NO_CANCEL = Binding(CANCEL.key, "no_cancel", "", show=False, id=CANCEL.id)

# These have no id, as they do what they do everywhere. Priority: the prompt has keys of that name.
_SCROLL = Binding.Group("Scroll", compact=True)
PAGES = tuple(
    Binding(key, f"page({pages})", "Scroll", key_display=shown, priority=True, group=_SCROLL)
    for key, pages, shown in (("pageup", -1, "pgup/"), ("pagedown", 1, "pgdn"))
)
DETAILS = Binding("tab", "app.focus_next", "Details")
# How the help tells them, and those of the parts.
FIXED = (
    ("shift+enter", "new line"),
    ("pageup/pagedown", "scroll"),
    ("tab", "to the details below a table and back"),
    ("home/end", "first and last row"),
)

ALL = (
    CHAT, VERSIONS, SOURCES, REPORT, QUIT, CANCEL, CLOSED, NEW, BACK, ROLLBACK, UNDO, FORGET,
)  # fmt: skip
