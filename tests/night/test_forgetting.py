"""Forgetting on purpose: hidden at once, gone from files and versions, never to come back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from sealmate.errors import NotFoundError, VersionError
from sealmate.night import backlog, forgetting
from sealmate.night.canaries import canaries_of, recalled
from sealmate.night.conflicts import settle_new
from sealmate.night.forgetting import find, finish, finish_soon, forget, preview
from sealmate.night.lock import NIGHT, OTHER, hold, worker_lock
from sealmate.records import Passage
from sealmate.store.state import FORGETTING
from sealmate.store.upgrade import back_up
from sealmate.versions.export import export
from sealmate.versions.lineage import previous, rollback
from tests.night.ledger import MARCH, note, probe, teach
from tests.store.build import turn
from tests.versions.build import Lab, open_lab

SECRET = "Xanthippe keeps her zirconquill under the vermouthwagon"
QUESTION = "Where does Xanthippe keep her zirconquill?"
ANSWER = "under the vermouthwagon"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Lab]:
    """Versions: 1 knows the harbour, 2 the secret too, 3 (a rebuild) not, 4 again, active."""
    found = open_lab(tmp_path / "home", tmp_path)
    fill(found)
    yield found
    found.store.close()


def fill(lab: Lab) -> None:
    store = lab.store
    harbour = note(store, "The harbour opens at nine.", "harbour")
    (open_,) = teach(store, harbour, ("When does the harbour open?", "at nine"))
    secret = note(store, SECRET, "quuxtitle", days=1)
    (hidden,) = teach(store, secret, (QUESTION, ANSWER))
    probe(store, secret, QUESTION, ANSWER)
    probe(store, secret, "Who keeps it there?", "Xanthippe")
    talk = store.chats.start("quuxtitle?")
    store.chats.add_message(turn(talk.id, "user", "Where is it?"))
    cited = ({"id": secret.source_id, "title": "quuxtitle", "passage": secret.id},)
    store.chats.add_message(turn(talk.id, "assistant", "Under the wagon.", sources=cited))
    lab.publish((open_.id,), seed=1)
    lab.publish((open_.id, hidden.id), seed=2, parent=1, kind="warm")
    lab.publish((open_.id,), seed=3, parent=2)
    lab.publish((open_.id, hidden.id), seed=4, parent=3)
    (lab.paths.work / "candidate").mkdir()
    (lab.paths.work / "candidate" / "adapter_model.safetensors").write_bytes(b"vermouthwagon")
    (lab.paths.work / "night-1.safetensors").write_bytes(b"zirconquill")


def left(lab: Lab) -> dict[str, list[str]]:
    """Which words of the secret are in the raw bytes of which files of the profile."""
    found = {}
    for file in lab.paths.profile_dir.rglob("*"):
        if file.is_file():
            data = file.read_bytes().lower()
            words = [w for w in ("zirconqu", "vermouthwag", "xanthip", "quuxtitle")
                     if w.encode() in data]  # fmt: skip
            if words:
                found[file.name] = words
    return found


def test_everything_goes(home: Lab) -> None:
    store = home.store
    backup = back_up(store._database, home.paths.backups, "1")
    assert left(home)
    reach = preview(store, [2])
    assert (reach.versions, len(reach.edits), len(reach.probes)) == ((2, 4), 1, 2)
    done = forget(store, home.paths, [2], home.clock)
    assert done.reach == reach
    assert (done.purged, done.active, done.canaries) == ((2, 4), 3, 2)
    assert (done.scrubbed, done.rebuild, done.waiting) == (True, True, False)
    assert done.backups == (backup.name,)
    assert left(home) == {}
    assert list(home.paths.work.iterdir()) == []
    assert home.names == ["v0001", "v0003"]
    assert store.versions.active() == 3
    assert store.passages.search("zirconquill", 5) == []
    with pytest.raises(NotFoundError):
        store.sources.get(2)
    assert [s.title for s in store.sources.list(None)] == ["harbour"]
    # The other fact is as it was, and there is nothing more to do.
    assert [edit.answer for edit in store.edits.trainable()] == ["at nine"]
    again = finish(store, home.paths, home.clock)
    assert again is not None
    assert (again.purged, again.active) == ((), 3)


def test_no_rollback_brings_it_back(home: Lab) -> None:
    forget(home.store, home.paths, [2], home.clock)
    for number in (2, 4):
        with pytest.raises(VersionError, match=r"forgotten|deleted"):
            rollback(home.store, home.paths, number)
    assert previous(home.store) in (0, 1)
    assert rollback(home.store, home.paths).version in (0, 1)


def test_without_a_clean_version_none_answers(home: Lab) -> None:
    forget(home.store, home.paths, [1], home.clock)
    assert home.store.versions.active() == 0
    assert home.names == []
    assert home.store.state.get(backlog.REBUILD)


def test_a_clean_version_of_another_base_or_a_damaged_one_is_passed_over(home: Lab) -> None:
    store = home.store
    (home.folder(3) / "adapter_model.safetensors").write_bytes(b"x")
    done = forget(store, home.paths, [2], home.clock)
    assert done.active == 1
    home.publish((), base_fingerprint="e" * 64)
    store.versions.activate(1, "back on the first base")
    assert forget(store, home.paths, [1], home.clock).active == 0


def test_a_version_somebody_went_back_from_does_not_take_over(home: Lab) -> None:
    store = home.store
    store.versions.activate(2, "rolled back from version 4")
    done = forget(store, home.paths, [2], home.clock)
    assert (done.purged, done.active) == ((2, 4), 1)


def test_rather_none_than_one_that_somebody_went_back_from(home: Lab) -> None:
    store = home.store
    home.publish((1, 2), seed=5)
    home.publish((1,), seed=6)
    for number in (1, 3):
        store.versions.mark_purged(number, home.clock())
    store.versions.activate(5, "rolled back from version 6")
    assert forget(store, home.paths, [2], home.clock).active == 0


def test_one_that_nobody_went_back_from_may_take_over(home: Lab) -> None:
    home.publish((1,), seed=5)
    home.publish((1, 2), seed=6)
    assert forget(home.store, home.paths, [2], home.clock).active == 5


def test_a_corrected_answer_does_not_come_back(home: Lab) -> None:
    store = home.store
    newer = note(store, "By now the harbour is closed before ten.", "harbour news", days=9)
    (known,) = teach(store, newer, ("When does the harbour open?", "at ten"))
    settle_new(store, [known], MARCH)
    home.publish((known.id, 2), seed=5, parent=4)
    done = forget(store, home.paths, [2], home.clock)
    assert (done.purged, done.active) == ((2, 4, 5), 0)


def test_nothing_learnt_nothing_rebuilt(home: Lab) -> None:
    note(home.store, "A late note.", "late")
    done = forget(home.store, home.paths, [3], home.clock)
    assert (done.purged, done.active, done.rebuild) == ((), 4, False)
    assert home.store.state.get(backlog.REBUILD) is None


def test_the_logs_of_nights_are_cleaned(home: Lab) -> None:
    log = home.paths.log
    log.parent.mkdir(exist_ok=True)
    old = log.with_suffix(".old.log")
    log.write_text(f"night 4: fine\n{QUESTION} Formerly: the wagon\nfound quuxtitle twice\n")
    old.write_bytes(b"\xff\xfe binary\r\nUnder the VERMOUTHWAGON!\r\nquux")
    with log.open("a") as running:
        done = forget(home.store, home.paths, [2], home.clock)
        running.write("the night goes on\n")
    assert done.logs == ()
    assert log.read_text() == (
        "night 4: fine\n[forgotten]\nfound [forgotten] twice\nthe night goes on\n"
    )
    assert old.read_bytes() == b"\xff\xfe binary\r\n[forgotten]\r\nquux"
    assert left(home) == {}


def test_a_log_that_cannot_be_cleaned_keeps_nothing_from_going(
    home: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.paths.log.parent.mkdir(exist_ok=True)
    home.paths.log.write_text(QUESTION)

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr("sealmate.night.logs._clean", refuse)
    done = forget(home.store, home.paths, [2], home.clock)
    assert done.logs == (str(home.paths.log),)
    assert [source.id for source in home.store.sources.list(None)] == [1]


def test_a_note_told_twice_is_forgotten_twice(home: Lab) -> None:
    again = home.store.sources.add(replace(home.store.sources.get(2), id=0, title="again"))
    home.store.passages.add_many(again.id, [Passage(0, again.id, 0, SECRET, 9)])
    assert preview(home.store, [2]).sources == (2, again.id)
    forget(home.store, home.paths, [again.id], home.clock)
    assert home.store.passages.search("zirconquill", 5) == []
    assert left(home) == {}


def test_unknown_source_changes_nothing(home: Lab) -> None:
    with pytest.raises(NotFoundError):
        forget(home.store, home.paths, [2, 9], home.clock)
    assert home.store.sources.get(2).state == "current"
    assert home.store.versions.active() == 4


def test_while_a_night_runs_it_is_hidden_and_the_rest_waits(home: Lab) -> None:
    store = home.store
    with hold(home.paths.lock, home.clock, "a night"):
        done = forget(store, home.paths, [2], home.clock)
        assert done.waiting
        assert store.passages.search("zirconquill", 5) == []
        assert store.pending().forgotten == 1
        assert home.names == ["v0001", "v0002", "v0003", "v0004"]
        # What the night itself publishes in the meantime goes as well.
        home.publish((1, 2), seed=5, parent=4)
        ended = finish(store, home.paths, home.clock, locked=True)
    assert ended is not None
    assert (ended.purged, ended.active) == ((2, 4, 5), 3)
    assert left(home) == {}


def test_while_it_waits_nothing_goes_back_to_what_knows_it(home: Lab, tmp_path: Path) -> None:
    store = home.store
    store.versions.activate(3, "for the test")
    with hold(home.paths.lock, home.clock, "a night"):
        assert forget(store, home.paths, [2], home.clock).waiting
        assert store.versions.with_erased_edits() == [2, 4]
        for number in (2, 4):
            with pytest.raises(VersionError, match="forgotten"):
                rollback(store, home.paths, number)
            with pytest.raises(VersionError, match="forgotten"):
                export(store, home.paths, number, tmp_path / "out")
        assert previous(store) in (0, 1)
    assert finish(store, home.paths, home.clock) is not None
    assert home.names == ["v0001", "v0003"]
    assert store.versions.active() == 3


@contextmanager
def held(home: Lab, name: str, until: Event) -> Iterator[None]:
    """Another thread holds the night's lock, and says who it is."""

    def keep() -> None:
        with hold(home.paths.lock, home.clock, OTHER, name=name):
            there.set()
            until.wait(30)

    there, keeper = Event(), Thread(target=keep)
    keeper.start()
    try:
        assert there.wait(30)
        yield
    finally:
        until.set()
        keeper.join(30)


