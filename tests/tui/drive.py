"""Steering the app: send lines, wait for what they start, read the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Markdown, Static

from sealmate.tui.app import SealmateApp
from sealmate.tui.widgets.status import StatusLine


def app_of(pilot: Pilot[Any]) -> SealmateApp:
    assert isinstance(pilot.app, SealmateApp)
    return pilot.app


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until no worker runs and everything is drawn."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def until(pilot: Pilot[Any], done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that happens while workers still run."""
    for _ in range(int(seconds / 0.02)):
        if done():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not happen")


async def type_line(pilot: Pilot[Any], line: str) -> None:
    app_of(pilot).chat.prompt.write(line)
    await pilot.press("enter")
    await pilot.pause()


async def send(pilot: Pilot[Any], *lines: str) -> None:
    for line in lines:
        await type_line(pilot, line)
        await settle(pilot)


def said(pilot: Pilot[Any]) -> str:
    """All text of the conversation, top to bottom."""
    parts = []
    for widget in (
        app_of(pilot).chat.query_one("#log", VerticalScroll).walk_children(with_self=False)
    ):
        if isinstance(widget, Markdown):
            parts.append(widget.source)
        elif isinstance(widget, Static) and not any(
            isinstance(above, Markdown) for above in widget.ancestors
        ):
            parts.append(str(widget.render()))
    return "\n".join(part for part in parts if part)


def status(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one(StatusLine).render())
