"""A night of several sessions tells of all of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sealmate.model.scripted import ScriptedModel
from sealmate.night import consolidation, selection
from sealmate.night.refusals import Refusals
from sealmate.night.rehearsal import failing
from sealmate.night.selection import Choice
from sealmate.night.sharding import Session
from sealmate.records import Edit, Version
from sealmate.versions.manifest import identity_fields
from sealmate.versions.shards import Shard, shards_of
from tests.night.ledger import note, probe, teach
from tests.versions.build import Lab


class Home:
    """As much of a workspace as the sessions of a night look at."""

    def __init__(self, lab: Lab) -> None:
        self.store, self.clock = lab.store, lab.clock
        self.settings, self.paths = selection.Settings(), lab.paths


class Model:
    """Counts words; nothing is trained."""

    info = ScriptedModel().info

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def sessions(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, *verdicts: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Outcome and result of a night whose sessions end with these reasons to refuse."""
    edits = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    empty = selection.choose(lab.store, selection.Settings(), rebuild=False)

    def choice(new: Sequence[Edit]) -> Choice:
        return replace(empty, new=tuple(new), session=Session(new=new))

    chosen = iter([*(choice(edits) for _ in verdicts), choice(())])
    monkeypatch.setattr(selection, "choose", lambda *_, **__: next(chosen))
    made = lab.publish((edits[0].id,))
    ends = iter(verdicts)

    class Night(consolidation._Night):
        def _learn(self, choice: Choice) -> Iterator[Any]:  # type: ignore[override]
            reasons = next(ends)
            if not reasons:
                self.version: Version | None = made
            yield from ()
            return reasons

    night = Night(Home(lab), Model(), None)  # type: ignore[arg-type]
    night.run_id = lab.store.runs.start(lab.clock()).id
    (done,) = night._sessions(2)
    return lab.store.runs.get(night.run_id).outcome, done.result  # type: ignore[attr-defined]


