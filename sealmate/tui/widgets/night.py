"""The night as it happens, drawn from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from textual.content import Content
from textual.widgets import Static

from sealmate.events import (
    Event,
    Failed,
    Finished,
    Gated,
    Loss,
    Note,
    Progress,
    Published,
    Started,
)
from sealmate.tui.status import DIM
from sealmate.tui.text import one_line, plain

_BAR = 24


@dataclass
class Stage:
    """One stage of a night: `done` of `total` steps (0 = unknown), and a word on it."""

    done: int = 0
    total: int = 0
    detail: str = ""


@dataclass
class NightLog:
    """Events folded into what is to be seen. Draws nothing."""

    stages: dict[str, Stage] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    result: Mapping[str, Any] = field(default_factory=dict)
    over: bool = False

    def apply(self, event: Event) -> None:
        """Take one event in."""
        match event:  # details may quote notes
            case Started(stage, total, detail):
                self.stages[stage] = Stage(0, total, detail)
            case Progress(stage, done, total, detail):
                before = self.stages.get(stage, Stage())
                self.stages[stage] = Stage(done, total, detail or before.detail)
            case Loss(step, steps, loss):
                self.stages["train"] = Stage(step, steps, f"loss {loss:.2f}")
            case Note(text):
                self.lines.append((text, DIM))
            case Gated(passed, _, reasons):
                word = "passed the gate" if passed else "did not pass the gate"
                why = f": {'; '.join(reasons)}" if reasons else ""
                self.lines.append((word + why, "$text-success" if passed else "$text-warning"))
            case Published(version):
                self.lines.append((f"version {version} is active", "$text-success"))
            case Finished(result):
                self.result = result
            case Failed(_, message, hint):
                self.lines.append((message, "$text-error"))
                if hint:
                    self.lines.append((hint, DIM))

    def content(self, width: int) -> Content:
        """The stages with their bars, then the lines."""
        named = max((len(stage) for stage in self.stages), default=0)
        rows = [_row(name, stage, named, width) for name, stage in self.stages.items()]
        rows += [Content.styled(plain(text), style) for text, style in self.lines]
        if not rows:
            rows = [Content.styled("starting…", DIM)]
        return Content("\n").join(rows)


def _row(name: str, stage: Stage, named: int, width: int) -> Content:
    cells = min(_BAR, max(8, width - named - 30))
    full = round(cells * min(1.0, stage.done / stage.total)) if stage.total else 0
    count = f" {stage.done}/{stage.total}" if stage.total else ""
    row = Content.assemble(
        (name.ljust(named) + " ", "$text"),
        ("━" * full, "$text-accent"),
        ("━" * (cells - full) if stage.total else "", "$foreground 20%"),
        (f"{count}  {one_line(stage.detail)}".rstrip(), DIM),
    )
    return row.truncate(max(width, 20), ellipsis=True)


class NightTurn(Static):
    """The night in the chat."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.log_of_night = NightLog()
        self.border_title = "the night"

    def show(self, event: Event) -> None:
        """Take an event in and draw it."""
        self.log_of_night.apply(event)
        self.refresh(layout=True)

    def finish(self, word: str) -> None:
        """Say how it ended."""
        self.border_subtitle = word

    def render(self) -> Content:
        """The stages and lines so far."""
        return self.log_of_night.content(self.content_size.width or 60)
