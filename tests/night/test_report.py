"""The morning report, made from a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from sealmate.night.forgetting import forget
from sealmate.night.report import (
    build_report,
    complete,
    latest_report,
    render_markdown,
    render_text,
    report_of,
    sided,
    whole_report,
)
from sealmate.paths import Paths
from sealmate.records import Conflict, Edit, Passage, Probe, ProbeResult, Run, Source, Version
from sealmate.store import Store, open_store
from tests.store.build import statements

START = datetime(2031, 5, 6, 2, 30, tzinfo=UTC)


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.at = START - timedelta(days=1)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(tmp_path / "s.db", tmp_path / "backups", clock=clock) as opened:
        yield opened


def note(store: Store, title: str, at: datetime) -> Passage:
    source = store.sources.add(Source(0, "note", title, f"about {title}", title * 8, at))
    passage = Passage(0, source.id, 0, f"about {title}", 2)
    return store.passages.add_many(source.id, [passage])[0]


def edit(passage: Passage, question: str, at: datetime, **more: Any) -> Edit:
    known: dict[str, Any] = {"question": question, "answer": "yes", "state": "accepted"} | more
    return Edit(0, passage.id, "qa", "", at, **known)


def version(number: int, at: datetime, **more: Any) -> Version:
    known: dict[str, Any] = {"parent": number - 1 or None} | more
    return Version(number, at, f"v{number}", "ab" * 32, base_id="b", base_fingerprint="f", **known)


def a_night(store: Store, clock: Clock) -> Run:
    """Night 2: learns of `rabbit` what night 1 did not know, loses a fact of `bakery`."""
    bakery = note(store, "the bakery", clock())
    old = store.edits.add_many([edit(bakery, "Open on Sunday?", clock())])
    first = store.runs.start(clock())
    store.versions.add(version(1, clock()), [e.id for e in old])
    probe = store.probes.add_many([Probe(0, bakery.id, "When *is* it open?", "Sunday", clock())])[0]
    store.probes.add_results([ProbeResult(first.id, 1, probe.id, "Sunday", True, 0.9, clock())])
    store.runs.finish(first.id, "published", 1)

    clock.at = START
    run = store.runs.start(clock())
    rabbit = note(store, "rabbit", clock())
    new = store.edits.add_many(
        [
            edit(rabbit, "Eats fennel?", clock()),
            edit(rabbit, "Eats on Sunday?", clock()),
            edit(rabbit, "Password?", clock(), state="rejected", reason="holds a secret"),
            edit(rabbit, "Key?", clock(), state="rejected", reason="holds a secret"),
            edit(rabbit, "Odd?", clock(), state="rejected", reason="not in the passage"),
        ]
    )
    store.versions.add(version(2, clock()), [e.id for e in (*old, *new[:2])])
    store.probes.add_results([ProbeResult(run.id, 2, probe.id, "Monday", False, 0.4, clock())])
    store.conflicts.add(
        Conflict(0, old[0].id, new[1].id, "Open on Sunday?", "yes", "no", clock(), "open")
    )
    clock.at = START + timedelta(minutes=20)
    work = {
        "tokens": 12345,
        "reworded": 3,
        "gate": {"new_recall": 0.9, "lost": [probe.id], "p": None},
    }
    return store.runs.finish(run.id, "published", 2, report=work)


def test_what_a_night_did(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    report = complete(store, run)
    assert report["learnt"] == {
        "edits": 2,
        "count": 1,
        "sources": [{"source": 2, "title": "rabbit", "edits": 2}],
    }
    assert report["refused"]["count"] == 3
    assert report["refused"]["reasons"] == {"holds a secret": 2, "not in the passage": 1}
    assert report["lost"]["count"] == 1
    assert report["lost"]["probes"][0] == {
        "probe": 1, "title": "the bakery", "question": "When *is* it open?",
        "expected": "Sunday", "said": "Monday", "lost_to": [],
    }  # fmt: skip
    clash = report["conflicts"]["list"][0]
    assert clash["new"] == "no"
    assert (clash["old_title"], clash["new_title"]) == ("the bakery", "rabbit")
    assert clash["since"] == START.isoformat()
    assert report["cost"] == {"seconds": 1200.0, "tokens": 12345}
    assert report["gate"]["passed"] is True
    assert report["work"]["tokens"] == 12345


def test_lost_probes_are_found_from_the_results_too(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    report = build_report(store, run, version=2, blame={1: [2, 3]})
    assert [item["lost_to"] for item in report["lost"]["probes"]] == [[2, 3]]
    assert build_report(store, run, version=None)["lost"]["count"] == 0


def test_a_refused_night_says_what_its_candidate_said(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    work = {**run.report, "lost": {"1": "Tuesday"}, "blame": {"1": [2]}}
    refused = replace(run, outcome="rejected", version=None, report=work)
    report = complete(store, refused)
    (item,) = report["would_have_lost"]["probes"]
    assert (item["said"], item["lost_to"]) == ("Tuesday", [2])
    assert report["lost"] == {"count": 0, "probes": []}
    told = render_text(report_of(replace(refused, report=report)), UTC).splitlines()
    assert "Lost" not in told
    place = told.index("What a refused candidate would have lost")
    assert told[place + 1].startswith("  When *is* it open? It said “Tuesday”, not “Sunday”")


def test_what_a_later_candidate_would_have_lost_is_not_lost(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    bakery = store.passages.of_source(1)[0]
    kept = store.probes.add_many([Probe(0, bakery.id, "Who bakes?", "Ida", clock())])[0]
    store.probes.add_results([ProbeResult(run.id, 2, kept.id, "Ida", True, 0.9, clock())])
    work = {**run.report, "lost": {"1": "of the refused one", str(kept.id): "Bo"}}
    report = complete(store, replace(run, report=work))
    (lost,), (spared,) = report["lost"]["probes"], report["would_have_lost"]["probes"]
    assert (lost["question"], lost["said"]) == ("When *is* it open?", "Monday")
    assert (spared["question"], spared["said"]) == ("Who bakes?", "Bo")


def test_what_a_later_shard_of_the_night_knows_again_is_not_lost(
    store: Store, clock: Clock
) -> None:
    run = a_night(store, clock)
    store.versions.add(version(3, clock(), manifest={"run": run.id}), [])
    store.probes.add_results([ProbeResult(run.id, 3, 1, "Sunday", True, 0.9, clock())])
    work = {**run.report, "lost": {"1": "Monday"}}
    report = complete(store, replace(run, version=3, report=work))
    assert (report["lost"]["count"], report["would_have_lost"]["count"]) == (0, 1)


def test_what_one_version_of_the_night_lost_and_the_next_knows_again_nobody_would_have_lost(
    store: Store, clock: Clock
) -> None:
    run = a_night(store, clock)
    bakery = store.passages.of_source(1)[0]
    spared = store.probes.add_many([Probe(0, bakery.id, "Who bakes?", "Ida", clock())])[0]
    for number, said in ((3, "Tuesday"), (4, "Sunday")):
        store.versions.add(version(number, clock(), manifest={"run": run.id}), [])
        right = said == "Sunday"
        store.probes.add_results([ProbeResult(run.id, number, 1, said, right, 0.9, clock())])
    store.probes.add_results([ProbeResult(run.id, 4, spared.id, "Ida", True, 0.9, clock())])
    work = {**run.report, "lost": {"1": "Tuesday", str(spared.id): "Bo"}}
    report = complete(store, replace(run, version=4, report=work))
    assert report["lost"]["count"] == 0
    # which only a refused candidate did not know
    assert [item["probe"] for item in report["would_have_lost"]["probes"]] == [spared.id]


@pytest.mark.parametrize("outcome", ["rejected", "published"])
def test_the_reasons_of_the_gate_stand_one_by_one(store: Store, clock: Clock, outcome: Any) -> None:
    run = replace(
        a_night(store, clock), outcome=outcome, reason="new facts: 10% recalled; abstention: 20%"
    )
    report = complete(store, run)
    assert report["gate"]["reasons"] == ["new facts: 10% recalled", "abstention: 20%"]
    told = render_text(report_of(replace(run, report=report)), UTC).splitlines()
    place = told.index("Why")
    assert told[place + 1 : place + 4] == [
        "  new facts: 10% recalled", "  abstention: 20%", "",
    ]  # fmt: skip


def test_a_stop_does_not_hide_what_was_refused_before(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    run = replace(
        run,
        outcome="stopped",
        reason="stopped",
        report={**run.report, "refusals": ["abstention: 20%"]},
    )
    report = complete(store, run)
    assert report["gate"]["reasons"] == ["abstention: 20%"]
    told = render_text(report_of(replace(run, report=report)), UTC).splitlines()
    place = told.index("Why")
    assert told[place + 1 : place + 3] == ["  stopped", "  abstention: 20%"]


def test_what_stopped_a_night_is_no_reason_of_the_gate(store: Store, clock: Clock) -> None:
    run = replace(a_night(store, clock), outcome="stopped", reason="stopped; it goes on next time")
    report = complete(store, run)
    assert report["gate"]["reasons"] == []
    assert "  stopped; it goes on next time" in render_text(
        report_of(replace(run, report=report)), UTC
    )


def test_a_forgotten_word_may_have_been_an_id(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    work = {**run.report, "lost": {"[forgotten]": "x"}, "blame": {"[forgotten]": [2], "1": [3]}}
    report = complete(store, replace(run, report=work))
    assert [item["lost_to"] for item in report["lost"]["probes"]] == [[3]]


def test_completing_twice_changes_nothing(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    once = complete(store, run)
    assert complete(store, replace(run, report=once)) == once


def test_it_reads_well(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    run = store.runs.finish(run.id, "published", 2, report=complete(store, run))
    text = render_text(report_of(run), UTC)
    assert text.startswith("Night 2, 2031-05-06 02:30\nThe night published version 2.\n")
    for line in (
        "  rabbit: 2 self-edits",
        "  3 more wordings of what was answered wrongly",
        "  When *is* it open? It said “Monday”, not “Sunday”",
        "  1: Open on Sunday? Before: “yes” (the bakery), now: “no” (rabbit, since 2031-05-06) "
        "(open)",
        "  settle one with sealmate conflicts accept, keep-both or keep-old NUMBER",
        "  2 self-edits: holds a secret",
        "  new recall: 0.900",
        "  20 min",
        "  12 345 tokens trained",
    ):
        assert line in text.splitlines()
    page = render_markdown(report_of(run), UTC)
    assert "# Night 2, 2031\\-" not in page
    assert r"When \*is\* it open?" in page


@pytest.mark.parametrize(
    "nasty",
    ["# not a heading", "*bold* _it_ `code`", "<script>alert(1)</script>", "[x](http://y)",
     "![x](http://y)", "1. one", "22) two", "- dash", "+ plus", "===", "a\nb\n\n# c", "&lt;",
     "~~gone~~", "| a | b |", "\\", "    indented"],
)  # fmt: skip
def test_words_of_a_note_are_words(nasty: str) -> None:
    report = {
        "run": 1, "outcome": "nothing", "started_at": START.isoformat(),
        "learnt": {"sources": [{"source": 1, "title": nasty, "edits": 1}]},
    }  # fmt: skip
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(render_markdown(report, UTC))
    inline = [token for token in tokens if token.type == "inline"]
    said = " ".join(nasty.split()) + ": 1 self-edit"
    kinds = [child.type for child in inline[-1].children or []]
    assert set(kinds) <= {"text", "text_special"}
    assert "".join(child.content for child in inline[-1].children or []) == said
    assert sum(token.type == "heading_open" for token in tokens) == 2
    assert sum(token.type == "list_item_open" for token in tokens) == 1


def test_long_lists_are_cut_and_counted(store: Store, clock: Clock) -> None:
    run = store.runs.start(clock())
    passage = note(store, "a", clock())
    store.edits.add_many(
        [edit(passage, f"{n}?", clock(), state="rejected", reason=f"r{n}") for n in range(120)]
    )
    report = build_report(store, run)
    assert (report["refused"]["count"], len(report["refused"]["edits"])) == (120, 100)
    assert "and 108 more" in render_text(report_of(replace(run, report=report)))


def test_many_sources_are_counted_whole(store: Store, clock: Clock) -> None:
    run = store.runs.start(clock())
    edits = [
        store.edits.add_many([edit(note(store, f"note {n}", clock()), "Who?", clock())])[0].id
        for n in range(103)
    ]
    store.versions.add(version(1, clock(), parent=None), edits)
    learnt = build_report(store, run, version=1)["learnt"]
    assert (learnt["edits"], learnt["count"], len(learnt["sources"])) == (103, 103, 100)
    told = report_of(replace(run, report={"learnt": learnt}))
    assert "  and 91 more\n" in render_text(told)
    del learnt["count"]  # a report of an earlier release
    assert "  and 88 more\n" in render_text(told)


def test_a_report_that_is_completed_late_tells_of_its_own_night(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    place = Paths(tmp_path, tmp_path, tmp_path, tmp_path).ensure()
    run = a_night(store, clock)
    early = complete(store, run)
    clock.at = START + timedelta(days=2)
    gone = note(store, "gone", clock())
    (told,) = store.edits.add_many([edit(gone, "What is gone?", clock())])
    store.probes.add_many([Probe(0, gone.id, "What is gone now?", "a thing", clock())])
    store.versions.add(version(3, clock()), [told.id])
    forget(store, place, [gone.source_id], clock)
    rabbit = store.passages.of_source(2)[0]
    late = edit(rabbit, "Late?", clock(), state="rejected", reason="late")
    added = store.edits.add_many([late, edit(rabbit, "Is it open on Sunday?", clock())])
    store.conflicts.add(Conflict(0, 1, added[1].id, "Open?", "yes", "no", clock(), "open"))
    report = complete(store, run)
    for part in ("learnt", "refused", "conflicts"):
        assert report[part] == early[part]
    after = build_report(store, store.runs.start(clock.at + timedelta(hours=1)))
    for name, count in (("sources", 1), ("facts", 1), ("versions_purged", [3])):
        assert report["forgotten"][name] == early["forgotten"][name] != count
        assert after["forgotten"][name] == count
    assert after["conflicts"]["count"] == 2


def test_what_is_forgotten_during_a_night_is_told_of_once(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    place = Paths(tmp_path, tmp_path, tmp_path, tmp_path).ensure()
    night = store.runs.start(clock())
    clock.at += timedelta(minutes=10)
    forget(store, place, [note(store, "plain", clock()).source_id], clock)
    clock.at += timedelta(minutes=10)
    night = store.runs.finish(night.id, "nothing")
    assert complete(store, night)["forgotten"]["sources"] == 1
    clock.at += timedelta(days=1)
    after = build_report(store, store.runs.start(clock()))
    assert after["forgotten"]["sources"] == 0


def test_forgetting_reaches_the_report(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    store.runs.finish(run.id, "published", 2, report=complete(store, run))
    for source in (1, 2):
        store.erasure.erase(source, [("salt", "q", "a")])
    text = render_text(latest_report(store)) + str(latest_report(store))
    for word in ("rabbit", "bakery", "fennel", "Monday", "Sunday"):
        assert word not in text
    after = build_report(store, store.runs.start(clock.at + timedelta(days=1)))
    assert after["forgotten"]["facts"] == 2
    text = render_text(report_of(replace(run, report=after)), UTC)
    assert "  2 questions and answers erased since the night before" in text
    assert "[forgotten]" in render_text(latest_report(store))


def test_a_conflict_of_an_earlier_release_is_shown(store: Store, clock: Clock) -> None:
    clash = {"conflict": 1, "question": "Where?", "old": "here", "new": "there", "state": "open"}
    report = {"run": 1, "outcome": "nothing", "started_at": START.isoformat(),
              "conflicts": {"count": 1, "list": [clash]}}  # fmt: skip
    assert "  1: Where? Before: “here”, now: “there” (open)\n" in render_text(report, UTC)


def test_a_forgotten_note_is_told_of_even_if_nothing_was_asked_of_it(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    first = store.runs.start(clock())
    store.runs.finish(first.id, "nothing")
    clock.at += timedelta(hours=1)
    ids = [note(store, title, clock()).source_id for title in ("plain", "other")]
    place = Paths(tmp_path, tmp_path, tmp_path, tmp_path).ensure()
    forget(store, place, [ids[0]], clock)
    report = build_report(store, store.runs.start(clock.at + timedelta(hours=1)))
    assert (report["forgotten"]["sources"], report["forgotten"]["facts"]) == (1, 0)
    run = replace(first, report=report)
    assert "  1 source forgotten since the night before\n" in render_text(report_of(run), UTC)
    later = build_report(store, store.runs.start(clock.at + timedelta(hours=2)))
    assert later["forgotten"]["sources"] == 0


def test_a_report_that_nobody_completed_is_whole_all_the_same(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    store.runs.finish(run.id, "published", 2, report={"tokens": 90, "seconds": 3.0})
    found = latest_report(store)
    assert found["learnt"]["edits"] > 0
    assert found["cost"] == {"seconds": 3.0, "tokens": 90}
    assert whole_report(store, store.runs.get(run.id)) == found
    assert "learnt" not in store.runs.get(run.id).report


def test_the_latest_is_one_that_ended(store: Store, clock: Clock) -> None:
    assert latest_report(store) == {}
    assert render_markdown({}) == render_text({}) == ""
    first = store.runs.start(clock())
    assert latest_report(store)["outcome"] == "running"
    assert "still running" in render_text(latest_report(store))
    store.runs.finish(first.id, "failed", reason="no memory")
    store.runs.start(clock())
    assert latest_report(store)["run"] == first.id
    assert "no memory" in render_markdown(latest_report(store))


def test_the_latest_is_the_one_that_ended_last(store: Store, clock: Clock) -> None:
    long = store.runs.start(clock())
    clock.at += timedelta(hours=1)
    left_out = store.runs.start(clock())
    store.runs.finish(left_out.id, "stopped", reason="the GPU was still busy")
    clock.at += timedelta(hours=1)
    assert latest_report(store)["run"] == left_out.id
    store.runs.finish(long.id, "nothing")
    assert latest_report(store)["run"] == long.id


def test_conflicts_are_looked_up_together_and_no_more_of_them_than_are_shown(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_night(store, clock)
    monkeypatch.setattr("sealmate.night.report.MOST", 2)
    old, new = (store.conflicts.get(1).old_edit, store.conflicts.get(1).new_edit)

    def add(question: str) -> None:
        store.conflicts.add(Conflict(0, old, new, question, "yes", "no", START, "open"))

    def made() -> tuple[int, dict[str, Any]]:
        with statements() as asked:
            report = build_report(store, run, version=2)
        return len(asked), report["conflicts"]

    add("Open on Monday?")
    before, told = made()
    for number in range(5):
        add(f"Open on day {number}?")
    after, more = made()
    assert after == before
    assert (told["count"], more["count"]) == (2, 7)
    assert more["list"] == told["list"] != []
    whole = sided(store, store.conflicts.list())
    assert [(one.conflict.id, one.old, one.new) for one in whole] == [
        (key, (1, "the bakery"), (2, "rabbit")) for key in range(1, 8)
    ]
    with statements() as asked:
        sided(store, store.conflicts.list())
    texts = [one for one in asked if "SELECT sources.id" in one and "WHERE sources.id = ?" in one]
    assert len(texts) < 7, "the text of one note is looked up once"


def test_a_conflict_is_shown_as_it_is_settled_by_now(store: Store, clock: Clock) -> None:
    run = a_night(store, clock)
    store.runs.note(run.id, complete(store, run))
    open_then = render_text(latest_report(store))
    assert "now: “no” (rabbit, since 2031-05-06) (open)" in open_then
    assert "settle one with" in open_then
    store.conflicts.set_state(1, "accepted")
    settled = render_text(whole_report(store, store.runs.get(run.id)))
    assert "(accepted)" in settled
    assert "settle one with" not in settled
    assert store.runs.get(run.id).report["conflicts"]["list"][0]["state"] == "open"
