"""The same seed and inputs give the same adapter, cut or uncut: real nights on a tiny model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sealmate import events
from sealmate.edits.write import Draft, Written
from sealmate.model.identity import describe
from sealmate.night.consolidation import consolidate
from sealmate.night.ledger import keep_written
from sealmate.settings import Settings
from sealmate.sources import add_note
from sealmate.workspace import Workspace
from tests.store.build import Clock
from tests.tiny import open_tiny

FACTS = {
    "Rex is the dog of the lighthouse. He is brown.": (
        ("Who is the dog of the lighthouse?", "Rex"),
        ("What is the dog of the lighthouse called?", "Rex"),
        ("Which colour has Rex?", "brown"),
    ),
    "Mia is the cat. She sleeps in the mill.": (
        ("Who is the cat?", "Mia"),
        ("Where does the cat sleep?", "in the mill"),
    ),
}
# A random model passes no examination; what is tried here is the way there.
LENIENT = {"gate_new_recall": 0.0, "gate_old_drop": 1.0, "gate_general": 1e6, "gate_kl": 1e6,
           "gate_abstention": 0.0, "gate_chat": 2}  # fmt: skip


class Sleeper:
    """A home on the tiny model, whose notes have their self-edits already: a random model
    writes none that passes."""

    def __init__(
        self, home: Path, model: Path, clock: Clock | None = None, **settings: Any
    ) -> None:
        self.model_folder, self.scratch = model, home
        given = {
            **LENIENT,
            "passes": 2,
            "rank": 4,
            "pack_tokens": 256,
            "least_steps": 0,
            **settings,
        }
        self.workspace = Workspace.open(
            Settings(home=home, model=str(model), device="cpu", **given), clock=clock or Clock()
        )
        self.workspace.paths.ensure()

    def teach(self, facts: dict[str, tuple[tuple[str, str], ...]] = FACTS) -> None:
        store, review = self.workspace.store, self.workspace.settings.review
        info = describe("tiny", self.model_folder, None)
        for text, pairs in facts.items():
            add_note(store, text, None, count=len, limit=400, clock=self.workspace.clock)
            (place,) = store.passages.without_edits()
            drafts = tuple(
                Draft(place.id, "self-qa", question, answer, "", "0" * 8, 0.9, "greedy")
                for question, answer in pairs
            )
            asked = ((f"Tell me: {pairs[0][0]}", pairs[0][1]),)
            written = Written(place.id, drafts, asked, 1.0)
            keep_written(store, written, info, self.workspace.clock(), review)

    def sleep(self, stop_at: int | None = None, **how: Any) -> dict[str, Any]:
        """One night in a fresh model, as in a fresh process; stopped after so many training
        events. The result that `--json` ends with."""
        cancel = threading.Event()
        model = open_tiny(self.model_folder, self.scratch)
        steps, result = 0, {}
        for event in consolidate(self.workspace, model, cancel=cancel, **how):
            if isinstance(event, events.Loss):
                steps += 1
                if steps == stop_at:
                    cancel.set()
            if isinstance(event, events.Finished):
                result = dict(event.result)
        return result

    def sha256(self, number: int) -> str:
        return self.workspace.store.versions.get(number).sha256


@pytest.fixture(autouse=True)
def few_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A random model never ends a recital: what is asked is most of such a night."""
    monkeypatch.setattr("sealmate.night.testing.PROBED", 4)


@pytest.fixture
def homes(tmp_path: Path, tiny_model_folder: Path) -> Iterator[Any]:
    """Makes homes that have been told FACTS."""
    made: list[Sleeper] = []

    @contextmanager
    def closing() -> Iterator[None]:
        yield
        for sleeper in made:
            sleeper.workspace.close()

    def make(teach: bool = True, **settings: Any) -> Sleeper:
        sleeper = Sleeper(tmp_path / f"home{len(made)}", tiny_model_folder, **settings)
        made.append(sleeper)
        if teach:
            sleeper.teach()
        return sleeper

    with closing():
        yield make


