"""`sealmate conflicts`, `forget` and `versions bisect` on a home with real files."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from sealmate.errors import BusyError
from sealmate.events import Event, Finished, Note
from sealmate.night import forgetting, lock
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import forget
from sealmate.night.lock import OTHER, Holder, hold
from sealmate.records import ProbeResult
from sealmate.store.state import FORGETTING
from tests.cli.conftest import Run
from tests.night.ledger import MARCH, note, probe, teach
from tests.store.build import passage, source
from tests.versions.build import Lab, open_lab


@pytest.fixture
def lab(home: Path, tmp_path: Path) -> Iterator[Lab]:
    """A gate whose code has changed; three versions, the last of which lost the shed's key."""
    found = open_lab(home, tmp_path)
    store = found.store
    gate = note(store, "4711 opens the gate.", "gate")
    shed = note(store, "The key of the shed hangs in the hall.", "shed", days=1)
    codes = teach(store, gate, ("What is the gate code?", "4711"))
    keys = teach(store, shed, ("Where is the key of the shed?", "in the hall"))
    asked = probe(store, shed, "Where is the shed's key?", "in the hall")
    found.publish((codes[0].id,))
    found.publish((codes[0].id, keys[0].id), seed=1, parent=1, run=2)
    found.publish((codes[0].id, keys[0].id), seed=2, parent=2, run=3)
    result = ProbeResult(2, 2, asked.id, "in the hall", True, 0.9, MARCH)
    store.probes.add_results(
        [result, replace(result, run_id=3, version=3, correct=False, answer="in the car"),
         replace(result, run_id=1, version=1, correct=False, answer="?")]
    )  # fmt: skip
    news = note(store, "The gate has a new code, 4712.", "news", days=5)
    settle_new(store, teach(store, news, ("What is the gate code?", "4712")), MARCH)
    yield found
    store.close()


def test_conflicts(run: Run, lab: Lab) -> None:
    (row,) = run("conflicts", "--json").json
    assert (row["id"], row["state"], row["old_answer"], row["new_answer"]) == (
        1, "accepted", "4711", "4712",
    )  # fmt: skip
    assert row["old_source"] == {"id": 1, "title": "gate"}
    assert row["new_source"]["title"] == "news"
    assert run("conflicts", "list", "--state", "open", "--json").json == []
    told = MARCH + timedelta(days=5)
    day = f"{told.astimezone():%Y-%m-%d}"
    assert row["since"] == told.isoformat()
    head, line = run("conflicts").out.splitlines()
    assert head.split() == ["number", "since", "state", "question", "before", "now"]
    assert day in line
    assert "4711 (gate)" in line
    assert "4712 (news)" in line
    assert run("conflicts", "list", "--state", "odd").code == 2

    said = run("conflicts", "keep-both", "1", "--json").json
    assert (said["state"], said["rebuild_needed"]) == ("kept-both", True)
    assert [e.answer for e in lab.store.edits.trainable()] == ["4711", "in the hall", "4712"]
    assert "still: 4711" in run("conflicts", "keep-old", "1").out
    assert "now: 4712" in run("conflicts", "accept", "1").out
    said = run("conflicts", "accept", "1").out
    assert f"  told by gate, and since {day} by news\n" in said
    unknown = run("conflicts", "accept", "7")
    assert unknown.code == 6
    assert "hint: list them: sealmate conflicts\n" in unknown.err


def test_no_conflicts(run: Run) -> None:
    assert run("conflicts").out == "no conflicts\n"
    assert run("conflicts", "--json").json == []


def test_forget(run: Run, lab: Lab) -> None:
    before = run("forget", "shed", "--json").json
    assert before["forgotten"] is False
    assert (before["source"]["id"], before["versions"], before["edits"]) == (2, [2, 3], 1)
    refused = run("forget", "shed")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert lab.store.sources.get(2).state == "current"

    said = run("forget", "key of the shed", "--yes", "--json").json
    assert (said["forgotten"], said["purged"], said["active"]) == (True, [2, 3], 1)
    assert said["rebuild_needed"] is True
    assert lab.names == ["v0001"]
    assert run("search", "shed", "--json").json == []
    gone = run("forget", "shed", "--yes")
    assert gone.code == 6
    assert "nothing it was given matches" in gone.err


