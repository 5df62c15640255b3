"""The table of a screen: a row at a time, and the chosen one can be found again by its key."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class Rows(DataTable[Any]):
    """A table whose rows have keys. Home and end go to the first and the last row, as there is no
    cell to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "scroll_top", "First row", show=False),
        Binding("end", "scroll_bottom", "Last row", show=False),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(cursor_type="row", id=id)

    @property
    def chosen(self) -> str:
        """The key of the row under the cursor, "" in an empty table."""
        if not self.is_valid_row_index(self.cursor_row):
            return ""
        return str(self.ordered_rows[self.cursor_row].key.value)

    def choose(self, key: str, otherwise: int = 0) -> None:
        """Put the cursor on the row with that key; where it is gone, on the row `otherwise` or the
        last one before it."""
        there = key in self.rows
        row = self.get_row_index(key) if there else min(otherwise, self.row_count - 1)
        self.move_cursor(row=max(row, 0), scroll=True)
