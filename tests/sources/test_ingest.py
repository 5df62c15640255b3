from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import pytest

from sealmate.errors import SourceError, StoreError
from sealmate.events import Note, Progress, Started
from sealmate.records import Conflict, Edit
from sealmate.sources import Ingested, add_note, ingest
from sealmate.store import Store

from .conftest import make_pdf, words

Clock = Callable[[], datetime]


@pytest.fixture
def run(store: Store, clock: Clock) -> Callable[..., Ingested]:
    def run(*paths: Path, limit: int = 50) -> Ingested:
        *_, last = ingest(store, paths, count=words, limit=limit, clock=clock)
        assert isinstance(last, Ingested)
        return last

    return run


def test_a_folder(store: Store, clock: Clock, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# Alpha\n\nThe first letter.")
    (notes / "b.txt").write_text("")
    make_pdf(notes / "c.pdf", [[(700, "Some words.")], []])
    *events, result = ingest(store, [notes], count=words, limit=50, clock=clock)
    assert events[0] == Started("ingest", 3)
    assert [e.done for e in events if isinstance(e, Progress)] == [1, 2, 3]
    assert [e.text for e in events if isinstance(e, Note)] == [
        f"{notes / 'c.pdf'}: 1 of its 2 pages have no text (scanned?)"
    ]
    assert isinstance(result, Ingested)
    assert [source.title for source in result.added] == ["Alpha", "c"]
    assert [failure.message for failure in result.failed] == [f"{notes / 'b.txt'} is empty"]
    assert result.passages == 2
    first = store.sources.get(result.added[0].id)
    assert first == result.added[0]
    assert (first.kind, first.uri, first.media_type) == (
        "file",
        str(notes / "a.md"),
        "text/markdown",
    )
    (passage,) = store.passages.of_source(first.id)
    assert (passage.text, passage.heading, passage.tokens) == (
        "Alpha\nThe first letter.",
        "Alpha",
        4,
    )
    assert [hit.passage for hit in store.passages.search("letter", 5)] == [passage]


def test_the_same_again_is_unchanged(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("Same words.")
    (tmp_path / "b.md").write_bytes(b"\xef\xbb\xbfSame words.\r\n")
    first = run(tmp_path / "a.txt", tmp_path / "b.md")
    assert len(first.added) == len(first.unchanged) == 1
    again = run(tmp_path / "a.txt", tmp_path / "b.md")
    assert again.unchanged == first.added * 2
    assert not again.added
    assert len(store.sources.list()) == len(store.passages.current()) == 1


def test_a_changed_file_replaces_its_earlier_self(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The cat is Tom.")
    (old,) = run(path).added
    path.write_text("The cat is Tim.")
    ((gone, new),) = run(path).replaced
    assert gone == store.sources.get(old.id)
    assert (gone.state, gone.replaced_by, new.uri) == ("replaced", new.id, old.uri)
    assert [p.text for p in store.passages.current()] == ["The cat is Tim."]
    path.write_text("The cat is Tom.")  # and back: the old row stays replaced
    ((_, third),) = run(path).replaced
    assert third.id not in (old.id, new.id)


def test_passages_of_a_changed_file_that_stay_are_the_same_rows(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.md"
    parts = ["# A\n\nOne two three.\n", "# B\n\nFour five six.\n", "# C\n\nSeven eight.\n"]
    path.write_text("".join(parts))
    (old,) = run(path, limit=4).added
    a, b, c = store.passages.of_source(old.id)
    # B is new, C comes first and twice
    path.write_text(parts[2] + parts[0] + parts[1].replace("six", "seven") + parts[2])
    result = run(path, limit=4)
    ((_, new),) = result.replaced
    after = store.passages.of_source(new.id)
    assert [p.id in (a.id, b.id, c.id) for p in after] == [True, True, False, False]
    assert [(p.id, p.ordinal) for p in after[:2]] == [(c.id, 0), (a.id, 1)]
    assert [(p.heading, p.ordinal) for p in after[2:]] == [("B", 2), ("C", 3)]
    assert store.passages.of_source(old.id) == [b]
    assert result.passages == 2


def test_a_file_that_became_a_copy_still_replaces_its_earlier_self(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    one, two = tmp_path / "1.txt", tmp_path / "2.txt"
    one.write_text("One.")
    two.write_text("Two.")
    run(one, two)
    two.write_text("One.")
    assert len(run(one, two).replaced) == 1
    assert {p.text for p in store.passages.current()} == {"One."}


def test_a_forgotten_source_can_be_given_again(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Secret.")
    (source,) = run(path).added
    store.sources.mark_forgotten(source.id)
    assert len(run(path).added) == 1


def test_a_bad_file_keeps_what_it_said_before(
    run: Callable[..., Ingested], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Good.")
    run(path)
    path.write_bytes(b"\0\0")
    assert "binary" in run(path).failed[0].message
    assert [p.text for p in store.passages.current()] == ["Good."]


def test_headings_without_words_are_no_source(run: Callable[..., Ingested], tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("#\n\n##\n")
    assert run(path).failed[0].message == f"{path} has no text, only headings without words"


def test_a_source_is_stored_whole_or_not_at_all(
    store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Words.")

    def full(source_id: int, passages: Iterable[object]) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store.passages, "add_many", full)
    with pytest.raises(StoreError):
        list(ingest(store, [path], count=words, limit=9, clock=clock))
    assert store.sources.list(None) == []


def test_stopping_keeps_what_was_done(store: Store, clock: Clock, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    stream = ingest(store, [tmp_path], count=words, limit=9, clock=clock)
    next(item for item in stream if isinstance(item, Progress))
    stream.close()  # type: ignore[attr-defined]
    assert [source.title for source in store.sources.list()] == ["a"]


def test_notes(store: Store, clock: Clock) -> None:
    result = add_note(
        store, "  The shed key hangs\r\nbehind the mirror. ", count=words, limit=9, clock=clock
    )
    (note,) = result.added
    assert (note.kind, note.uri) == ("note", None)
    assert note.title == "The shed key hangs behind the mirror."
    assert note.text == "The shed key hangs\nbehind the mirror."
    assert result.passages == 1
    again = add_note(store, note.text, "Key", count=words, limit=9, clock=clock)
    assert again.unchanged == (note,)
    named = add_note(store, "# Bees\nTwo hives.", count=words, limit=9, clock=clock, kind="chat")
    assert (named.added[0].title, named.added[0].kind) == ("Bees", "chat")
    given = add_note(store, "Three hives.", " Bees \n", count=words, limit=9, clock=clock)
    assert given.added[0].title == "Bees"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the note is empty"),
        (" \n\0", "the note is empty"),
        ("##", "the note has no text, only headings without words"),
        ("x" * 101, "the note holds more than 100 bytes of text"),
    ],
)
def test_bad_notes(store: Store, clock: Clock, text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        add_note(store, text, count=words, limit=9, clock=clock, max_bytes=100)
    assert caught.value.message == message
    assert store.sources.list(None) == []


def test_a_note_told_again_after_it_was_told_otherwise_is_news(store: Store, clock: Clock) -> None:
    def tell(text: str) -> Ingested:
        return add_note(store, text, count=words, limit=9, clock=clock)

    first, second = tell("The gate code is 4711."), tell("The gate code is 4712.")
    # the night that will find out which of them holds has not been
    third = tell("The gate code is 4711.")
    assert [len(one.added) for one in (first, second, third)] == [1, 1, 1]
    assert tell("The gate code is 4711.").unchanged == third.added
    tell("Our bees fly early.")
    assert tell("The gate code is 4711.").unchanged == third.added
    # afterwards the conflict tells
    for source in store.sources.list():
        store.passages.mark_written(store.passages.of_source(source.id)[0].id, "w")
    places = [store.passages.of_source(one.added[0].id)[0].id for one in (second, third)]
    old, new = store.edits.add_many(
        Edit(0, place, "qa", "", clock(), "What is the code?", code, state="accepted")
        for place, code in zip(places, ("4712", "4711"), strict=True)
    )
    assert tell("The gate code is 4712.").unchanged == second.added
    store.conflicts.add(Conflict(0, old.id, new.id, "What?", "4712", "4711", clock(), "accepted"))
    (again,) = tell("The gate code is 4712.").added
    assert again.id > third.added[0].id


def test_a_file_that_was_renamed_and_then_edited(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    def take() -> Ingested:
        *_, done = ingest(store, [tmp_path], count=words, limit=9, clock=clock)
        assert isinstance(done, Ingested)
        return done

    plan, trip = tmp_path / "plan.md", tmp_path / "trip.md"
    plan.write_text("We take the ferry.")
    take()
    plan.rename(trip)
    assert [source.uri for source in take().unchanged] == [str(trip)]
    trip.write_text("We take the train.")
    assert len(take().replaced) == 1
    assert [source.text for source in store.sources.list()] == ["We take the train."]
    # one that is still there keeps its place
    (tmp_path / "copy.md").write_text("We take the train.")
    assert {source.uri for source in take().unchanged} == {str(trip)}
