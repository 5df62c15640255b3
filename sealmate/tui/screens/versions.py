"""The versions of the memory with their scores; one key goes back, one undoes that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sealmate.records import Activation, Version, scores_listed
from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.status import DIM
from sealmate.tui.text import one_line

_ACTIVATIONS = 4


@dataclass(frozen=True, slots=True)
class Lineage:
    """All versions, newest first, with the active one and how it came to be so.

    `barred` versions were trained on something forgotten since; nothing brings them back. `back`
    is where the key goes from the active one.
    """

    versions: tuple[Version, ...]
    active: int
    activations: tuple[Activation, ...]
    barred: frozenset[int]
    back: int = 0


def read_lineage(services: Services) -> Lineage:
    """The lineage now."""
    from sealmate.versions.lineage import step_back  # checks of versions with it: 0.1 s

    versions = services.store().versions
    return Lineage(
        tuple(reversed(versions.list())),
        versions.active(),
        tuple(versions.activations()),
        frozenset(versions.with_erased_edits()),
        step_back(services.store()),
    )


class VersionsScreen(BaseScreen):
    """A table of versions; below it all about the chosen one."""

    tab = "versions"
    AUTO_FOCUS = "DataTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.ROLLBACK.binding(), keys.UNDO.binding(), keys.BACK.binding(), keys.QUIT.binding(),
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.lineage: Lineage | None = None
        self._switching = False

    def body(self) -> Iterable[Widget]:
        """The table, a line for what a key did, and the details."""
        yield DataTable(cursor_type="row", id="versions")
        yield Static(markup=False, id="outcome")
        with VerticalScroll(id="details", can_focus=False):
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Read the versions after the first paint."""
        super().on_mount()
        self.start(self.load, "load")

    async def load(self) -> None:
        """Read the ledger and fill the table, the cursor on the active version."""
        lineage = self.lineage = await self.off(read_lineage, self.services)
        table = self.query_one(DataTable)
        table.clear(columns=True)
        shown = scores_listed(lineage.versions)  # every score stands in the details
        table.add_columns("", "version", "made", "from", "self-edits", *(n for _, n in shown))
        marked = any(_mark(version, lineage) for version in lineage.versions)
        if marked:
            table.add_column("")
        for version in lineage.versions:
            table.add_row(
                self.cell("●", "success") if version.number == lineage.active else "",
                str(version.number),
                self.when(version.created_at),
                "base" if not version.parent else str(version.parent),
                str(version.edits),
                *(_figure(version.scores.get(key)) for key, _ in shown),
                *([_mark(version, lineage)] * marked),
                key=str(version.number),
            )
        table.add_row(
            self.cell("●", "success") if not lineage.active else "",
            "none", "the base alone", "", "", *("" for _ in shown), *([""] * marked), key="0",
        )  # fmt: skip
        table.move_cursor(row=table.get_row_index(str(lineage.active)), scroll=True)
        self.describe(lineage.active)

    def when(self, at: datetime) -> str:
        """A time in the services' zone."""
        return f"{at.astimezone(self.services.zone):%d %b %Y %H:%M}"

    @on(DataTable.RowHighlighted)
    def _chosen(self, event: DataTable.RowHighlighted) -> None:
        if event.row_key.value is not None:
            self.describe(int(event.row_key.value))

    def describe(self, number: int) -> None:
        """Show all about one version."""
        lineage = self.lineage
        if lineage is None:
            return
        version = next((v for v in lineage.versions if v.number == number), None)
        lines: list[Content] = []
        if version is None:
            lines.append(Content("Answers as the base does, without anything it was taught."))
        else:
            lines += [_pair("base", version.base_id), _pair("sha-256", version.sha256[:16] + "…")]
            lines += [
                _pair(name.replace("_", " "), _figure(value))
                for name, value in sorted(version.scores.items())
            ]
        lines.append(Content.styled("\nactivations", "bold"))
        for one in lineage.activations[-_ACTIVATIONS:][::-1]:
            arrow = f"{_name(one.previous)} → {_name(one.version)}"
            lines.append(Content.assemble(
                (f"{self.when(one.at)}  ", DIM), f"{arrow}  ", (one_line(one.reason), DIM)
            ))  # fmt: skip
        self.query_one("#details Static", Static).update(Content("\n").join(lines))

    def action_rollback(self) -> None:
        """To the chosen version; from the active one to what the night before it made."""
        lineage = self.lineage
        table = self.query_one(DataTable)
        if lineage is None or not table.is_valid_row_index(table.cursor_row):
            return
        chosen = int(str(table.ordered_rows[table.cursor_row].key.value))
        if chosen == lineage.active:
            if not chosen:
                self._say("No version is active; choose one with the arrow keys.", bad=True)
                return
            chosen = lineage.back
        self._go(chosen, f"rolled back from {_name(lineage.active)}")

    def action_undo(self) -> None:
        """Back to the version that was active before the last change."""
        if self.lineage is not None:
            if not self.lineage.activations:
                self._say("There is nothing to undo.", bad=True)
                return
            last = self.lineage.activations[-1]
            self._go(last.previous, f"undid {_name(last.previous)} → {_name(last.version)}")

    def _go(self, number: int, reason: str) -> None:
        lineage = self.lineage
        if lineage is None or self._switching:
            return
        version = next((v for v in lineage.versions if v.number == number), None)
        if version is not None and not _usable(version, lineage):
            self._say(f"Version {number} {_mark(version, lineage)}; it cannot come back.", bad=True)
            return
        self._switching = True
        self._say(f"checking {_name(number)}…")
        self.run_worker(self._switch(number, reason), group="switch")

    async def _switch(self, number: int, reason: str) -> None:
        try:
            before = self.lineage.active if self.lineage else 0
            await self.off(self.services.switch, number, reason)
            await self.load()
            undo = self.services.settings.keys.get(keys.UNDO.id, keys.UNDO.key)
            self._say(f"{_name(number)} is active, {_name(before)} before. {undo} undoes it.")
        except Exception as error:
            self._say(self.say(error), bad=True)
        finally:
            self._switching = False
        self.update_status()

    def _say(self, text: str, bad: bool = False) -> None:
        line = self.query_one("#outcome", Static)
        line.set_class(bad, "-bad")
        line.update(Content(text[:1].upper() + text[1:]))


def _name(number: int) -> str:
    return f"version {number}" if number else "no memory"


def _usable(version: Version, lineage: Lineage) -> bool:
    return version.purged_at is None and version.number not in lineage.barred


def _mark(version: Version, lineage: Lineage) -> str:
    if version.purged_at is not None:
        return "was erased"
    return "holds something forgotten" if version.number in lineage.barred else ""


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return "–" if value is None else str(value)


def _pair(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<22}", DIM), value)
