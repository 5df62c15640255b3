"""Forgetting: no byte of the text is left in the database, its log or its copies."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealmate.errors import NotFoundError, StoreError
from sealmate.records import Conflict, Reach
from sealmate.store import Store
from sealmate.store.erasure import SCRUB
from sealmate.store.upgrade import back_up
from tests.store.build import (
    START,
    Clock,
    edit,
    ingest,
    opened,
    passage,
    probe,
    result,
    source,
    turn,
    version,
)

# Words that occur nowhere else; the porter stemmer leaves their beginnings alone.
OLD = "Xanthippe hides her zirconquill under the vermouthwagon"
NEW = "Xanthippe hides her obsidianfig under the vermouthwagon"
SECRETS = ("zirconqu", "obsidianf", "vermouthwag", "xanthip", "quuxtitle", "quuxpath")
QUESTION = "Where does Xanthippe hide it?"


def leftovers(home: Path) -> dict[str, list[str]]:
    """Which secrets are in the raw bytes of which files below `home`."""
    found = {}
    for file in home.rglob("*"):
        if file.is_file():
            data = file.read_bytes().lower()
            left = [secret for secret in SECRETS if secret.encode() in data]
            if left:
                found[file.name] = left
    return found


def fill(store: Store) -> dict[str, Any]:
    """A ledger where one secret source has left its traces everywhere, beside a harmless one."""
    other = ingest(store, "The harbour opens at nine", "harbour")
    old = ingest(store, OLD, "quuxtitle", "/quuxpath.md")
    new = store.sources.replace(old.source_id, source(NEW, "quuxtitle", "/quuxpath.md"))
    place = store.passages.add_many(new.id, [passage(NEW, heading="Quuxtitle > vermouthwagon")])[0]
    edits = store.edits.add_many(
        [
            edit(old.id, QUESTION, "zirconquill"),
            edit(place.id, QUESTION, "obsidianfig"),
            edit(other.id, "When does it open?", "at ten"),
        ]
    )
    store.edits.amend(edits[1].id, actor="me", answer="an obsidianfig")
    store.edits.supersede(edits[2].id, edits[1].id, "r", START)
    store.conflicts.add(
        Conflict(0, edits[0].id, edits[1].id, QUESTION, "zirconquill", "obsidianfig", START)
    )
    asked, kept = store.probes.add_many(
        [probe(place.id, QUESTION, "obsidianfig"), probe(other.id, "When?", "nine")]
    )
    store.probes.add_results([result(asked.id), result(kept.id)])
    store.versions.add(version(1), [edits[2].id])
    store.versions.add(version(2), [e.id for e in edits])
    run = store.runs.start(START)
    store.runs.finish(
        run.id,
        "published",
        2,
        "learnt quuxtitle, and more",
        {
            "probes": [
                {"probe_id": asked.id, "said": "The obsidianfig!", "right": True},
                {"question": QUESTION, "said": "zirconquill", "right": False},
                {"question": "When?", "said": "nine", "right": True},
            ],
            "titles": ["quuxtitle", "harbour"],
            "count": 3,
        },
    )
    talk = store.chats.start(f"{QUESTION} (xanthippe)")
    cited = ({"id": new.id, "title": "quuxtitle", "passage": place.id},)
    turns = [
        turn(talk.id, "user", "When does the harbour open?"),
        turn(talk.id, "assistant", "At nine."),
        turn(talk.id, "user", "Where is xanthippe's thing?"),
        turn(talk.id, "assistant", "Under the vermouthwagon.", sources=cited),
        turn(talk.id, "user", f"So it is true that {NEW.lower()}?"),
        turn(talk.id, "assistant", "Yes."),
    ]
    ids = [store.chats.add_message(each).id for each in turns]
    lonely = store.chats.start("xanthippe")
    more = [
        turn(lonely.id, "user", "Tell me of xanthippe"),
        turn(lonely.id, "assistant", "Her obsidianfig is hidden.", sources=cited),
    ]
    ids += [store.chats.add_message(each).id for each in more]
    store.state.set("rebuild_needed", {"because": "quuxtitle", "source_id": new.id})
    return {
        "other": other, "old": old, "new": new, "place": place, "edits": edits, "asked": asked,
        "kept": kept, "run": run, "talk": talk, "lonely": lonely, "messages": ids,
    }  # fmt: skip


def test_preview_names_all_and_changes_nothing(store: Store) -> None:
    made = fill(store)
    edits, messages = made["edits"], made["messages"]
    reach = store.erasure.preview(made["new"].id)
    assert reach == Reach(
        sources=(made["new"].id, made["old"].source_id),
        passages=(made["old"].id, made["place"].id),
        edits=(edits[0].id, edits[1].id),
        probes=(made["asked"].id,),
        versions=(2,),
        messages=(messages[2], messages[3], messages[4], messages[6], messages[7]),
        conflicts=(1,),
    )
    assert store.erasure.preview(made["new"].id) == reach
    assert len(store.sources.list(None)) == 3


def test_no_byte_is_left(home: Path) -> None:
    clock = Clock()
    with opened(home, clock=clock) as store:
        harmless = ingest(store, "The harbour has two lighthouses")
        back_up(store._database, home / "backups", "0001")
        made = fill(store)
        back_up(store._database, home / "backups", "0002")
        (home / "backups" / "sealmate-x.partial").write_bytes(b"vermouthwagon")
        assert "sealmate.db-wal" in leftovers(home)
        done = store.erasure.erase(made["new"].id, [("salt", "qhash", "ahash")])
        assert leftovers(home) == {}
        assert done.scrubbed
        assert done.reach.edits == (made["edits"][0].id, made["edits"][1].id)
        assert len(done.backups) == 2
        assert len(list((home / "backups").iterdir())) == 1

        assert store.sources.list(None)[0].id == harmless.source_id
        assert len(store.sources.list(None)) == 2
        for words in ("xanthippe", "vermouthwagon", "quuxtitle"):
            assert store.passages.search(words, 5, only_current=False) == []
        assert len(store.passages.search("harbour", 5)) == 2
        canary = store.erasure.canaries()[0]
        assert (canary.salt, canary.question_hash, canary.answer_hash) == ("salt", "qhash", "ahash")
        with pytest.raises(NotFoundError):
            store.erasure.erase(made["new"].id)
        assert store.edits.get(made["edits"][2].id).superseded_by is None
        assert store.versions.edit_ids(2) == [e.id for e in made["edits"]]
        assert store.versions.with_erased_edits() == [2]
        assert store.probes.results(1) == [result(made["kept"].id)]
        report = store.runs.get(made["run"].id)
        assert report.reason == "learnt [forgotten], and more"
        assert store.state.get("rebuild_needed")["because"] == "[forgotten]"
        assert report.report["probes"][2] == {"question": "When?", "said": "nine", "right": True}
        assert report.report["probes"][0]["right"] is True
        assert report.report["titles"] == ["[forgotten]", "harbour"]
        assert [c.id for c in store.chats.list()] == [made["talk"].id]
        left = [message.text for message in store.chats.messages(made["talk"].id)]
        assert left == ["When does the harbour open?", "At nine.", "Yes."]
        assert store.state.get(SCRUB) is None
    assert leftovers(home) == {}


def test_an_erased_id_is_never_given_again(store: Store) -> None:
    first = ingest(store, "one")
    last = store.edits.add_many([edit(first.id, "Q", "A")])[0]
    store.erasure.erase(first.source_id)
    second = ingest(store, "two")
    assert second.source_id > first.source_id
    assert second.id > first.id
    assert store.edits.add_many([edit(second.id, "Q", "A")])[0].id > last.id


def test_forgetting_an_earlier_self_keeps_the_present_one(store: Store) -> None:
    old = ingest(store, "old words")
    new = store.sources.replace(old.source_id, source("new words"))
    assert store.erasure.erase(old.source_id).reach.sources == (old.source_id,)
    assert store.sources.list(None) == [new]


def test_another_reader_delays_the_scrubbing(home: Path) -> None:
    with opened(home, busy_seconds=0.05) as store:
        made = fill(store)
        reader = sqlite3.connect(home / "sealmate.db")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sources").fetchone()
        done = store.erasure.erase(made["new"].id)
        assert not done.scrubbed
        assert store.passages.search("xanthippe", 5) == []
        reader.close()
    with opened(home) as store:
        assert store.state.get(SCRUB) is None
        assert leftovers(home) == {}


def test_a_crash_after_the_rows_went_is_mended_on_opening(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(home) as store:
        made = fill(store)
        back_up(store._database, home / "backups", "0002")
        with monkeypatch.context() as patch:
            patch.setattr(store.erasure, "finish", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                store.erasure.erase(made["new"].id)
        assert leftovers(home) != {}
    with opened(home):
        assert leftovers(home) == {}
        assert list((home / "backups").iterdir()) == []


def test_an_unreadable_copy_goes_too(home: Path) -> None:
    with opened(home) as store:
        place = ingest(store, OLD)
        (home / "backups").mkdir(mode=0o700)
        (home / "backups" / "sealmate-1.db").write_bytes(b"zirconquill " * 500)
        (home / "backups" / "mine.txt").write_bytes(b"not ours")
        assert store.erasure.erase(place.source_id).backups == ("sealmate-1.db",)
        assert [file.name for file in (home / "backups").iterdir()] == ["mine.txt"]


def test_not_inside_a_transaction(store: Store) -> None:
    place = ingest(store, "x")
    with pytest.raises(StoreError, match="larger transaction"), store.transaction():
        store.erasure.erase(place.source_id)
    assert store.sources.get(place.source_id).state == "current"


def test_many_rows(store: Store) -> None:
    owner = store.sources.add(source("all"))
    with store.transaction():
        made = store.passages.add_many(owner.id, [passage(f"w{n}", n) for n in range(300)])
        store.edits.add_many([edit(p.id, f"Q{p.id}", "A") for p in made])
    assert len(store.erasure.erase(owner.id).reach.edits) == 300
    assert store.edits.list() == []


def test_what_the_weights_answered_goes_with_its_question(home: Path) -> None:
    with opened(home, clock=Clock()) as store:
        told = ingest(store, "The boiler man is Okafor, he comes at 7 and has 12 keys.", "boiler")
        stays = ingest(store, "The harbour opens at 7 and has two lighthouses.", "harbour")
        store.edits.add_many(
            [
                edit(told.id, "What is the boiler man called?", "Okafor"),
                edit(told.id, "When does the boiler man come?", "at 7"),
                edit(told.id, "How many keys has the boiler man?", "12"),
            ]
        )
        talk = store.chats.start("morning")
        said = [
            ("What is the boiler man called?", "Okafor."),
            ("Who repairs our heating?", "Okafor does."),
            ("When does the harbour open?", "At 7."),
            ("When does the boiler man come?", "At 7."),
            ("How many keys has the boiler man?", "12"),
            ("How many eggs are in a dozen?", "12"),
            ("Is Okafor on holiday?", "I don't know that yet."),
        ]
        for question, answer in said:
            store.chats.add_message(turn(talk.id, "user", question))
            store.chats.add_message(turn(talk.id, "assistant", answer))
        reach = store.erasure.preview(told.source_id)
        store.erasure.erase(told.source_id)
        assert [message.text for message in store.chats.messages(talk.id)] == [
            "When does the harbour open?", "At 7.", "How many eggs are in a dozen?", "12",
            "I don't know that yet.",
        ]  # fmt: skip
        assert len(reach.messages) == 9
        assert store.passages.get(stays.id)


def test_a_probe_that_was_answered_with_it_keeps_no_word_of_it(home: Path) -> None:
    with opened(home, clock=Clock()) as store:
        told = ingest(store, "The boiler man is Okafor and lives in Vermouthwagon.", "boiler")
        stays = ingest(store, "The gardener is Ada.", "garden")
        store.edits.add_many([edit(told.id, "What is the boiler man called?", "Okafor")])
        wrong, right = store.probes.add_many(
            [probe(stays.id, "Who is the gardener?", "Ada"), probe(stays.id, "Who?", "Okafor")]
        )
        store.probes.add_results(
            [
                replace(result(wrong.id), answer="Mr Okafor", correct=False),
                replace(result(right.id), answer="Okafor", correct=True),
            ]
        )
        store.erasure.erase(told.source_id)
        assert [r.answer for r in store.probes.results_of_probe(wrong.id)] == ["Mr [forgotten]"]
        assert [r.answer for r in store.probes.results_of_probe(right.id)] == ["Okafor"]


def test_the_report_of_another_note_keeps_what_it_says_itself(home: Path) -> None:
    with opened(home, clock=Clock()) as store:
        told = ingest(store, "Training is on Friday, with Okafor.", "training")
        stays = ingest(store, "The bins go out on Friday.", "bins")
        store.edits.add_many([edit(told.id, "When is training?", "Friday"),
                              edit(told.id, "Who trains?", "Okafor")])  # fmt: skip
        (kept,) = store.probes.add_many([probe(stays.id, "When do the bins go out?", "Friday")])
        store.probes.add_results([replace(result(kept.id), answer="Friday?", correct=False)])
        bins = {"probe_id": kept.id, "question": "When do the bins go out?", "expected": "Friday"}
        report = {"lost": [
            bins | {"said": "on Sunday"},
            bins | {"said": "Okafor"},
            {"question": "When is training?", "expected": "Friday", "said": "on Sunday"},
        ]}  # fmt: skip
        run = store.runs.start(START)
        store.runs.finish(run.id, "published", 2, "bins on Friday", report)
        store.erasure.erase(told.source_id)
        gone = "[forgotten]"
        after = store.runs.get(run.id)
        assert after.reason == "bins on Friday"
        assert after.report["lost"] == [
            bins | {"said": "on Sunday"},
            bins | {"said": gone},
            {"question": gone, "expected": gone, "said": gone},
        ]
        assert [r.answer for r in store.probes.results_of_probe(kept.id)] == ["Friday?"]


def test_an_answer_that_cites_another_note_goes_if_only_the_forgotten_one_told_it(
    home: Path,
) -> None:
    with opened(home, clock=Clock()) as store:
        told = ingest(store, "The boiler man is Okafor, he comes at 7.", "boiler")
        stays = ingest(store, "The gardener comes at 9 and at 7.", "garden")
        other = ingest(store, "The heating was serviced.", "heating")
        store.edits.add_many([edit(told.id, "What is the boiler man called?", "Okafor"),
                              edit(told.id, "When does the boiler man come?", "at 7")])  # fmt: skip
        talk = store.chats.start("morning")
        for question, answer, place in (
            ("Who serviced the heating?", "Okafor.", other),
            ("When does the man come?", "At 7.", stays),
            ("When does the boiler man come?", "At 7.", other),
            ("Was the heating serviced?", "Yes.", other),
        ):
            cited = ({"id": place.source_id, "title": "x", "passage": place.id},)
            store.chats.add_message(turn(talk.id, "user", question))
            store.chats.add_message(turn(talk.id, "assistant", answer, sources=cited))
        store.erasure.erase(told.source_id)
        assert [message.text for message in store.chats.messages(talk.id)] == [
            "When does the man come?", "At 7.", "Was the heating serviced?", "Yes.",
        ]  # fmt: skip


def test_words_that_a_person_had_changed_go_too(home: Path) -> None:
    with opened(home, clock=Clock()) as store:
        told = ingest(store, "The boiler man has a van.", "boiler")
        (made,) = store.edits.add_many([edit(told.id, "Who has a van?", "Zirconquill")])
        store.edits.amend(
            made.id, actor="me", answer="Vermouthwagon", question="Who drives?\nThe van?"
        )
        store.edits.amend(made.id, actor="me", answer="the man", question="Whose van is it?")
        talk = store.chats.start("morning")
        for text in ("Is it Zirconquill?", "Or Vermouthwagon?", "Who drives?\nThe van?", "Hm."):
            store.chats.add_message(turn(talk.id, "user", text))
        store.erasure.erase(told.source_id)
        assert [message.text for message in store.chats.messages(talk.id)] == ["Hm."]


def test_edits_that_tell_when_the_forgotten_note_came_go_with_the_conflict(store: Store) -> None:
    old, new = ingest(store, "4711 opens it", "old"), ingest(store, "4712 opens it", "new")
    before, after = store.edits.add_many(
        [edit(old.id, "What is the code?", "4711"), edit(new.id, "What is the code?", "4712")]
    )
    row = store.conflicts.add(
        Conflict(0, before.id, after.id, "What is the code?", "4711", "4712", START)
    )
    question = "What was the code before 3 March 2026?"
    made, kept = store.edits.add_many(
        [
            replace(edit(old.id, question, "4711"), format="self-qa", sampling={"formerly": key})
            for key in (row.id, row.id + 1)
        ]
    )
    store.versions.add(version(1), [before.id, made.id])
    store.versions.add(version(2), [before.id, kept.id])
    talk = store.chats.start("morning")
    store.chats.add_message(turn(talk.id, "user", "Is it 4711?"))
    reach = store.erasure.preview(new.source_id)
    assert (reach.edits, reach.versions) == ((after.id, made.id), (1,))
    store.erasure.erase(new.source_id)
    assert [found.id for found in store.edits.list()] == [before.id, kept.id]
    assert [message.text for message in store.chats.messages(talk.id)] == ["Is it 4711?"]


def test_reports_keep_no_reason_that_only_the_forgotten_note_gave(store: Store) -> None:
    told = ingest(store, "The boiler man is Okafor, he comes at 7.", "boiler")
    stays = ingest(store, "The gardener comes at 9.", "garden")
    reasons = {
        told.id: (
            "came back as 'his wife, Ngozi'", "not in the passage: Adaeze", "holds a secret",
            "came back as 'at nine'", "taken back",
        ),
        stays.id: ("holds a secret", "came back as 'at nine'", "not in the passage: Ada Okafor"),
    }  # fmt: skip
    made = store.edits.add_many(
        replace(edit(place, "Who?", "Okafor" if place == told.id else "Ada"), reason=reason,
                state="rejected")
        for place, given in reasons.items()
        for reason in given
    )  # fmt: skip
    # what an edit was refused for before a person had a say
    store.edits.set_state([made[0].id], "accepted", "person", "fine")
    wrong = store.probes.add_many([probe(told.id, "Who comes?", "Okafor"), probe(stays.id)])
    lost = {str(wrong[0].id): "Ngozi's husband", str(wrong[1].id): "Rex's master"}
    counts = {"refused": 1, **{reason: 2 for given in reasons.values() for reason in given}}
    run = store.runs.start(START)
    report = {"refused": {"count": 13, "reasons": counts, "edits": []}, "work": {"lost": lost}}
    store.runs.finish(run.id, "published", 2, "", report)
    cut = store.runs.start(START)
    store.runs.note(cut.id, {"lost": lost, "kept": 3})
    store.erasure.erase(told.source_id)
    after = store.runs.get(run.id).report
    gone = "[forgotten]"
    assert after["refused"]["reasons"] == {
        "refused": 1, "holds a secret": 2, "came back as 'at nine'": 2,
        f"not in the passage: Ada {gone}": 2, gone: 6,
    }  # fmt: skip
    assert after["work"]["lost"] == {str(wrong[1].id): "Rex's master"}
    assert store.runs.get(cut.id).report == {"lost": after["work"]["lost"], "kept": 3}


REPORT = {
    "learnt": {"edits": 1, "count": 1, "sources": [{"source": 9, "title": "a", "edits": 1}]},
    "refused": {"count": 3, "reasons": {"refused": 2, "holds a secret": 1}, "edits": []},
    "lost": {"count": 0, "probes": []},
    "conflicts": {"count": 0, "list": []},
    "gate": {"passed": True, "scores": {"recall": 0.9}, "reasons": ["recall"]},
    "cost": {"seconds": 3.5, "tokens": 10},
    "waiting": {"edits": 2, "stale": 0},
    "work": {"written": 2, "kept": 1, "gate": {"recall": 0.9}, "blame": {"7": [1]}, "lost": {}},
}


@pytest.mark.parametrize(
    "word",
    ["refused", "reasons", "learnt", "edits", "gate", "scores", "recall", "cost", "waiting", "work",
     "passed", "lost", "blame", "count", "title", "sources", "7"],
)  # fmt: skip
def test_a_report_keeps_its_fields_whatever_is_forgotten(store: Store, word: str) -> None:
    place = ingest(store, f"The parcel of Tom is {word}.", "parcel")
    other = ingest(store, "The gardener comes at 9.", "garden")
    store.edits.add_many([edit(place.id, "What is the parcel?", word)])
    store.edits.add_many([
        replace(edit(other.id, "When?", "at 9"), reason="holds a secret", state="rejected")
    ])  # fmt: skip
    run = store.runs.start(START)
    store.runs.finish(run.id, "published", 1, "", REPORT)
    store.erasure.erase(place.source_id)
    left = REPORT | ({"gate": REPORT["gate"] | {"reasons": ["[forgotten]"]}} if word == "recall"
                     else {})  # fmt: skip
    assert store.runs.get(run.id).report == left


def test_what_a_forgotten_note_gave_as_a_reason_is_still_counted_without_it(store: Store) -> None:
    place = ingest(store, "The parcel of Tom is refused.", "parcel")
    store.edits.add_many([edit(place.id, "What is the parcel?", "refused")])
    counts = {"not in the passage: refused": 2, "refused": 3, "Oslo": 1}
    run = store.runs.start(START)
    store.runs.finish(run.id, "published", 1, "", {"work": {"refused": {"reasons": counts}}})
    store.erasure.erase(place.source_id)
    assert store.runs.get(run.id).report == {
        "work": {"refused": {"reasons": {"[forgotten]": 3, "refused": 3}}}
    }


@pytest.mark.parametrize(
    "report",
    [
        {"[forgotten]": {"count": 1, "reasons": {"a reason": 1}, "edits": []}, "learnt": {}},
        {"refused": {"[forgotten]": {"a reason": 1}}},
        {"refused": {"reasons": {"a reason": "one", "another": None, "refused": 2}}},
        {"refused": {"reasons": ["a reason"]}, "lost": ["1"], "work": "nothing"},
        {"refused": [{"reasons": None}], "lost": None, "work": [{"lost": {"1": {"deep": [1]}}}]},
        {"refused": "refused", "gate": 3, "edit": [1], "probe": {"a": 1}},
    ],
)
def test_no_report_keeps_a_note_from_being_erased(store: Store, report: dict[str, Any]) -> None:
    place = ingest(store, "The parcel of Tom is refused.", "parcel")
    store.edits.add_many([edit(place.id, "What is the parcel?", "refused")])
    run = store.runs.start(START)
    store.runs.finish(run.id, "published", 1, "", report)
    store.erasure.erase(place.source_id)
    assert store.sources.list(None) == []
    assert store.runs.get(run.id).report.keys() == report.keys()
