"""What the writer made becomes rows, all of one passage or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealmate.edits.write import Draft, Written
from sealmate.model.protocol import ModelInfo
from sealmate.night.ledger import Counts, keep_written, passages_to_write
from sealmate.store import Store
from tests.night.ledger import MARCH
from tests.store.build import ingest, passage, source

INFO = ModelInfo("tiny", Path(), "", "", "", "ab" * 32, "", "cpu", "", 4, 512)


def draft(place: int, question: str, kept: bool = True, reason: str = "") -> Draft:
    text = f"{question} Bergen"
    return Draft(place, "self-qa", question, "Bergen", text, "hash", 0.9, "ask", kept, reason)


def written(place: int) -> Written:
    drafts = (draft(place, "Where?", True, "came back the same"), draft(place, "Who?", False, "no"))
    return Written(place, drafts, (("In which town?", "Bergen"),), 1.0)


@pytest.mark.parametrize(("review", "state"), [(False, "accepted"), (True, "proposed")])
def test_drafts_become_edits_and_probes(store: Store, review: bool, state: str) -> None:
    place = ingest(store, "Ada lives in Bergen.")
    assert keep_written(store, written(place.id), INFO, MARCH, review) == Counts(2, 1)
    good, bad = store.edits.list()
    assert (good.state, good.reason, good.question) == (state, "came back the same", "Where?")
    assert (bad.state, bad.reason) == ("rejected", "no")
    assert good.writer == "tiny+writer:abababababab"
    assert good.sampling == {"temperature": 0.9, "via": "ask"}
    assert (good.prompt_hash, good.valid_from) == ("hash", MARCH)
    (probe,) = store.probes.list(held_out=True)
    assert (probe.question, probe.answer, probe.passage_id) == (
        "In which town?", "Bergen", place.id,
    )  # fmt: skip
    assert passages_to_write(store) == []


def test_a_passage_without_any_draft_is_not_written_about_again(store: Store) -> None:
    place = ingest(store, "...")
    keep_written(store, Written(place.id, (), (), 0.0), INFO, MARCH, False)
    assert passages_to_write(store) == []


def test_a_passage_stands_under_its_heading_or_title(store: Store) -> None:
    ingest(store, "Ada lives in Bergen.", title="Friends")
    with store.transaction():
        stored = store.sources.add(source("Bo lives in Oslo.", "Friends"))
        store.passages.add_many(stored.id, [passage("Bo lives in Oslo.", heading="Norway > Oslo")])
    assert [(text.heading, text.text) for text in passages_to_write(store)] == [
        ("Friends", "Ada lives in Bergen."), ("Norway > Oslo", "Bo lives in Oslo."),
    ]  # fmt: skip


def test_all_of_a_passage_or_none(store: Store) -> None:
    place = ingest(store, "Ada lives in Bergen.")
    broken = Written(place.id, (draft(place.id, "Where?"), draft(999, "Who?")), (), 1.0)
    with pytest.raises(Exception, match=r".+"):
        keep_written(store, broken, INFO, MARCH, False)
    assert store.edits.list() == []
    assert len(passages_to_write(store)) == 1
