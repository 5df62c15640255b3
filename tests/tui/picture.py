"""The README's picture of the terminal UI: `python -m tests.tui.picture HOME FILE`.

HOME is what `sealmate demo --home HOME` has left. Its first version is made active and two
questions are asked, one with the notes and one from the weights alone; nothing is made up.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sealmate.settings import load_settings
from sealmate.tui.app import SealmateApp
from sealmate.tui.services import from_workspace
from sealmate.versions.lineage import switch
from sealmate.workspace import Workspace
from tests.tui.drive import app_of, send, settle

LINES = (
    "Which vegetable does the rabbit love?",
    "/closed",
    "Where does the archery club shoot?",
    "/remember The spare key of the bicycle shed hangs behind the barometer.",
)


async def take(workspace: Workspace, file: Path) -> None:
    async with SealmateApp(from_workspace(workspace)).run_test(size=(100, 30)) as pilot:
        app_of(pilot).chat.prompt.cursor_blink = False
        await settle(pilot)
        await send(pilot, *LINES)
        file.write_text(pilot.app.export_screenshot(title="sealmate"), encoding="utf-8")


def main() -> None:
    home, file = map(Path, sys.argv[1:])
    with Workspace.open(load_settings(home=home)) as workspace:
        if not workspace.store.versions.active():
            switch(workspace.store, workspace.paths, 1, "for a picture")
        workspace.model()
        asyncio.run(take(workspace, file))


if __name__ == "__main__":
    main()
