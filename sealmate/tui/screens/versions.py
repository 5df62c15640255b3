"""The versions of the memory with their scores; one key goes back, one undoes that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable, Static

from sealmate.records import Activation, Version, scores_listed, version_mark
from sealmate.tui import keys
from sealmate.tui.screens.base import BaseScreen
from sealmate.tui.services import Services
from sealmate.tui.status import DIM
from sealmate.tui.text import one_line, version_name
from sealmate.tui.widgets.rows import Rows

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

    def same_state(self, other: Lineage) -> bool:
        """Whether nothing was made active in between."""
        return self.active == other.active and self.activations[-1:] == other.activations[-1:]

    def find(self, number: int) -> Version | None:
        """The version with that number; None for 0, which is none."""
        return next((version for version in self.versions if version.number == number), None)


# The version to go to, and the reason for the ledger.
Choice = tuple[int, str]


class _RefusedError(Exception):
    """What is not to be done, in words."""


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
        keys.ROLLBACK.binding(), keys.UNDO.binding(), keys.DETAILS, keys.BACK.binding(),
        keys.QUIT.binding(),
    ]  # fmt: skip

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.lineage: Lineage | None = None
        self._switching = False
        self._described = -1
        self._order = asyncio.Lock()  # what was read later is shown later

    def body(self) -> Iterable[Widget]:
        """The table, a line for what a key did, and the details."""
        yield Rows("versions")
        yield Static(markup=False, id="outcome")
        with VerticalScroll(id="details"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Read the versions after the first paint."""
        super().on_mount()
        self.reread()

    def reread(self) -> None:
        """Show what others changed, but not while a switch is on its way, which shows its own."""
        if not self._switching:
            self.start(self.load, "load")

    async def load(self) -> Lineage:
        """Read the ledger and show what is new in it; what it tells now."""
        async with self._order:
            lineage = await self.off(read_lineage, self.services)
            if lineage != self.lineage:
                self._fill(lineage)
        return lineage

    def _fill(self, lineage: Lineage) -> None:
        """The cursor stays on its version; the one on the active version goes along with that."""
        table = self.query_one(Rows)
        shown_before, self.lineage = self.lineage, lineage
        chosen = table.chosen
        if shown_before is None or chosen == str(shown_before.active):
            chosen = str(lineage.active)
        table.clear(columns=True)
        shown = scores_listed(lineage.versions)  # every score stands in the details
        table.add_columns("", "version", "made", "from", "self-edits", *(n for _, n in shown))
        for version in lineage.versions:
            table.add_row(
                self.cell("●", "success") if version.number == lineage.active else "",
                self._numbered(version),
                self.when(version.created_at),
                "base" if not version.parent else str(version.parent),
                str(version.edits),
                *(_figure(version.scores.get(key)) for key, _ in shown),
                key=str(version.number),
            )
        table.add_row(
            self.cell("●", "success") if not lineage.active else "",
            "none", "the base alone", "", "", *("" for _ in shown), key="0",
        )  # fmt: skip
        table.choose(chosen)
        self.describe(int(chosen))

    def _numbered(self, version: Version) -> str | Text:
        """The number with what keeps a version from coming back: the last columns of a narrow
        terminal lie beyond its edge."""
        mark = self.lineage and version_mark(version, self.lineage.barred)
        return self.cell(f"{version.number} {mark}", "error") if mark else str(version.number)

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
        version = lineage.find(number)
        lines: list[Content] = []
        if version is None:
            lines.append(Content("Answers as the base does, without anything it was taught."))
        else:
            if why := self._gone(version):
                lines.append(Content.styled(f"{why}; it cannot come back.\n", "$text-error"))
            lines += [_pair("base", version.base_id), _pair("sha-256", version.sha256[:16] + "…")]
            lines += [
                _pair(name.replace("_", " "), _figure(value))
                for name, value in sorted(version.scores.items())
            ]
        lines.append(Content.styled("\nactivations", "bold"))
        for one in lineage.activations[-_ACTIVATIONS:][::-1]:
            arrow = f"{version_name(one.previous)} → {version_name(one.version)}"
            lines.append(Content.assemble(
                (f"{self.when(one.at)}  ", DIM), f"{arrow}  ", (one_line(one.reason), DIM)
            ))  # fmt: skip
        self.query_one("#details Static", Static).update(Content("\n").join(lines))
        if number != self._described:
            self.query_one("#details").scroll_home(animate=False)
        self._described = number

    def _gone(self, version: Version) -> str:
        """Why a version cannot come back, "" where it can."""
        if version.purged_at is not None:
            return f"Version {version.number} was deleted on {self.when(version.purged_at)}"
        barred = self.lineage is not None and version.number in self.lineage.barred
        return f"Version {version.number} holds something forgotten" if barred else ""

    def action_rollback(self) -> None:
        """To the chosen version; from the active one to what the night before it made."""
        chosen = self.query_one(Rows).chosen
        if chosen:
            self._go(lambda lineage: _back(lineage, int(chosen)))

    def action_undo(self) -> None:
        """Back to the version that was active before the last change."""
        self._go(_undone)

    def _go(self, choose: Callable[[Lineage], Choice]) -> None:
        if self.lineage is not None and not self._switching:
            self._switching = True
            self.run_worker(self._switch(self.lineage, choose), group="switch")

    async def _switch(self, shown: Lineage, choose: Callable[[Lineage], Choice]) -> None:
        """Go where `choose` says, if what it is chosen from is still what the person saw: another
        process may have gone elsewhere since."""
        try:
            now = await self.load()
            if not now.same_state(shown):
                who = version_name(now.active)
                self._say(f"{who} was made active elsewhere meanwhile. Nothing was done.", bad=True)
                return
            number, reason = choose(now)
            version = now.find(number)
            if version is not None and (why := self._gone(version)):
                raise _RefusedError(f"{why}; it cannot come back.")
            self._say(f"checking {version_name(number)}…")
            await self.off(self.services.switch, number, reason)
            now = await self.load()
            undo = self.services.settings.keys.get(keys.UNDO.id, keys.UNDO.key)
            before = version_name(now.activations[-1].previous if now.activations else 0)
            self._say(f"{version_name(now.active)} is active, {before} before. {undo} undoes it.")
        except _RefusedError as why_not:
            self._say(str(why_not), bad=True)
        except Exception as error:
            self._say(self.say(error), bad=True)
        finally:
            self._switching = False
        self.update_status()

    def _say(self, text: str, bad: bool = False) -> None:
        line = self.query_one("#outcome", Static)
        line.set_class(bad, "-bad")
        line.update(Content(text[:1].upper() + text[1:]))


def _back(lineage: Lineage, chosen: int) -> Choice:
    """What the key to roll back does on a row; 0 is the one without memory."""
    if chosen == lineage.active:
        if not chosen:
            raise _RefusedError("No version is active; choose one with the arrow keys.")
        chosen = lineage.back
    return chosen, f"rolled back from {version_name(lineage.active)}"


def _undone(lineage: Lineage) -> Choice:
    """What the key to undo does."""
    if not lineage.activations:
        raise _RefusedError("There is nothing to undo.")
    last = lineage.activations[-1]
    return last.previous, f"undid {version_name(last.previous)} → {version_name(last.version)}"


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple | dict):
        return str(len(value))
    return "–" if value is None else str(value)


def _pair(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<22}", DIM), value)