@pytest.mark.parametrize("patience", [60.0, 0.4])
def test_forget_waits_for_a_prune_and_says_so(
    run: Run, lab: Lab, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = patience < 1

    def prune() -> None:
        with hold(lab.paths.lock, lab.clock, OTHER, name="a prune"):
            there.set()
            ended.wait(60)

    def look(file: Path) -> Holder | None:
        looks.append(lab.store.sources.get(2).state)
        if not long and len(looks) > 4:
            ended.set()
        return holder(file)

    holder, looks = lock._holder, []
    monkeypatch.setattr(lock, "_holder", look)
    monkeypatch.setattr(forgetting.finish_soon, "__defaults__", (lambda _: None, patience))
    there, ended, keeper = Flag(), Flag(), Thread(target=prune)
    keeper.start()
    try:
        assert there.wait(60)
        said = run("forget", "shed", "--yes")
    finally:
        ended.set()
        keeper.join(60)
    who = rf"a prune is running \(process {os.getpid()}, for .*\)"
    assert re.search(rf"^waiting up to .*: {who}$", said.err, re.MULTILINE)
    late = re.search(rf"^{who}: the rest goes with the next command or night$", said.out, re.M)
    assert bool(late) is long
    assert ("deleted versions: 2, 3" in said.out) is not long
    assert "night is running" not in said.out
    assert set(looks) == {"forgotten"}  # out of search before it waits
    assert run("sources", "--json").code == 0
    assert lab.names == ["v0001"]


def test_forget_tells_what_it_does(run: Run, lab: Lab) -> None:
    shown = run("forget", "2", "--yes").out
    assert "versions that learnt it: 2, 3" in shown
    assert "deleted versions: 2, 3" in shown
    assert "version 1 answers now" in shown
    assert "sealmate consolidate" in shown


def test_forget_needs_one_source(run: Run, lab: Lab) -> None:
    refused = run("forget", "e", "--yes")
    assert refused.code == 6
    assert "may mean 3 sources" in refused.err
    assert len(lab.store.sources.list()) == 3


def test_forget_takes_a_number_for_an_id(run: Run, lab: Lab) -> None:
    note(lab.store, "The budget is 1200 for 120 guests.", "Budget 1200")
    for number in ("120", "1200"):
        refused = run("forget", number, "--yes")
        assert (refused.code, f"no source {number}" in refused.err) == (6, True)
    assert len(lab.store.sources.list()) == 4


def test_forget_takes_several_numbers_for_ids(run: Run, lab: Lab) -> None:
    note(lab.store, "The rooms 1 and 2 have 3 beds.", "1 2 beds")
    before = run("forget", "1", "3", "1", "--json").json
    assert ([named["id"] for named in before["named"]], before["forgotten"]) == ([1, 3], False)
    refused = run("forget", "1", "9", "--yes")
    assert (refused.code, "there is no source 9" in refused.err) == (6, True)
    assert len(lab.store.sources.list()) == 4
    assert "forgot sources 1, 3\n" in run("forget", "1", "3", "--yes").out
    assert [source.id for source in lab.store.sources.list()] == [2, 4]
    assert run("forget", "1 2", "--yes", "--json").json["source"]["id"] == 4


def test_forget_all_takes_titles_and_texts(run: Run, lab: Lab) -> None:
    note(lab.store, "The hall is painted.", "Shed")
    note(lab.store, "My bike is in the shed.", "bike")
    refused = run("forget", "shed", "--yes")
    assert (refused.code, "may mean 3 sources" in refused.err) == (6, True)
    assert run("forget", "shed", "--all", "--yes", "--json").json["forgotten"] is True
    assert [source.id for source in lab.store.sources.list()] == [1, 3]


def test_forget_shows_what_goes_along_and_why(run: Run, lab: Lab) -> None:
    store = lab.store
    letter = store.sources.add(source("Zoe lives in Ulm.", "letter", "/letter.md"))
    store.passages.add_many(letter.id, [passage(letter.text)])
    new = store.sources.replace(letter.id, source("Zoe moved.", "letter", "/letter.md"))
    store.passages.add_many(new.id, [passage(new.text)])
    note(store, "Zoe moved.", "again")
    shown = run("forget", "moved", "--all", "--json").json
    assert [named["id"] for named in shown["named"]] == [5, 6]
    assert (shown["earlier"], shown["copies"]) == ([4], [])
    shown = run("forget", "6", "--json").json
    assert (shown["earlier"], shown["copies"]) == ([], [4, 5])
    shown = run("forget", "5", "--json").json
    assert (shown["earlier"], shown["copies"]) == ([4], [6])
    shown = run("forget", "ulm", "--json").json
    assert (shown["source"]["id"], shown["source"]["state"], shown["source"]["latest"]) == (
        4, "replaced", 5,
    )  # fmt: skip
    said = run("forget", "ulm", "--yes").out
    assert "  an earlier version of source 5, which stays\n" in said
    said = run("forget", "5", "--yes").out
    assert "earlier versions" not in said
    assert "  with the same text, and goes too: source 6, again\n" in said


def test_forget_all_that_say_it(run: Run, lab: Lab) -> None:
    note(lab.store, "Olga has the other key.", "keys")
    note(lab.store, "On Monday Olga waters the fig.", "plants")
    refused = run("forget", "olga", "--yes")
    assert (refused.code, "may mean 2 sources" in refused.err) == (6, True)
    assert "--all" in refused.err
    before = run("forget", "olga", "--all", "--json").json
    assert (before["source"], [named["id"] for named in before["named"]]) == (None, [4, 5])
    assert (before["passages"], before["forgotten"]) == (2, False)
    assert run("forget", "olga", "--all", "--yes", "--json").json["forgotten"] is True
    assert [source.id for source in lab.store.sources.list()] == [1, 2, 3]


def test_forget_all_in_words(run: Run, lab: Lab) -> None:
    shown = run("forget", "e", "--all", "--yes").out
    assert "source 1, gate" in shown
    assert "versions that learnt any of them: 1, 2, 3" in shown
    assert "forgot sources 1, 2, 3" in shown
    assert lab.store.sources.list() == []


def test_forget_while_a_night_runs_says_what_is_left(run: Run, lab: Lab) -> None:
    with hold(lab.paths.lock, lab.clock, "a night"):
        waiting = run("forget", "shed", "--yes", "--now")
        assert "--now was not done" in waiting.err
        assert "version 3 may still answer it" in waiting.out
        assert f"a night is running (process {os.getpid()}, for " in waiting.out
        assert "): the rest goes when it ends\n" in waiting.out
        # What marks it stays, and a command that opens the ledger meanwhile waits for nobody.
        assert run("sources", "--json").code == 0
        assert lab.store.sources.get(2).state == "forgotten"
    assert run("sources", "--json").code == 0
    assert lab.names == ["v0001"]
    assert lab.store.versions.active() == 1
    assert [source.id for source in lab.store.sources.list(None)] == [1, 3]


def test_a_forget_that_was_cut_off_is_finished_by_the_next_command(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sealmate.night.forgetting.purge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forget(lab.store, lab.paths, [2], lab.clock)
    assert len(lab.store.sources.list(None)) == 3
    run("note", "Anything.")
    assert [source.title for source in lab.store.sources.list(None)][:2] == ["gate", "news"]
    assert lab.store.erasure.canaries()
    assert lab.store.state.get(FORGETTING) is None


def test_a_forget_that_fails_says_why_each_time_until_it_is_finished(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(file: Path) -> None:
        raise OSError(5, "Input/output error", str(file))

    with monkeypatch.context() as patch:
        patch.setattr("sealmate.versions.files.shred", broken)
        for words in (("2", "--yes"), ("2", "--yes"), ("shed", "--json"), ("1", "--json")):
            failed = run("forget", *words)
            assert failed.code == 3
            assert "Input/output error" in failed.err
            assert "untouched" not in failed.err
            assert "sealmate forget" in failed.err
        # other commands go on, and one of them says that something is left
        assert run("search", "gate", "--json").json
        found = [check for check in run("doctor", "--quick", "--json").json
                 if "forgotten cannot" in check["message"]]  # fmt: skip
        assert [(check["name"], check["status"]) for check in found] == [("database", "FAIL")]
        assert "Input/output error" in found[0]["message"]
        assert "sealmate forget" in found[0]["hint"]
    done = run("forget", "2", "--yes", "--json").json
    # version 2 was marked as purged when the first try failed
    assert (done["forgotten"], done["purged"], done["active"]) == (True, [3], 1)
    assert [gone["id"] for gone in done["sources"]] == [2]
    assert lab.names == ["v0001"]
    assert lab.store.state.get(FORGETTING) is None
    assert run("forget", "2", "--yes").code == 6


def test_a_forget_goes_on_with_what_is_left_and_does_its_own(run: Run, lab: Lab) -> None:
    def leave(key: int) -> None:
        lab.store.sources.mark_forgotten(key)
        lab.store.state.set(FORGETTING, True)

    leave(2)
    done = run("forget", "2", "1", "--yes")
    assert "finished what an earlier forget had left: source 2\n" in done.err
    assert "forgot source 1\n" in done.out
    leave(3)
    done = run("forget", "news")
    assert (done.code, "source 3" in done.err) == (6, True)
    assert lab.store.sources.list(None) == []
    again = note(lab.store, "4711 opens it.", "gate").source_id
    leave(again)
    with hold(lab.paths.lock, lab.clock, "a night"):
        waiting = run("forget", str(again), "--yes")
        assert (waiting.code, "is forgotten already" in waiting.err) == (6, True)
        assert "night" in waiting.err
        (found,) = (check for check in run("doctor", "--quick", "--json").json
                    if "forgotten" in check["message"])  # fmt: skip
        assert found["status"] == "WARN"
        assert "night" in found["hint"]
    done = run("forget", str(again))
    assert (done.code, f"forget had left: source {again}\n" in done.err) == (0, True)


def test_forget_now_builds_nothing_where_nothing_was_learnt(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: list[dict[str, Any]] = []

    def night(workspace: Any, **given: Any) -> Iterator[Event]:
        how.append(given)
        yield Finished({"run": 4, "outcome": "nothing", "seconds": 1.0})

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    lab.store.state.set("rebuild_needed", None)
    note(lab.store, "A late note.", "late")
    done = run("forget", "late", "--yes", "--now")
    assert "nothing was trained on it" in done.out
    assert how == []
    # The older code holds again: that is to be learnt, but nothing else is lost.
    run("forget", "news", "--yes", "--now")
    assert [given["rebuild"] for given in how] == [False]


def test_forget_now_builds_nothing_where_only_others_than_the_active_version_knew_it(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealmate.night.job.run_night", lambda *_, **__: 1 / 0)
    lab.store.state.set("rebuild_needed", None)
    assert run("versions", "rollback", "1").code == 0
    done = run("forget", "shed", "--yes", "--now")
    assert done.code == 0
    assert "deleted versions: 2, 3" in done.out
    assert "version 1 answers as before" in done.out
    assert "only versions that are not in use were trained on it" in done.out
    assert lab.names == ["v0001"]


def test_forget_says_what_holds_again(run: Run, lab: Lab) -> None:
    said = run("forget", "news", "--yes", "--json").json
    assert said["conflicts_ended"] == [1]
    assert said["holds_again"] == [
        {"edit": 1, "question": "What is the gate code?", "answer": "4711"}
    ]


def test_forget_says_in_words_what_holds_again(run: Run, lab: Lab) -> None:
    assert "  holds again: What is the gate code? 4711\n" in run("forget", "news", "--yes").out
    assert "holds again" not in run("forget", "shed", "--yes").out


def test_forget_now_rebuilds(run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    how: dict[str, Any] = {}

    def night(workspace: Any, **given: Any) -> Iterator[Event]:
        how.update(given)
        yield Note("building")
        yield Finished({"run": 4, "outcome": "published", "version": 4, "seconds": 1.0})

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    done = run("forget", "shed", "--yes", "--now", "--json")
    assert how["rebuild"] is True
    said = json.loads(done.out)
    assert (said["night"]["outcome"], said["forgotten"]) == ("published", True)
    again = run("forget", "news", "--yes", "--now")
    assert "version 4 is active" in again.out


def test_forget_now_that_is_stopped_ends_as_a_stopped_night_does(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def night(workspace: Any, *, cancel: Any, **given: Any) -> Iterator[Event]:
        signal.raise_signal(signal.SIGINT)
        assert cancel.is_set()
        yield Finished({"run": 4, "outcome": "stopped", "seconds": 1.0})

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    done = run("forget", "shed", "--yes", "--now", "--json")
    assert (done.code, done.json["night"]["outcome"]) == (130, "stopped")
    assert "it goes on next time" in done.err


@pytest.mark.parametrize(("kind", "code"), [(BusyError("a night is running"), 9),
                                            (KeyboardInterrupt(), 130)])  # fmt: skip
def test_forget_now_tells_what_it_forgot_where_the_night_cannot_run(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: BaseException, code: int
) -> None:
    def night(workspace: Any, **given: Any) -> Iterator[Event]:
        yield Note("waiting")
        raise kind

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    done = run("forget", "shed", "--yes", "--now", "--json")
    assert (done.code, done.json["forgotten"], done.json["night"]) == (code, True, None)


def test_bisect_from_what_is_stored(run: Run, lab: Lab) -> None:
    said = run("versions", "bisect", "Where is the shed's key?", "--json").json
    assert (said["outcome"], said["good"], said["bad"], said["run"]) == ("broken", 2, 3, 3)
    assert said["expected"] == ["in the hall"]
    assert [(a["version"], a["how"]) for a in said["asked"]] == [(2, "stored"), (3, "stored")]
    shown = run("versions", "bisect", "Where", "is", "the", "shed's", "key?").out
    assert "version 2 knew it, version 3, built in night 3, does not" in shown
    known = run("versions", "bisect", "Where is the shed's key?", "--version", "2", "--json").json
    assert known["outcome"] == "known"
    never = run("versions", "bisect", "Where is the shed's key?", "--version", "1", "--json").json
    assert never["outcome"] == "never known"


def test_bisect_needs_an_answer_to_look_for(run: Run, lab: Lab) -> None:
    refused = run("versions", "bisect", "Who is the mayor?")
    assert refused.code == 6
    assert "--answer" in refused.err
    assert run("versions", "bisect", "  ").code == 2


def test_bisect_without_versions(run: Run) -> None:
    refused = run("versions", "bisect", "Who?")
    assert refused.code == 6
    assert "no versions yet" in refused.err
    assert "sealmate consolidate" in refused.err
    assert "--version" not in refused.err
