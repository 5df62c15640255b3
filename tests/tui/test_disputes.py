"""The chat shows what another note says to an answer, at once and after a restart."""

from __future__ import annotations

from sealmate.records import Conflict, Edit
from tests.tui.drive import said, send, settle
from tests.tui.home import NOW, Home

ASKED = "When does Ansa come?"
LINE = "told otherwise by source 4 (on Fridays): sealmate conflicts"


def disagree(home: Home) -> None:
    """A newer note on the babysitter's day, and the conflict that a night found."""
    home.remember("Fridays are for the sitter.")
    store = home.store()
    old, new = store.edits.add_many(
        [
            Edit(0, number, "qa", "", NOW, "On which day does Ansa come?", answer, "accepted")
            for number, answer in ((2, "on Thursdays"), (4, "on Fridays"))
        ]
    )
    store.conflicts.add(
        Conflict(0, old.id, new.id, old.question, old.answer, new.answer, NOW, "open")
    )


async def test_an_answer_in_an_open_conflict(home: Home) -> None:
    disagree(home)
    home.model._answers.append("On Thursdays [1].")
    async with home.app().run_test() as pilot:
        await settle(pilot)
        await send(pilot, ASKED)
        text = said(pilot)
    assert "↳ The babysitter" in text
    assert LINE in text
    home.close()
    again = Home(home.folder)
    async with again.app().run_test() as pilot:
        await settle(pilot)
        assert LINE in said(pilot)
    again.store().conflicts.set_state(1, "accepted")
    async with again.app().run_test() as pilot:
        await settle(pilot)
        assert "↳ The babysitter" in said(pilot)
        assert "told otherwise" not in said(pilot)
    again.close()