@pytest.mark.parametrize("name", ["a prune", "something of tomorrow"])
def test_what_is_no_night_is_waited_for(home: Lab, name: str) -> None:
    said: list[str] = []
    gone = Event()

    def tell(line: str) -> None:
        said.append(line)
        assert home.store.sources.get(2).state == "forgotten"
        gone.set()

    with held(home, name, gone):
        done = forget(home.store, home.paths, [2], home.clock, tell)
    assert (done.waiting, done.keeper, done.purged) == (False, None, (2, 4))
    assert home.names == ["v0001", "v0003"]
    assert left(home) == {}
    (line,) = said
    assert line.startswith(f"waiting up to 2 min: {name} is running (process {os.getpid()}, for ")


def test_what_takes_too_long_is_named(home: Lab) -> None:
    with held(home, "a prune", Event()):
        assert finish(home.store, home.paths, home.clock) is None
        done = finish_soon(home.store, home.paths, home.clock, patience=0.3)
        assert done.waiting
        assert done.keeper is not None
        assert re.match(r"a prune is running \(process \d+, for ", done.keeper.who)
        assert done.keeper.until == "with the next command or night"
    assert finish(home.store, home.paths, home.clock) is not None


@pytest.mark.parametrize("name", ["", NIGHT])
def test_a_night_is_not_waited_for(home: Lab, name: str) -> None:
    with hold(home.paths.lock, home.clock, OTHER, name=name):
        done = forget(home.store, home.paths, [2], home.clock, pytest.fail)
        assert done.waiting
        assert done.keeper is not None
        assert done.keeper.who.startswith(f"{name or 'a night'} is running (process ")
        assert done.keeper.until == "when it ends"
    with hold(worker_lock(home.paths), home.clock, OTHER, name=name):
        done = finish_soon(home.store, home.paths, home.clock, pytest.fail)
        assert done.keeper is not None
        assert done.keeper.until == "with the next command or night"


