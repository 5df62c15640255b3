"""What stands in the chat: questions, answers with their sources, and remarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Markdown, Static

from sealmate.tui.status import DIM
from sealmate.tui.text import one_line, plain

Kind = Literal["plain", "good", "bad", "ask"]


class UserTurn(Static):
    """What the person wrote, letter by letter."""

    def __init__(self, text: str) -> None:
        super().__init__(Content(plain(text)), markup=False)


class Remark(Static):
    """A line of the program itself: what a command did, or an error with how to mend it."""

    def __init__(self, text: str, kind: Kind = "plain") -> None:
        super().__init__(Content(plain(text)), markup=False, classes=f"-{kind}")


class AnswerTurn(Vertical):
    """An answer that grows as it is decoded, then gets its sources.

    Made with a `text` it is one from the history.
    """

    def __init__(self, text: str = "", busy: str = "") -> None:
        super().__init__()
        self._text = text
        self._busy = busy

    def compose(self) -> ComposeResult:
        """The text, a word on what is going on, and the sources."""
        # A link in an answer must not open a browser: nothing leaves the machine by itself.
        yield Markdown(plain(self._text), open_links=False, classes="text")
        yield Static(self._busy, markup=False, classes="busy" if self._busy else "busy -empty")
        yield Static(markup=False, classes="sources -empty")

    @property
    def markdown(self) -> Markdown:
        """Where the text goes."""
        return self.query_one(Markdown)

    def busy(self, text: str) -> None:
        """Say what is going on; "" for nothing more."""
        _fill(self.query_one(".busy", Static), Content(plain(text)))

    def finish(
        self,
        how: str,
        sources: Sequence[Mapping[str, Any]],
        excerpts: Mapping[int, str],
        disputes: Sequence[str] = (),
    ) -> None:
        """Close with `how` it was answered and the sources, each with its passage's excerpt, and
        with what other notes say to it."""
        self.busy("")
        lines = [Content.styled(how, DIM)] if how else []
        for source in sources:
            title = one_line(str(source.get("title", "")))
            excerpt = excerpts.get(source.get("passage", 0), "")
            excerpt = excerpt.removeprefix(title).strip()  # a note often begins with its title
            lines.append(
                Content.assemble(
                    ("↳ ", "$text-accent"),
                    (title, "$text-primary"),
                    (f"  {excerpt}" if excerpt else "", DIM),
                )
            )
        lines += [Content.styled(one_line(text), "$text-warning") for text in disputes]
        _fill(self.query_one(".sources", Static), Content("\n").join(lines))


def _fill(line: Static, content: Content) -> None:
    """Show `content`; an empty line takes no room."""
    line.update(content)
    line.set_class(not content.plain, "-empty")
