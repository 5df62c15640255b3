"""The screens as pictures, at 80x24 and 120x36. Update: pytest tests/tui --snapshot-update."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.drive import app_of, send, settle
from tests.tui.home import Home

SIZES = [(80, 24), (120, 36)]
ANSWER = (
    "Ansa comes on **Thursdays** [1]. She is paid:\n\n- 14 euros an hour\n- in cash, at the door\n"
)
REPORT = """\
# The night of 6 May

**Published** version 2 after 4 minutes.

| | before | after |
|---|---|---|
| new recall | 0.00 | 0.94 |
| old recall | 0.90 | 0.90 |
"""
Steps = Callable[[Pilot[Any]], Awaitable[None]]


def steps(*lines: str, keys: tuple[str, ...] = ()) -> Steps:
    """Send lines, then press keys; the cursor must not blink in a picture."""

    async def before(pilot: Pilot[Any]) -> None:
        app_of(pilot).chat.prompt.cursor_blink = False
        await settle(pilot)
        await send(pilot, *lines)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return before


SCREENS = {
    "start": steps(),
    "chat": steps("When does Ansa come?", "/remember The shed key is under the blue pot."),
    "help": steps("/help"),
    "forget": steps("/forget babysitter"),
    "forgotten": steps("/forget babysitter", "yes"),
    "night": steps("/sleep now"),
    "closed": steps("/closed", "When does Ansa come?"),
    "versions": steps(keys=("f2", "r")),
    "sources": steps(keys=("f3", "down")),
    "report": steps(keys=("f4",)),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(snap_compare: Any, home: Home, name: str, size: tuple[int, int]) -> None:
    home.model._answers.append(ANSWER)
    home.report = REPORT
    assert snap_compare(home.app(), terminal_size=size, run_before=SCREENS[name])
