"""What a night chooses to train on, against a real ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sealmate.model.protocol import ModelInfo
from sealmate.night.selection import Choice, choose, kept_aside, limits, recipe, shares
from sealmate.records import Edit
from sealmate.settings import Settings
from tests.night.ledger import MARCH, note, teach
from tests.versions.build import Lab

INFO = ModelInfo("tiny", Path(), "f" * 64, "", "", "", "nf4+double", "cpu", "float32", 4, 512)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def told(lab: Lab, text: str, *pairs: tuple[str, str], said: str = "") -> tuple[int, list[Edit]]:
    """A note with accepted edits: its source's id and the edits."""
    place = note(lab.store, text)
    return place.source_id, teach(lab.store, place, *pairs, said=said)


def published(lab: Lab, edits: list[Edit]) -> None:
    """As the night does it: the active version was trained on these edits."""
    lab.publish(tuple(edit.id for edit in edits))


def ids(edits: object) -> list[int]:
    return [edit.id for edit in edits]  # type: ignore[attr-defined]


@pytest.fixture
def first(lab: Lab) -> list[Edit]:
    _, edits = told(lab, "Ada lives in Bergen.", ("Where does Ada live?", "Bergen"),
                    ("Who lives in Bergen?", "Ada"), said="Ada lives in Bergen.")  # fmt: skip
    return edits


def test_an_empty_ledger(lab: Lab, settings: Settings) -> None:
    for rebuild in (False, True):
        choice = choose(lab.store, settings, rebuild=rebuild)
        assert choice.nothing
        assert (choice.active, choice.parent) == (0, 0)


def test_the_first_night_starts_at_the_base(
    lab: Lab, settings: Settings, first: list[Edit]
) -> None:
    choice = choose(lab.store, settings, rebuild=False)
    assert not choice.nothing
    assert ids(choice.new) == ids(choice.trained) == ids(first)
    assert (choice.replay, choice.active, choice.parent) == ([], 0, 0)
    assert [p.text for p in choice.passages.values()] == ["Ada lives in Bergen."]


def test_nothing_new(lab: Lab, settings: Settings, first: list[Edit]) -> None:
    published(lab, first)
    choice = choose(lab.store, settings, rebuild=False, info=INFO)
    assert choice.nothing
    assert ids(choice.replay) == ids(first)


def test_new_edits_go_on_from_the_active_version(
    lab: Lab, settings: Settings, first: list[Edit]
) -> None:
    published(lab, first)
    _, second = told(lab, "Bo lives in Oslo.", ("Where does Bo live?", "Oslo"))
    choice = choose(lab.store, settings, rebuild=False, info=INFO)
    assert ids(choice.new) == ids(second)
    assert ids(choice.replay) == ids(first)
    assert (choice.active, choice.parent, choice.gone, choice.foreign) == (1, 1, frozenset(), False)
    assert [p.text for p in choice.passages.values()] == ["Bo lives in Oslo."]


@pytest.mark.parametrize("how", ["reject", "erase", "replace"])
def test_what_may_not_be_there_any_more_forces_a_rebuild(
    lab: Lab, settings: Settings, first: list[Edit], how: str
) -> None:
    source, second = told(lab, "Bo lives in Oslo.", ("Where does Bo live?", "Oslo"))
    published(lab, [*first, *second])
    if how == "reject":
        lab.store.edits.set_state(ids(second), "rejected", "person", "wrong")
    elif how == "erase":
        lab.store.erasure.erase(source, [])
    else:
        lab.store.edits.supersede(second[0].id, None, "moved", MARCH)
    choice = choose(lab.store, settings, rebuild=False, info=INFO)
    assert choice.gone == set(ids(second))
    assert not choice.nothing
    assert ids(choice.new) == ids(first)
    assert (choice.replay, choice.active, choice.parent) == ([], 1, 0)


def test_when_all_is_gone_there_is_nothing_to_train_but_something_to_do(
    lab: Lab, settings: Settings, first: list[Edit]
) -> None:
    published(lab, first)
    lab.store.edits.set_state(ids(first), "rejected", "person", "wrong")
    choice = choose(lab.store, settings, rebuild=False, info=INFO)
    assert not choice.nothing
    assert not choice.new


@pytest.mark.parametrize("why", ["asked", "state", "foreign"])
def test_a_rebuild_is_over_the_whole_ledger(
    lab: Lab, settings: Settings, first: list[Edit], why: str
) -> None:
    published(lab, first)
    if why == "state":
        lab.store.state.set("rebuild_needed", {"why": "a source was forgotten"})
    info = replace(INFO, fingerprint="9" * 64) if why == "foreign" else INFO
    choice = choose(lab.store, settings, rebuild=why == "asked", info=info)
    assert choice.foreign == (why == "foreign")
    assert ids(choice.new) == ids(first)
    assert (choice.active, choice.parent) == (1, 0)


def test_a_rollback_makes_later_edits_new_again(
    lab: Lab, settings: Settings, first: list[Edit]
) -> None:
    published(lab, first)
    _, second = told(lab, "Bo lives in Oslo.", ("Where does Bo live?", "Oslo"))
    published(lab, [*first, *second])
    assert choose(lab.store, settings, rebuild=False).nothing
    lab.store.versions.activate(1, "rollback")
    choice = choose(lab.store, settings, rebuild=False)
    assert (ids(choice.new), choice.parent) == (ids(second), 1)


def test_secrets_of_a_passage_are_not_trained(lab: Lab, settings: Settings) -> None:
    told(lab, "The admin password: hunter2xyz. Ada lives in Bergen.",
         ("Where does Ada live?", "Bergen"))  # fmt: skip
    material = choose(lab.store, settings, rebuild=False).material([], [])
    assert material.passages
    assert not any("hunter2xyz" in text for text in material.passages)


def unknown(number: int, question: str) -> Edit:
    return Edit(number, 1, "unknown", question, MARCH, question, state="accepted")


def test_some_questions_without_an_answer_are_kept_for_the_gate() -> None:
    edits = [unknown(n, f"What is the {n}th colour of stone {n}?") for n in range(1, 9)]
    choice = Choice(edits, [], 0, 0, frozenset(), {})
    assert [edit.id for edit in edits if kept_aside(edit)] == [2, 4, 6, 8]
    assert ids(choice.material([], []).new) == [1, 3, 5, 7]


def test_settings_reach_their_places(settings: Settings) -> None:
    chosen = settings.model_copy(update={
        "replay_share": 0.3, "gate_general": 1.5, "rank": 8, "upper_layers": 0.25, "renderings": 2,
    })  # fmt: skip
    assert (shares(chosen).replay, shares(chosen).per_answer) == (0.3, 2)
    assert limits(chosen).general == 1.5
    choice = Choice([], [], 0, 0, frozenset(), {})
    made = recipe(chosen, None, choice)  # type: ignore[arg-type]
    assert (made.rank, made.upper, made.seed) == (8, 0.25, chosen.seed)
