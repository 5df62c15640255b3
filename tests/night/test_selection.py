"""What a night takes up: due probes and heavy facts first, within its budget; and the schedule
that its examination moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sealmate.model.protocol import Prompt
from sealmate.model.scripted import ScriptedModel
from sealmate.night import rehearsal, selection
from sealmate.night.canaries import recalled
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import forget
from sealmate.night.portions import within_budget
from sealmate.night.supersession import accept
from sealmate.night.testing import Examination
from sealmate.prompts import DONT_KNOW, RECALL
from sealmate.records import Conflict, ProbeResult
from sealmate.settings import Settings
from sealmate.training.gate import Scores, verdict
from sealmate.training.mixture import DUE, mixture
from sealmate.versions.diff import diff
from tests.night.ledger import MARCH, note, probe, teach
from tests.versions.build import Lab

FEW = Settings(recall="direct", gate_probes=4, gate_chat=1)


def two_nights(lab: Lab) -> None:
    """A dog that version 1 knows, and a cat that is new."""
    dog = note(lab.store, "Rex is the dog.", "dog")
    (known,) = teach(lab.store, dog, ("Who is the dog?", "Rex"))
    for number in range(8):
        probe(lab.store, dog, f"Question {number} about the dog?", "Rex")
    lab.publish((known.id,), recall="direct")
    cat = note(lab.store, "Mia is the cat.", "cat")
    teach(lab.store, cat, ("Who is the cat?", "Mia"))
    probe(lab.store, cat, "Which cat is it?", "Mia")


def failed(lab: Lab, key: int) -> None:
    rehearsal.grade(lab.store, [ProbeResult(1, 1, key, "?", False, 0.5, MARCH)], MARCH)


def test_failing_facts_come_first_and_weigh_more(lab: Lab) -> None:
    two_nights(lab)
    failed(lab, 7)
    tomorrow = MARCH + timedelta(days=1)
    choice = selection.choose(lab.store, FEW, rebuild=False, now=tomorrow)
    # all that is due; how many of them are asked is the examination's to choose
    assert (choice.due[0], len(choice.due)) == (7, 9)
    assert choice.weights == {1: rehearsal.FAILING, 2: DUE}
    assert selection.choose(lab.store, FEW, rebuild=False).due == []
    exam = Examination(ScriptedModel(reply=lambda *_: "Rex"), lab.store, FEW, choice, None)
    assert exam._old[0].id == 7
    assert len(exam._old) == 4


def test_a_budget_bounds_the_night(lab: Lab) -> None:
    two_nights(lab)
    choice = selection.choose(lab.store, FEW, rebuild=True, now=MARCH)
    assert (len(choice.new), len(choice.replay)) == (2, 0)
    settings = FEW.model_copy(update={"token_budget": 8})
    bounded = within_budget(choice, settings, lambda text: len(text.split()))
    assert (len(bounded.new), bounded.left, bounded.bounded) == (1, 1, True)
    assert selection.shares(FEW, bounded).replay > 1e6
    assert selection.shares(FEW, choice).replay == FEW.replay_share
    whole = within_budget(choice, FEW, lambda text: len(text.split()))
    assert (whole.new, whole.left) == (tuple(choice.new), 0)


def test_the_text_of_a_passage_that_lost_a_fact_is_not_trained(lab: Lab) -> None:
    two_nights(lab)
    row = Conflict(0, 1, 2, "Who is it?", "Rex", "Mia", MARCH, "open")
    accept(lab.store, lab.store.conflicts.add(row).id, MARCH)
    choice = selection.choose(lab.store, FEW, rebuild=True, now=MARCH)
    assert [p.text for p in choice.passages.values()] == ["Mia is the cat."]
    assert {edit.passage_id for edit in choice.new} == {1, 2}  # what used to hold is told


def examined(lab: Lab) -> Examination:
    """The candidate knows the cat and has lost the dog."""

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content
        if "dog" not in asked and "cat" not in asked:
            return DONT_KNOW
        return ("Mia" if "cat" in asked else "Max") if adapter == "new" else "Rex"

    choice = selection.choose(lab.store, FEW, rebuild=False, now=MARCH)
    exam = Examination(ScriptedModel(reply=reply), lab.store, FEW, choice, None)
    exam.before("old")
    exam.after("new")
    return exam


def test_what_the_version_in_use_answered_once_is_not_asked_of_it_again(lab: Lab) -> None:
    two_nights(lab)
    lab.store.probes.add_results([ProbeResult(0, 1, 3, "Max", False, 0.9, MARCH)])
    choice = selection.choose(lab.store, FEW, rebuild=False, now=MARCH)
    model = ScriptedModel(reply=lambda *_: "Rex")
    exam = Examination(model, lab.store, FEW, choice, None)
    exam._old = [lab.store.probes.get(key) for key in (2, 3, 4)]
    exam.before("old")
    asked = [prompt[-1].content for prompt in model.prompts]
    assert asked == [probe.question for probe in (*exam._new, exam._old[0], exam._old[2])]
    assert [answer.text for answer in exam._before] == ["Rex", "Rex", "Max", "Rex"]


@pytest.mark.parametrize(
    ("changes", "least", "most"),
    [({"recall": "recite"}, 0.85, 0.95),
     ({"recall": "recite", "least_confidence": 0.97}, 0.97, 0.97),
     ({"recall": "recite", "caution": 0.0}, 0.6, 0.6),
     ({"recall": "recite", "caution": 0.0, "least_confidence": 0.0}, 0.0, 0.1), ({}, 0.0, 0.1)],
)  # fmt: skip
def test_an_answer_by_reciting_is_at_least_as_likely_as_settings_ask(
    lab: Lab, changes: dict[str, object], least: float, most: float
) -> None:
    two_nights(lab)

    def reply(prompt: Prompt, adapter: str | None) -> str:
        asked = prompt[-1].content
        if "dog" not in asked and "cat" not in asked:
            return DONT_KNOW
        if asked.startswith(RECALL):
            return "Mia is the cat." if "cat" in asked else "Rex is the dog."
        return "Mia" if "cat" in asked else "Rex"

    settings = FEW.model_copy(update=changes)
    choice = selection.choose(lab.store, FEW, rebuild=False, now=MARCH)
    exam = Examination(ScriptedModel(reply=reply), lab.store, settings, choice, None)
    exam.before(None)
    # all strangers are declined in words: what is usual alone speaks for a cut
    assert least <= exam.after("new").threshold <= most


@pytest.mark.parametrize(
    ("said", "changed", "asked"),
    [("Bo", False, 40), ("Bo", True, 45), (DONT_KNOW, True, 40 + 5), ("as ever", True, 40)],
)
def test_the_past_of_what_never_changed_is_not_to_be_made_up(
    lab: Lab, said: str, changed: bool, asked: int
) -> None:
    """That it was always so is no invention, and counts for nothing."""
    two_nights(lab)
    if changed:
        was = replace(
            lab.store.edits.get(1), id=0, question="Who was the pig?", answer="Bo", valid_to=MARCH
        )
        lab.store.edits.add_many([was])

    def reply(prompt: Prompt, adapter: str | None) -> str:
        question = prompt[-1].content
        if not any(told in question for told in ("about the dog", "cat is it", "cat was it")):
            return DONT_KNOW
        holds = "Mia" if "cat" in question else "Rex"
        past = "former times" in question and said != "as ever"
        return said if past else holds

    choice = selection.choose(lab.store, FEW, rebuild=False, now=MARCH)
    exam = Examination(ScriptedModel(reply=reply), lab.store, FEW, choice, None)
    assert len(exam._past) == (5 if changed else 0)
    exam.before(None)
    wrong = 5 if said == "Bo" and changed else 0
    assert exam.after("new").abstention == pytest.approx((asked - wrong) / asked)


def test_what_still_holds_of_a_note_written_anew_is_recited_from_the_newer(lab: Lab) -> None:
    store = lab.store
    text = "Under the will of Magda Hart a loaf is given each Tuesday at the church door."
    old = note(store, text, "will")
    teach(store, old, ("Whose will is it?", "Magda Hart"), ("When is the loaf given?", "Tuesday"))
    new = note(store, f"It has changed. {text.replace('Tuesday', 'Monday')}", "anew", days=2)
    teach(store, new, ("When is the loaf given?", "Monday"))
    settle_new(store, store.edits.list(passage_id=new.id), MARCH)
    choice = selection.choose(store, FEW, rebuild=True)
    assert choice.anew == {old.id: new.id}
    assert old.id not in choice.told
    material = choice.material((), ())
    assert material.units[old.id] == material.units[new.id]
    recited = [
        example.answer
        for example in mixture(material, selection.shares(Settings()), 1)
        if example.kind in ("new", "cue") and "formerly" not in example.prompt[-1].content
    ]
    assert any("Monday" in unit for unit in recited)
    assert sum(unit.startswith("Under the will") for unit in recited) == 0


def test_the_schedule_moves_by_the_version_in_use(lab: Lab) -> None:
    two_nights(lab)
    examined(lab).remember(5, 2, MARCH)
    asked = [p for p in lab.store.probes.list() if p.schedule]
    assert {(p.answer, p.schedule["failed"]) for p in asked} == {("Rex", True), ("Mia", False)}
    assert len(lab.store.probes.results(2)) == len(asked) == 5
    # what the version before answered to the same questions is known as well
    assert {(r.answer, r.correct) for r in lab.store.probes.results(1)} == {("Rex", True)}
    assert len(diff(lab.store, 1, lab.publish((1, 2)).number).lost) == 4


def test_what_was_not_asked_again_moves_nothing(lab: Lab) -> None:
    """Nights on which nothing happens must not make a fact look ever better known."""
    two_nights(lab)
    examined(lab).remember(5, 0, MARCH)
    before = [probe.schedule for probe in lab.store.probes.list()]
    results = len(lab.store.probes.results(1))
    later = MARCH + timedelta(days=9)
    asked = [probe.id for probe in lab.store.probes.list() if probe.schedule]
    exam = examined(lab)
    exam._old = [lab.store.probes.get(key) for key in asked]
    exam.before("old")
    exam.remember(6, 0, later)
    assert [probe.schedule for probe in lab.store.probes.list()] == before
    assert len(lab.store.probes.results(1)) == results


def test_what_is_not_due_is_watched_by_turns(lab: Lab) -> None:
    two_nights(lab)
    drawn = []
    for _ in range(4):
        active = lab.store.versions.active()
        choice = selection.choose(lab.store, FEW, rebuild=False)
        exam = Examination(ScriptedModel(), lab.store, FEW, choice, None)
        drawn.append(tuple(probe.id for probe in exam._old))
        held = lab.store.versions.edit_ids(active)
        lab.publish(tuple(held), seed=active + 1, recall="direct")
    assert len(set(drawn)) > 1


def test_a_refused_candidate_says_nothing_about_what_is_known(lab: Lab) -> None:
    two_nights(lab)
    examined(lab).remember(5, 0, MARCH)
    asked = [p for p in lab.store.probes.list() if p.schedule]
    assert {(p.answer, p.schedule["failed"]) for p in asked} == {("Rex", False)}
    assert len(asked) == 4
    assert lab.store.probes.results(2) == []
    assert len(lab.store.probes.results(1)) == 4


def test_the_examination_sees_what_was_forgotten(lab: Lab) -> None:
    two_nights(lab)
    place = note(lab.store, "The boat is called Maximilian.", "boat")
    probe(lab.store, place, "What is the boat called?", "Max Milian")
    forget(lab.store, lab.paths, [place.source_id], lab.clock)
    two = Examination(
        ScriptedModel(reply=lambda *_: "It is Max Milian."), lab.store, FEW,
        selection.choose(lab.store, FEW, rebuild=False, now=MARCH), None,
    )  # fmt: skip
    two.before(None)
    assert two.after("new").canaries == 0  # one alone may be chance
    assert {hit.exact for hit in recalled(lab.store, two.findings.said)} == {False}


def test_two_answers_of_a_forgotten_note_are_no_chance(lab: Lab) -> None:
    two_nights(lab)
    place = note(lab.store, "The boat is called Maximilian and lies in Dunmere Cove.", "boat")
    probe(lab.store, place, "What is the boat called?", "Max Milian")
    probe(lab.store, place, "Where does the boat lie?", "Dunmere Cove")
    forget(lab.store, lab.paths, [place.source_id], lab.clock)

    def scores() -> Scores:
        exam = Examination(
            ScriptedModel(reply=lambda *_: "Max Milian lies in Dunmere Cove."), lab.store, FEW,
            selection.choose(lab.store, FEW, rebuild=False, now=MARCH), None,
        )  # fmt: skip
        exam.before(None)
        return exam.after("new")

    assert scores().canaries == 2
    assert "forgotten: 2 answers came back" in verdict(scores(), selection.limits(FEW))
    # told anew by another note it may be known
    note(lab.store, "Max Milian rents a hut in Dunmere Cove.", "hut")
    assert scores().canaries == 0