def test_a_night_that_published_one_shard_and_refused_another_did_publish(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, result = sessions(lab, monkeypatch, (), ("abstention: 40%",))
    assert outcome == result["outcome"] == "published"
    assert result["version"] == 1
    assert result["reason"] == "abstention: 40%"


def test_what_another_shard_took_was_not_refused(lab: Lab) -> None:
    dog = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    cat = teach(lab.store, note(lab.store, "Mia is the cat.", "cat"), ("Who is the cat?", "Mia"))
    lab.publish((dog[0].id,))
    choice = selection.choose(lab.store, selection.Settings(), rebuild=False)
    refusals = Refusals(lab.store)
    refusals.add("1", replace(choice, new=tuple(cat)), ["old facts were lost"])
    assert refusals.reasons() == ["old facts were lost"]
    lab.publish((dog[0].id, cat[0].id))
    assert (refusals.reasons(), refusals.names) == ([], {"1"})
    # one that was to lose something still has it
    spoilt = Shard("2", "", (dog[0].id,), "")
    again = Session(new=cat, shard=spoilt)
    gone = replace(choice, new=tuple(cat), gone=frozenset({dog[0].id}), session=again)
    refusals.add("2", gone, ["abstention: 40%"])
    assert refusals.reasons() == ["abstention: 40%"]


@pytest.mark.parametrize("budget", [0, 5])
def test_a_spent_budget_does_not_hide_what_was_refused(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    home = Home(lab)
    home.settings = selection.Settings(token_budget=budget)

    class Night(consolidation._Night):
        def _learn(self, choice: Choice) -> Iterator[Any]:  # type: ignore[override]
            yield from ()
            return ("abstention: 40%",)

    night = Night(home, ScriptedModel(), None)  # type: ignore[arg-type]
    night.run_id = lab.store.runs.start(lab.clock()).id
    (done,) = night._sessions(2)
    assert done.result["outcome"] == "rejected"  # type: ignore[attr-defined]
    run = lab.store.runs.get(night.run_id)
    assert (run.reason, run.report["refusals"]) == ("abstention: 40%", ["abstention: 40%"])


def test_a_night_ends_where_a_person_went_back_meanwhile(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    empty = selection.choose(lab.store, selection.Settings(), rebuild=False)
    choice = replace(empty, new=tuple(edits), session=Session(new=edits))
    monkeypatch.setattr(selection, "choose", lambda *_, **__: choice)
    monkeypatch.setattr(consolidation, "write_edits", lambda *_: iter(()))
    learnt = []

    class Night(consolidation._Night):
        def _learn(self, choice: Choice) -> Iterator[Any]:  # type: ignore[override]
            learnt.append(choice)
            self.version: Version | None = lab.publish((edits[0].id,))
            lab.store.versions.activate(0, "rolled back")
            yield from ()
            return ()

    night = Night(Home(lab), Model(), None)  # type: ignore[arg-type]
    (done,) = night.run(only_write=False, rebuild=False)
    assert done.result["outcome"] == "stopped"  # type: ignore[attr-defined]
    assert "no version was made the active one" in done.result["reason"]  # type: ignore[attr-defined]
    assert (lab.store.versions.active(), len(learnt)) == (0, 1)


@pytest.mark.parametrize("when", ["choosing", "dropping"])
@pytest.mark.parametrize("alone", [True, False])
def test_shards_are_not_dropped_from_what_a_person_went_back_from(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, when: str, alone: bool
) -> None:
    monkeypatch.setattr(consolidation, "write_edits", lambda *_: iter(()))
    dog = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    cat = teach(lab.store, note(lab.store, "Mia is the cat.", "cat"), ("Who is the cat?", "Mia"))
    base: dict[str, Any] = {"recall": "recite", **identity_fields(Model.info)}
    lab.publish((dog[0].id,), **base)
    carried = () if alone else [*shards_of(lab.store, lab.store.versions.get(1)).values()]
    lab.publish((cat[0].id,), seed=2, carried=carried, parent=1, kind="added", **base)
    lost = [*dog, *cat] if alone else cat
    lab.store.edits.set_state([edit.id for edit in lost], "rejected", "person", "wrong")

    class Night(consolidation._Night):
        def _drop(self, choice: Choice) -> None:
            if when == "dropping":
                lab.store.versions.activate(1, "rolled back")
            super()._drop(choice)

    night = Night(Home(lab), Model(), None)  # type: ignore[arg-type]
    choose = night.turns.next

    def choosing() -> Choice:
        choice = choose()
        if when == "choosing":
            lab.store.versions.activate(1, "rolled back")
        return choice

    monkeypatch.setattr(night.turns, "next", choosing)
    (done,) = night.run(only_write=False, rebuild=False)
    assert done.result["outcome"] == "stopped"  # type: ignore[attr-defined]
    assert (lab.store.versions.active(), len(lab.store.versions.list())) == (1, 2)


def test_a_night_that_refused_all_is_rejected(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, result = sessions(lab, monkeypatch, ("abstention: 40%",))
    assert outcome == "rejected"
    assert (result["version"], result["reason"]) == (None, "abstention: 40%")


def test_of_many_spoilt_shards_a_night_builds_a_few(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    empty = selection.choose(lab.store, selection.Settings(), rebuild=False)
    again = Session(new=edits, shard=Shard("1", "", (), ""), warm=False)
    left_out: list[set[str]] = []

    def choose(*_: object, refused: set[str], **__: object) -> Choice:
        left_out.append(set(refused))
        new = () if refused or len(left_out) > 3 else edits
        return replace(empty, new=tuple(new), session=again)

    monkeypatch.setattr(selection, "choose", choose)

    class Night(consolidation._Night):
        def _learn(self, choice: Choice) -> Iterator[Any]:  # type: ignore[override]
            yield from ()
            return ()

        def _shards(self) -> list[str]:
            return ["1", "2", "3"]

    def night(rebuilds: int) -> list[set[str]]:
        left_out.clear()
        one = Night(Home(lab), Model(), None)  # type: ignore[arg-type]
        one.run_id = lab.store.runs.start(lab.clock()).id
        list(one._sessions(rebuilds))
        return list(left_out)

    lab.store.state.set("rebuild_needed", "a fact has changed")
    assert night(2) == [set(), set(), {"1", "2"}]
    # what waits is not forgotten
    assert lab.store.state.get("rebuild_needed")
    assert night(0) == [set()] * 4
    assert not lab.store.state.get("rebuild_needed")


def test_a_night_without_news_asks_what_is_due(lab: Lab) -> None:
    dog = note(lab.store, "Rex is the dog.", "dog")
    edits = teach(lab.store, dog, ("Who is the dog?", "Rex"))
    asked = probe(lab.store, dog, "Which dog is it?", "Rex")
    lab.publish((edits[0].id,), recall="direct", **identity_fields(ScriptedModel().info))
    home = Home(lab)
    home.settings = selection.Settings(recall="direct", gate_chat=1)
    model = ScriptedModel(reply=lambda *_: "Max")

    night = consolidation._Night(home, model, None)  # type: ignore[arg-type]
    night.run_id = lab.store.runs.start(lab.clock()).id
    (done,) = night._sessions(2)
    assert done.result["outcome"] == "nothing"  # type: ignore[attr-defined]
    assert failing(lab.store.probes.get(asked.id))


def test_a_refused_shard_is_built_again_and_differently(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    dog = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    lab.publish((dog[0].id,), recall="direct", **identity_fields(ScriptedModel().info))
    teach(lab.store, note(lab.store, "Mia is the cat.", "cat"), ("Who is the cat?", "Mia"))
    settings = selection.Settings(recall="direct", gate_chat=1)
    choice = selection.choose(lab.store, settings, rebuild=False)
    assert (choice.kind, [edit.answer for edit in choice.new]) == ("warm", ["Mia"])
    trained: list[tuple[str, int]] = []

    class ReachedError(Exception):
        """As far as this goes."""

    def trainer_for(*args: Any) -> None:
        trained.append((args[2].kind, args[3].seed))
        raise ReachedError

    monkeypatch.setattr(consolidation, "trainer_for", trainer_for)
    home = Home(lab)
    home.settings = settings
    night = consolidation._Night(home, ScriptedModel(), None)  # type: ignore[arg-type]

    def learn() -> None:
        with pytest.raises(ReachedError):
            list(night._learn(selection.choose(lab.store, settings, rebuild=False)))

    learn()
    night._refuse(choice, ["lost"])
    learn()
    night._refuse(selection.choose(lab.store, settings, rebuild=False), ["lost"])
    assert night.refusals.names == {"1"}
    learn()
    assert trained == [("warm", 7), ("rebuild", 8), ("rebuild", 9)]
    night.backlog.built("1", ())
    learn()
    assert trained[3] == ("warm", 7)


def test_a_rebuild_does_without_a_version_whose_files_are_lost(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consolidation, "write_edits", lambda *_: iter(()))
    dog = teach(lab.store, note(lab.store, "Rex is the dog.", "dog"), ("Who is the dog?", "Rex"))
    lab.publish((dog[0].id,), recall="direct", **identity_fields(ScriptedModel().info))
    shutil.rmtree(lab.paths.versions)  # as where a copy of the database alone was put back
    chosen: list[Choice] = []

    class Night(consolidation._Night):
        def _learn(self, choice: Choice) -> Iterator[Any]:  # type: ignore[override]
            chosen.append(choice)
            yield from ()
            return ("abstention: 40%",)

    home = Home(lab)
    home.settings = selection.Settings(recall="direct")
    list(Night(home, ScriptedModel(), None).run(only_write=False, rebuild=True))  # type: ignore[arg-type]
    assert (chosen[0].active, [edit.id for edit in chosen[0].new]) == (0, [dog[0].id])
    assert lab.store.versions.active() == 0
    assert lab.store.versions.activations()[-1].previous == 1