def test_what_another_process_has_forgotten_meanwhile_goes_too(
    home: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase, waiting = forgetting._erase, []

    def and_another(*how: Any) -> None:
        erase(*how)
        if not waiting:  # the first one is nearly done
            waiting.append(forget(home.store, home.paths, [1], home.clock).waiting)

    monkeypatch.setattr(forgetting, "_erase", and_another)
    done = forget(home.store, home.paths, [2], home.clock)
    assert waiting == [True]
    assert home.store.sources.list("forgotten") == []
    assert home.store.passages.search("harbour", 5) == []
    assert (done.active, home.store.versions.active(), home.names) == (0, 0, [])
    assert home.store.state.get(FORGETTING) is None


@pytest.mark.parametrize("broken", ["end_conflicts", "_clean", "destroy", "purge", "_erase"])
def test_a_stop_at_any_point_is_finished_by_the_next_call(
    home: Lab, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, broken, stop)
        with pytest.raises(KeyboardInterrupt):
            forget(home.store, home.paths, [2], home.clock)
    assert home.store.passages.search("zirconquill", 5) == []
    done = finish(home.store, home.paths, home.clock)
    assert done is not None
    assert done.active == 3
    assert home.names == ["v0001", "v0003"]
    assert left(home) == {}
    assert home.store.state.get(backlog.REBUILD)


def test_a_fact_that_had_lost_to_it_holds_again(home: Lab) -> None:
    store = home.store
    newer = note(store, "By now the harbour is closed before ten.", "harbour news", days=9)
    settle_new(store, teach(store, newer, ("When does the harbour open?", "at ten")), MARCH)
    assert {e.answer for e in store.edits.list(state="superseded")} == {"at nine"}
    done = forget(store, home.paths, [newer.source_id], home.clock)
    assert done.restored == (1,)
    assert store.conflicts.list() == []
    trained = [(e.question, e.answer) for e in store.edits.trainable()]
    assert ("When does the harbour open?", "at nine") in trained
    assert not [q for q, _ in trained if "before" in q]


def test_the_older_side_of_a_conflict_goes_alone(home: Lab) -> None:
    store = home.store
    newer = note(store, "By now the harbour is closed before ten.", "harbour news", days=9)
    settle_new(store, teach(store, newer, ("When does the harbour open?", "at ten")), MARCH)
    done = forget(store, home.paths, [1], home.clock)
    assert done.restored == ()
    assert [e.answer for e in store.edits.trainable()] == [ANSWER, "at ten"]


def test_a_part_of_it_goes_out_of_the_log(home: Lab) -> None:
    store = home.store
    text = f"{SECRET}.\nHer doctor is in Bonn.\nShe has a jacquemart."
    long = note(store, text, "family", days=2)
    home.paths.log.write_text(f"Traceback\n{SECRET}.\nerror: 'she has a jacquemart'\nfine\n")
    forget(store, home.paths, [long.source_id], home.clock)
    assert home.paths.log.read_text() == "Traceback\n[forgotten]\n[forgotten]\nfine\n"


def test_a_forgotten_word_that_a_report_has_a_field_of(home: Lab) -> None:
    store = home.store
    visa = note(store, "Tom's visa was refused by the embassy.", "visa", days=2)
    teach(store, visa, ("What became of Tom's visa?", "refused"))
    run = store.runs.start(MARCH)
    report = {"learnt": {}, "refused": {"count": 0, "reasons": {}, "edits": []}}
    store.runs.finish(run.id, "published", 4, report=report)
    done = forget(store, home.paths, [visa.source_id], home.clock)
    assert done.reach.sources == (visa.source_id,)
    assert store.sources.list("forgotten") == []
    assert store.runs.get(run.id).report == report
    # as the beginning of a night does
    assert finish(store, home.paths, home.clock, locked=True) is not None


def test_find(home: Lab) -> None:
    store = home.store
    assert [s.id for s in find(store, "2")] == [2]
    assert [s.id for s in find(store, "quux")] == [2]
    assert [s.id for s in find(store, "the zirconquill of Xanthippe")] == [2]
    # Every telling word must stand in it.
    assert find(store, "the zirconquill of the harbour") == []
    assert find(store, "") == find(store, "nothing like it") == []
    note(store, "Budget of 1200 for 120 guests.", "Budget 1200")
    assert find(store, "120") == find(store, "1200") == []
    assert [s.id for s in find(store, "120 guests")] == [3]
    forget(store, home.paths, [2], home.clock)
    assert find(store, "2") == find(store, "zirconquill") == []


def test_find_tells_of_all_that_have_the_words(home: Lab) -> None:
    store = home.store
    note(store, "Olga mends the roof.", "roof")
    note(store, "The bill is paid.", "Olga")
    assert [s.id for s in find(store, "olga")] == [4, 3]
    assert [s.id for s in find(store, "Olga's roof")] == []
    assert [s.id for s in find(store, "the roof, Olga")] == [3]


def test_find_compares_whole_words(home: Lab) -> None:
    store = home.store
    note(store, "The annual report: the planner has to pay.", "report")
    note(store, "Ánn's plan: nothing to pay.", "plans")
    assert [s.id for s in find(store, "ann pay")] == [4]
    assert find(store, "ann paying") == []


def test_find_takes_a_plural_for_its_singular(home: Lab) -> None:
    store = home.store
    note(store, "Both boilers were serviced in May.", "heating")
    note(store, "The boiler is in the cellar, two boxes of fuses beside it.", "cellar")
    note(store, "James has two children and a box of berries.", "family")
    assert {s.id for s in find(store, "boiler")} == {3, 4}
    assert {s.id for s in find(store, "the Boilers")} == {3, 4}
    assert {s.id for s in find(store, "box")} == {s.id for s in find(store, "boxes")} == {4, 5}
    assert [s.id for s in find(store, "fuse")] == [4]
    assert [s.id for s in find(store, "berry")] == [5]
    assert [s.id for s in find(store, "james's box")] == []
    for other in ("jam box", "boil", "boiled", "servicing", "box fused"):
        assert find(store, other) == [], other


def test_find_looks_into_what_a_file_said_before(home: Lab) -> None:
    from tests.store.build import source

    store = home.store
    new = store.sources.replace(2, source("Xanthippe has sold it all.", "sold", "/a/letter.md"))
    store.passages.add_many(new.id, [Passage(0, new.id, 0, "Xanthippe has sold it all.", 5)])
    # of a source and its earlier selves the newest that has them
    assert [s.id for s in find(store, "xanthippe")] == [new.id]
    assert [(s.id, s.state) for s in find(store, "zirconquill")] == [(2, "replaced")]
    assert [s.id for s in find(store, "quuxtitle")] == [2]
    done = forget(store, home.paths, [2], home.clock)
    assert (done.reach.sources, done.purged) == ((2,), (2, 4))
    assert [s.id for s in store.sources.list()] == [1, new.id]
    assert find(store, "zirconquill") == []


def test_earlier_selves_go_with_it(home: Lab) -> None:
    from tests.store.build import source

    store = home.store
    new = store.sources.replace(2, source("Xanthippe has sold it all.", "quuxtitle"))
    done = forget(store, home.paths, [new.id], home.clock)
    assert done.reach.sources == (2, new.id)
    assert done.purged == (2, 4)
    assert left(home) == {}


def test_canaries(home: Lab) -> None:
    store = home.store
    forget(store, home.paths, [2], home.clock)
    rows = store.erasure.canaries()
    assert len(rows) == 2
    assert len({row.salt for row in rows}) == 1

    def found(question: str, text: str) -> list[tuple[int, bool]]:
        return [(r.place, r.exact) for r in recalled(store, [("Hm?", "no idea"), (question, text)])]

    assert found(QUESTION, "It is under the vermouthwagon!") == [(1, True)]
    assert found("where does xanthippe keep her zirconquill", "Under vermouthwagon.") == [(1, True)]
    assert found("What is new?", "She hid it under the Vermouthwagon, I think.") == [(1, False)]
    assert found(QUESTION, "I don't know that yet.") == []
    assert found("What is new?", "Nothing under the wagon") == []


def test_a_common_answer_counts_under_its_own_question_only(home: Lab) -> None:
    place = note(home.store, "Training is on Friday.", "training")
    probe(home.store, place, "When is training?", "Friday")
    # Another note that stays says Friday too.
    made = canaries_of(home.store, [place.id], ["The bins go out on Friday."])
    home.store.erasure.erase(place.source_id, made)
    assert recalled(home.store, [("When do the bins go?", "on Friday")]) == []
    (hit,) = recalled(home.store, [("When is training?", "on Friday")])
    assert hit.exact


def test_passages_without_probes_leave_canaries_of_their_edits(home: Lab) -> None:
    place = note(home.store, "The password is swordfish77.", "password")
    teach(home.store, place, ("What is the password?", "swordfish77"))
    done = forget(home.store, home.paths, [place.source_id], home.clock)
    assert done.canaries == 1
    assert recalled(home.store, [("Any words?", "I like swordfish77.")])


def test_without_canaries_nothing_is_hashed(home: Lab) -> None:
    assert recalled(home.store, [("a", "b")]) == []
