"""What it was given: every source, and the text of the chosen one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sealmate.errors import NotFoundError
from sealmate.records import Source
from sealmate.standing import Standing, explained, standings
from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.status import DIM
from sealmate.tui.text import one_line, plain
from sealmate.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from sealmate.store.sources import Entry

_MOST_TEXT = 4000
_NONE = "Nothing yet. /remember keeps a note; `sealmate ingest` takes files."


@dataclass(frozen=True, slots=True)
class Row:
    """A current source, how many passages it has, and where it stands."""

    source: Entry
    passages: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Details:
    """What is shown of the chosen source; `standing` in words, with what follows from it."""

    source: Source
    standing: str


def read_rows(services: Services) -> list[Row]:
    """The current sources, newest first."""
    store = services.store()
    found, passages = standings(store), store.passages.ids_by_source()
    return [
        Row(source, len(passages.get(source.id, ())), found.get(source.id, Standing()))
        for source in reversed(store.sources.entries())
    ]


def read_details(services: Services, row: Row) -> Details | None:
    """All about a source; None where it is gone."""
    store = services.store()
    try:
        source = store.sources.get(row.source.id)
    except NotFoundError:
        return None
    if source.state == "forgotten":
        return None
    return Details(source, explained(store, source.id, row.standing))


class SourcesScreen(BaseScreen):
    """A table of sources; below it the text of the chosen one."""

    tab = "sources"
    AUTO_FOCUS = "DataTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.FORGET.binding(), keys.DETAILS, keys.BACK.binding(), keys.QUIT.binding(),
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._rows: list[Row] | None = None
        self._described = 0
        self._order = asyncio.Lock()  # what was read later is shown later

    def body(self) -> Iterable[Widget]:
        """The table and the text."""
        yield Rows("sources")
        with VerticalScroll(id="details"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Read the sources after the first paint."""
        super().on_mount()
        self.reread()

    def reread(self) -> None:
        """Show what came and went since, wherever that was asked for."""
        self.start(self.load, "load")

    async def load(self) -> None:
        """Read the ledger and show what is new in it."""
        async with self._order:
            rows = await self.off(read_rows, self.services)
            if rows != self._rows:
                self._fill(rows)

    def _fill(self, rows: list[Row]) -> None:
        """The cursor stays on its source."""
        table = self.query_one(Rows)
        chosen, at = table.chosen, table.cursor_row
        self._rows = rows
        table.clear(columns=True)
        table.add_columns("id", "kind", "title", "passages", "given", "memory")
        room = max(16, self.size.width - 58)
        for row in rows:
            source = row.source
            due = row.standing.waiting or row.standing.review
            table.add_row(
                str(source.id),
                source.kind,
                _cut(one_line(source.title), room),
                str(row.passages),
                f"{source.created_at.astimezone(self.services.zone):%d %b %Y}",
                self.cell(
                    row.standing.words,
                    "warning" if due else "success" if row.standing.known else "foreground",
                ),
                key=str(source.id),
            )
        table.choose(chosen, at)
        self._describe(table.chosen)

    @on(DataTable.RowHighlighted)
    def _chosen(self, event: DataTable.RowHighlighted) -> None:
        self._describe(event.row_key.value or "")

    def _describe(self, key: str) -> None:
        """Show the source with that id, "" for none."""
        row = next((row for row in self._rows or () if str(row.source.id) == key), None)
        if row is not None:
            self.start(partial(self._show, row), "details")
        elif not self._rows:
            self._write(Content(_NONE))

    async def _show(self, row: Row) -> None:
        found = await self.off(read_details, self.services, row)
        if found is None:  # erased since the list was read
            self.reread()
            return
        source = found.source
        parts: list[Content | str | tuple[str, str]] = [(one_line(source.title) + "\n", "bold")]
        if source.uri:
            parts.append((plain(source.uri) + "\n", DIM))
        parts += [(plain(found.standing) + "\n", DIM), "\n", plain(source.text[:_MOST_TEXT])]
        if len(source.text) > _MOST_TEXT:
            all_of_it = f"sealmate sources show {source.id}"
            parts.append((f"…\n\nThe rest is cut here. All of it: {all_of_it}", "$text-warning"))
        self._write(Content.assemble(*parts))
        if source.id != self._described:
            self.query_one("#details").scroll_home(animate=False)
        self._described = source.id

    def _write(self, content: Content) -> None:
        self.query_one("#details Static", Static).update(content)

    async def action_forget(self) -> None:
        """Put the question in the chat, where it is answered."""
        if key := self.query_one(Rows).chosen:
            await self.app.run_action(f"ask_to_forget({key!r})")


def _cut(text: str, cells: int) -> Text:
    cut = Text(text, no_wrap=True)
    cut.truncate(cells, overflow="ellipsis")
    return cut
