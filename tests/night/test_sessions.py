"""A night of several sessions tells of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sealmate.night import consolidation, selection
from sealmate.night.selection import Choice
from sealmate.night.sharding import Session
from sealmate.records import Edit, Version
from tests.night.ledger import note, teach
from tests.versions.build import Lab


class Home:
    """As much of a workspace as the sessions of a night look at."""

    def __init__(self, lab: Lab) -> None:
        self.store, self.clock = lab.store, lab.clock
        self.settings, self.paths = selection.Settings(), lab.paths


class Model:
    """Counts words; nothing is trained."""

    info = None

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
    (done,) = night._sessions()
    return lab.store.runs.get(night.run_id).outcome, done.result  # type: ignore[attr-defined]


def test_a_night_that_published_one_shard_and_refused_another_did_publish(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, result = sessions(lab, monkeypatch, (), ("abstention: 40%",))
    assert outcome == result["outcome"] == "published"
    assert result["version"] == 1
    assert result["reason"] == "abstention: 40%"


def test_a_night_that_refused_all_is_rejected(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, result = sessions(lab, monkeypatch, ("abstention: 40%",))
    assert outcome == "rejected"
    assert (result["version"], result["reason"]) == (None, "abstention: 40%")
