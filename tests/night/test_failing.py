"""What fails gets more wordings: once a lapse, for the facts that fail most, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sealmate.model.protocol import Completion, Prompt, Request
from sealmate.model.scripted import ScriptedModel
from sealmate.night import failing, rehearsal
from sealmate.night.failing import ENOUGH, MOST, reword_failing
from sealmate.records import ProbeResult
from sealmate.store import Store
from tests.night.ledger import MARCH, note, probe, teach
from tests.versions.build import Lab

LATER = MARCH + timedelta(days=2)
ALL = range(1, 100)


def model(*questions: str) -> ScriptedModel:
    """Asks these questions in turn; what it reads in the note is always Wim."""
    asked = iter(questions)

    def reply(prompt: Prompt, adapter: str | None) -> str:
        said = prompt[-1].content
        return "Wim" if "Numbered" in said or "[1]" in said else next(asked, "no question")

    return ScriptedModel(reply=reply)


def glazier(store: Store, wordings: int = 1) -> None:
    told = note(store, "Our glazier is called Wim.", "glazier")
    teach(store, told, *((f"Who is our glazier, wording {n}?", "Wim") for n in range(wordings)))
    probe(store, told, "What is our glazier called?", "Wim")


def fail(store: Store, key: int = 1, run: int = 1) -> None:
    rehearsal.grade(store, [ProbeResult(run, 1, key, "Jan", False, 0.5, MARCH)], MARCH)


def test_a_lapse_gives_new_wordings_once(lab: Lab) -> None:
    glazier(lab.store)
    fail(lab.store)
    said = (
        "Which glazier do we have?",
        "who is our glazier, wording 0?",
        "Which glazier do we have?",
    )
    made = reword_failing(lab.store, model(*said), LATER, ALL)
    assert [(edit.question, edit.answer) for edit in made] == [("Which glazier do we have?", "Wim")]
    assert (made[0].state, made[0].sampling["via"], made[0].valid_from) == (
        "accepted", "reword", LATER,
    )  # fmt: skip
    assert reword_failing(lab.store, model("Do we have a glazier, and which?"), LATER, ALL) == []
    fail(lab.store, run=2)  # asked again, and wrong again
    more = reword_failing(lab.store, model("Which one is our glazier?"), LATER, ALL, review=True)
    assert [edit.state for edit in more] == ["proposed"]


def test_a_probe_is_never_trained_on(lab: Lab) -> None:
    glazier(lab.store)
    fail(lab.store)
    assert reword_failing(lab.store, model("What is our glazier called?"), LATER, ALL) == []


def test_an_answer_that_does_not_come_back_is_not_taken(lab: Lab) -> None:
    glazier(lab.store)
    fail(lab.store)
    other = ScriptedModel(reply=lambda prompt, _: "Which glazier do we have?")
    assert reword_failing(lab.store, other, LATER, ALL) == []


@pytest.mark.parametrize("why", ["right", "not due", "enough", "never taught"])
def test_what_needs_none_gets_none(lab: Lab, why: str) -> None:
    glazier(lab.store, wordings=ENOUGH if why == "enough" else why != "never taught")
    if why != "right":
        fail(lab.store)
    now = MARCH if why == "not due" else LATER
    scripted = model("Which glazier do we have?")
    assert reword_failing(lab.store, scripted, now, ALL) == []
    assert scripted.prompts == []


def test_a_bad_night_does_not_become_a_long_one(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MOST + 3):
        told = note(lab.store, f"Gate {number} has code {number}{number}.", f"gate {number}")
        teach(lab.store, told, (f"Which code has gate {number}?", f"{number}{number}"))
        probe(lab.store, told, f"What opens gate {number}?", f"{number}{number}")
        for run in range(2 if number > 8 else 1):
            fail(lab.store, number + 1, run=run + 1)
    chosen = failing._chosen(lab.store, LATER, ALL)
    assert len(chosen) == MOST
    assert [p.id for p, _ in chosen[:2]] == [10, 11]


def test_a_night_that_crosses_midnight_helps_what_it_asks(lab: Lab) -> None:
    """At half past two east of Greenwich it is yesterday there, and graded after midnight."""
    glazier(lab.store)
    graded = MARCH.replace(hour=0, minute=10)
    wrong = ProbeResult(1, 1, 1, "Jan", False, 0.5, graded)
    rehearsal.grade(lab.store, [wrong], graded)
    tonight = MARCH.replace(hour=23, minute=30)
    assert [probe.id for probe in rehearsal.due(lab.store, tonight)] == [1]
    assert reword_failing(lab.store, model("Which glazier do we have?"), tonight, ALL)


def test_what_no_wording_helps_does_not_keep_the_others_from_theirs(lab: Lab) -> None:
    for number in range(MOST + 1):
        told = note(lab.store, f"Gate {number} has code {number}{number}.", f"gate {number}")
        teach(lab.store, told, (f"Which code has gate {number}?", f"{number}{number}"))
        probe(lab.store, told, f"What opens gate {number}?", f"{number}{number}")
        fail(lab.store, number + 1)
    mute = ScriptedModel(reply=lambda *_: "no question")
    assert reword_failing(lab.store, mute, LATER, ALL) == []
    for number in range(MOST + 1):
        fail(lab.store, number + 1, run=2)
    chosen = failing._chosen(lab.store, LATER, ALL)
    assert (chosen[0][0].id, len(chosen)) == (MOST + 1, MOST)


def test_another_turn_asks_otherwise(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    glazier(lab.store)
    seeds: list[int] = []
    mute = ScriptedModel(reply=lambda *_: "no question")
    generate = mute.generate

    def heard(requests: Sequence[Request], **how: Any) -> list[list[Completion]]:
        seeds.extend(request.sampling.seed for request in requests)
        return generate(requests, **how)

    monkeypatch.setattr(mute, "generate", heard)
    for run in (1, 2):
        fail(lab.store, run=run)
        reword_failing(lab.store, mute, LATER, ALL)
    assert len(set(seeds)) == 2
