"""Differences between versions, from rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sealmate.errors import NotFoundError
from sealmate.night.supersession import accept
from sealmate.records import Conflict
from sealmate.versions.diff import diff
from tests.store.build import START, edit, ingest, probe, result
from tests.versions.build import Lab

Given = Mapping[int, tuple[str, bool]]


def answers(lab: Lab, version: int, given: Given, run: int = 1) -> None:
    lab.store.probes.add_results(
        replace(result(key, version, run, second=run), answer=text, correct=right)
        for key, (text, right) in given.items()
    )


def test_edits_and_facts(lab: Lab) -> None:
    places = [ingest(lab.store, f"note {n}", f"note {n}") for n in range(3)]
    edits = lab.store.edits.add_many(
        edit(place.id, f"Q{n}", f"A{n}") for n, place in enumerate(places)
    )
    old, new, gone = (made.id for made in edits)
    probes = lab.store.probes.add_many(
        probe(places[n].id, f"P{i}", "Rex") for i, n in enumerate((0, 0, 0, 0, 0, 1, 1, 2))
    )
    ids = [made.id for made in probes]
    lab.publish((old, gone))
    lab.publish((old, new), seed=1)
    answers(lab, 1, {ids[0]: ("Max", False)})
    answers(lab, 1, {ids[0]: ("Tim", False), ids[1]: ("Rex", True), ids[2]: ("Rex", True),
                     ids[3]: ("Tom", False), ids[7]: ("Rex", True)}, run=2)  # fmt: skip
    answers(lab, 2, {ids[0]: ("Rex", True), ids[1]: ("Bob", False), ids[2]: ("  rex.", True),
                     ids[3]: ("Tam", False), ids[4]: ("Rex", True), ids[5]: ("Rex", True),
                     ids[6]: ("?", False)}, run=3)  # fmt: skip
    lab.store.probes.retire([ids[1]], "superseded")
    found = diff(lab.store, 1, 2)
    assert [made.id for made in found.added] == [new]
    assert [made.id for made in found.removed] == [gone]
    told = {
        name: [(fact.probe_id, fact.before, fact.after) for fact in getattr(found, name)]
        for name in ("gained", "lost", "changed")
    }
    assert told == {
        # the newest answer of each side counts; a passage never taught counts as not known
        "gained": [(ids[0], "Tim", "Rex"), (ids[5], None, "Rex")],
        "lost": [(ids[1], "Rex", "Bob"), (ids[7], "Rex", None)],
        "changed": [(ids[3], "Tom", "Tam")],
    }
    assert (found.same, found.unasked) == (2, 1)
    back = diff(lab.store, 2, 1)
    assert [fact.probe_id for fact in back.lost] == [fact.probe_id for fact in found.gained]
    assert diff(lab.store, 2, 2).gained == ()


def test_against_no_memory(lab: Lab) -> None:
    lab.publish((77,))
    found = diff(lab.store, 0, 1)
    assert (found.added, found.added_erased) == ((), 1)
    with pytest.raises(NotFoundError):
        diff(lab.store, 1, 5)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [("Rex", "Max", "changed"), ("Tim", "Max", "gained"), ("Rex", "Rex", "lost")],
)
def test_a_fact_that_a_newer_note_changed(lab: Lab, before: str, after: str, kind: str) -> None:
    store = lab.store
    old, new = ingest(store, "Rex is the dog."), ingest(store, "Max is the dog now.")
    first, second = store.edits.add_many(
        [edit(old.id, "Who is the dog?", "Rex"), edit(new.id, "Who is the dog?", "Max")]
    )
    former, now = store.probes.add_many(
        [probe(old.id, "Which dog is it?", "Rex"), probe(new.id, "Which dog is it?", "Max")]
    )
    clash = Conflict(0, first.id, second.id, "Who is the dog?", "Rex", "Max", START, "open")
    accept(store, store.conflicts.add(clash).id, START)
    lab.publish((first.id,))
    lab.publish((second.id,), seed=1)
    answers(lab, 1, {former.id: (before, before == "Rex")})
    answers(lab, 2, {now.id: (after, after == "Max")}, run=2)
    found = diff(store, 1, 2)
    told = {
        name: [(fact.probe_id, fact.expected, fact.before, fact.after) for fact in facts]
        for name in ("gained", "lost", "changed")
        if (facts := getattr(found, name))
    }
    assert told == {kind: [(now.id, "Max", before, after)]}
    assert (found.same, found.unasked) == (0, 0)
