"""What it was given: every source, and the text of the chosen one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sealmate.records import Source
from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.status import DIM
from sealmate.tui.text import one_line, plain

_MOST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Row:
    """A current source, how many passages it has, and whether they are in the weights."""

    source: Source
    passages: int
    known: bool


def read_rows(services: Services) -> list[Row]:
    """The current sources, newest first."""
    store = services.store()
    learnt = set(store.versions.edit_ids(store.versions.active()))
    taught = {edit.passage_id for edit in store.edits.trainable() if edit.id in learnt}
    rows = []
    for source in reversed(store.sources.list()):
        passages = store.passages.of_source(source.id)
        known = bool(passages) and all(passage.id in taught for passage in passages)
        rows.append(Row(source, len(passages), known))
    return rows


class SourcesScreen(BaseScreen):
    """A table of sources; below it the text of the chosen one."""

    tab = "sources"
    AUTO_FOCUS = "DataTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.FORGET.binding(), keys.BACK.binding(), keys.QUIT.binding(),
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._rows: dict[int, Row] = {}

    def body(self) -> Iterable[Widget]:
        """The table and the text."""
        yield DataTable(cursor_type="row", id="sources")
        with VerticalScroll(id="details", can_focus=False):
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Read the sources after the first paint."""
        super().on_mount()
        self.start(self.load, "load")

    async def load(self) -> None:
        """Read the ledger and fill the table."""
        rows = await self.off(read_rows, self.services)
        self._rows = {row.source.id: row for row in rows}
        table = self.query_one(DataTable)
        table.clear(columns=True)
        table.add_columns("id", "kind", "title", "passages", "given", "memory")
        room = max(16, self.size.width - 58)
        for row in rows:
            source = row.source
            table.add_row(
                str(source.id),
                source.kind,
                _cut(one_line(source.title), room),
                str(row.passages),
                f"{source.created_at.astimezone(self.services.zone):%d %b %Y}",
                self.cell("in the weights", "success")
                if row.known
                else self.cell("waiting", "warning"),
                key=str(source.id),
            )
        if not rows:
            self.query_one("#details Static", Static).update(
                Content("Nothing yet. /remember keeps a note; `sealmate ingest` takes files.")
            )

    @on(DataTable.RowHighlighted)
    def _chosen(self, event: DataTable.RowHighlighted) -> None:
        row = self._rows.get(int(event.row_key.value or 0))
        if row is None:
            return
        source = row.source
        text = source.text[:_MOST_TEXT] + ("…" if len(source.text) > _MOST_TEXT else "")
        where = f"{source.uri}\n" if source.uri else ""
        self.query_one("#details Static", Static).update(
            Content.assemble(
                (one_line(source.title) + "\n", "bold"), (plain(where), DIM), "\n" + plain(text)
            )
        )

    async def action_forget(self) -> None:
        """Put the question in the chat, where it is answered."""
        table = self.query_one(DataTable)
        if table.is_valid_row_index(table.cursor_row):
            key = table.ordered_rows[table.cursor_row].key.value
            await self.app.run_action(f"ask_to_forget({key!r})")


def _cut(text: str, cells: int) -> Text:
    cut = Text(text, no_wrap=True)
    cut.truncate(cells, overflow="ellipsis")
    return cut