def test_two_homes_one_hash(homes: Any) -> None:
    first, second = homes(), homes()
    for sleeper in (first, second):
        result = sleeper.sleep()
        assert (result["outcome"], result["version"]) == ("published", 1), result
    assert first.sha256(1) == second.sha256(1)
    # And the night after that, which goes on from those weights.
    more = {"Ada keeps the bees.": (("Who keeps the bees?", "Ada"),)}
    for sleeper in (first, second):
        sleeper.teach(more)
        assert sleeper.sleep()["version"] == 2
    assert first.sha256(2) == second.sha256(2) != first.sha256(1)
    assert first.workspace.store.versions.get(2).parent == 1
    # Built anew over everything it is another way, and the same one twice.
    for sleeper in (first, second):
        assert sleeper.sleep(rebuild=True)["version"] == 3
    assert first.sha256(3) == second.sha256(3) != first.sha256(2)


def test_a_cut_night_goes_on_to_the_same_end_whatever_came_since(homes: Any) -> None:
    whole, cut = homes(passes=12), homes(passes=12)
    assert whole.sleep()["outcome"] == "published"
    stopped = cut.sleep(stop_at=1)
    assert (stopped["outcome"], stopped["version"]) == ("stopped", None)
    work = cut.workspace.paths.work
    assert [file.suffix for file in sorted(work.iterdir())] == [".safetensors", ".json"]
    assert cut.workspace.store.versions.active() == 0
    cut.teach({"Ada keeps the bees.": (("Who keeps the bees?", "Ada"),)})
    assert cut.sleep()["outcome"] == "published"
    store = cut.workspace.store
    assert cut.sha256(1) == whole.sha256(1)
    # and what is new is learnt in the same night
    learnt = store.versions.edit_ids(store.versions.active())
    assert learnt == [edit.id for edit in store.edits.trainable()]
    assert not [file for file in work.iterdir() if file.is_file()]
    outcomes = [run.outcome for run in store.runs.list()]
    assert sorted(outcomes) == ["published", "stopped"]


def test_what_may_not_be_trained_any_more_ends_what_was_cut(homes: Any) -> None:
    cut = homes(passes=12)
    cut.sleep(stop_at=1)
    store = cut.workspace.store
    gone = store.edits.trainable()[0].id
    store.edits.set_state([gone], "rejected", "person", "")
    assert cut.sleep()["outcome"] == "published"
    assert gone not in store.versions.edit_ids(store.versions.active())


def test_a_night_without_time_loses_nothing(homes: Any) -> None:
    short = homes()
    assert short.sleep(budget_seconds=1e-3)["outcome"] == "stopped"
    assert short.sleep()["outcome"] == "published"
    whole = homes()
    whole.sleep()
    assert short.sha256(1) == whole.sha256(1)


def test_only_what_was_accepted_is_trained(homes: Any) -> None:
    home = homes(review=True)
    store = home.workspace.store
    proposed = [edit.id for edit in store.edits.list(state="proposed")]
    assert len(proposed) == 5
    assert home.sleep()["outcome"] == "nothing"
    assert store.versions.list() == []
    chosen, rest = proposed[:2], proposed[2:]
    store.edits.set_state(chosen, "accepted", "person", "")
    assert home.sleep()["outcome"] == "published"
    assert store.versions.edit_ids(1) == chosen
    store.edits.set_state(rest[:1], "rejected", "person", "")
    assert home.sleep()["outcome"] == "nothing"
    store.edits.set_state(rest[1:2], "accepted", "person", "")
    assert home.sleep()["version"] == 2
    assert store.versions.edit_ids(2) == [*chosen, rest[1]]


def test_nothing_new_is_an_outcome(homes: Any) -> None:
    home = homes(teach=False)
    assert home.sleep()["outcome"] == "nothing"
    home.teach()
    assert home.sleep()["outcome"] == "published"
    again = home.sleep()
    assert (again["outcome"], again["version"]) == ("nothing", None)
