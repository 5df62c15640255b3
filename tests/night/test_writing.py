"""The first half of a night finds what was left by a night that was cut, or by a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from sealmate.edits import review
from sealmate.edits.write import Draft, Written
from sealmate.errors import Cancelled
from sealmate.events import Note
from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night.ledger import UNASKED, keep_written
from sealmate.night.reasking import ASKED
from sealmate.night.writing import write_edits
from sealmate.records import Passage
from sealmate.settings import Settings
from sealmate.workspace import Workspace
from tests.night.ledger import MARCH, note, teach
from tests.store.build import version

OLD, NEW = "Our glazier is Wim.", "The glazier is Otto from now on."


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(Settings(home=tmp_path / "home"), clock=lambda: MARCH) as workspace:
        yield workspace


def reply(prompt: Prompt, adapter: str | None) -> str:
    """Reads the glazier out of the newer note; nothing else is said, and the newer one holds."""
    asked = prompt[-1].content
    if "First answer" in asked:
        return "no"
    if "Question:" not in asked:
        return "second"
    return "Otto" if "glazier" in asked.rpartition("Question: ")[2] else "The notes do not say."


def written(
    workspace: Workspace, place: Passage, *pairs: tuple[str, str], waits: bool = False
) -> None:
    """What a night leaves of a passage before it is cut."""
    drafts = tuple(Draft(place.id, "self-qa", q, a, q, "", 0.0, "", True, "") for q, a in pairs)
    model = ScriptedModel()
    keep_written(workspace.store, Written(place.id, drafts, (), 1.0), model.info, MARCH, waits)


def night(workspace: Workspace, model: Any, cancel: Flag | None = None) -> tuple[list[Any], Any]:
    report: dict[str, Any] = {"written": 0, "kept": 0}
    return list(write_edits(workspace, model, report, cancel or Flag())), report


def learnt(workspace: Workspace) -> None:
    """The older note is in the weights."""
    store = workspace.store
    old = note(store, OLD)
    teach(store, old, ("Who is our glazier?", "Wim"))
    store.passages.mark_written(old.id, "somebody")
    store.versions.add(version(1), [edit.id for edit in store.edits.list()])
    store.versions.activate(1, "night")


def test_what_a_cut_night_wrote_is_held_against_the_rest(workspace: Workspace) -> None:
    learnt(workspace)
    new = note(workspace.store, NEW, "another", days=3)
    written(workspace, new, ("Who is our glazier now?", "Otto"))
    events, report = night(workspace, ScriptedModel(reply=reply))
    (conflict,) = workspace.store.conflicts.list()
    assert (conflict.old_answer, conflict.new_answer, conflict.state) == ("Wim", "Otto", "accepted")
    assert report["conflicts"] == 1
    # What is said of it may end in a log: no word of either note.
    (said,) = [event.text for event in events if isinstance(event, Note)]
    assert said == "conflict 1 (accepted): `sealmate conflicts` shows it"
    again = ScriptedModel()
    assert night(workspace, again)[1]["conflicts"] == 0
    assert again.prompts == []


def test_what_a_cut_night_wrote_is_asked_what_older_notes_were(workspace: Workspace) -> None:
    learnt(workspace)
    new = note(workspace.store, NEW, "another", days=3)
    written(workspace, new, ("From when on is that so?", "now"))
    assert workspace.store.state.get(UNASKED) == [new.id]
    stopped = Flag()
    stopped.set()
    with pytest.raises(Cancelled):
        night(workspace, ScriptedModel(reply=reply), stopped)
    assert workspace.store.state.get(UNASKED) == [new.id]
    night(workspace, ScriptedModel(reply=reply))
    (asked,) = [e for e in workspace.store.edits.list(passage_id=new.id) if e.reason == ASKED]
    assert (asked.question, asked.answer) == ("Who is our glazier?", "Otto")
    assert [c.new_edit for c in workspace.store.conflicts.list()] == [asked.id]
    # Once is enough.
    assert workspace.store.state.get(UNASKED) is None
    again = ScriptedModel()
    night(workspace, again)
    assert again.prompts == []


def test_a_forgotten_passage_is_not_asked(workspace: Workspace) -> None:
    learnt(workspace)
    new = note(workspace.store, NEW, "another", days=3)
    written(workspace, new)
    workspace.store.sources.mark_forgotten(new.source_id)
    model = ScriptedModel(reply=reply)
    night(workspace, model)
    assert model.prompts == []
    assert workspace.store.state.get(UNASKED) is None


def test_what_a_person_accepts_is_held_against_the_rest(workspace: Workspace) -> None:
    learnt(workspace)
    new = note(workspace.store, NEW, "another", days=3)
    workspace.settings = Settings(home=workspace.settings.home, review=True)
    written(workspace, new, ("Who is our glazier now?", "Otto"), waits=True)
    night(workspace, ScriptedModel(reply=reply))
    assert workspace.store.conflicts.list() == []
    review.accept(workspace.store, review.proposed(workspace.store))
    night(workspace, ScriptedModel(reply=reply))
    (conflict,) = workspace.store.conflicts.list()
    assert (conflict.old_answer, conflict.new_answer, conflict.state) == ("Wim", "Otto", "accepted")
