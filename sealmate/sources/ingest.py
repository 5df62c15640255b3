"""Files and notes into the ledger: read, split, stored, each source whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sealmate.errors import SourceError
from sealmate.events import Event, Note, Progress, Started
from sealmate.records import Passage, Source, SourceKind
from sealmate.sources import markdown
from sealmate.sources.document import MAX_BYTES, show, too_large
from sealmate.sources.read import read_file
from sealmate.sources.split import Count, PassageDraft, split
from sealmate.sources.text import tidy, tidy_title
from sealmate.sources.walk import Failure, walk
from sealmate.store import Store

Clock = Callable[[], datetime]

_NOTE_TITLE = 60


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of an ingest. `unchanged` are sources already known with that very text,
    `replaced` pairs of (old, new), `passages` counts those of the added and new sources."""

    added: tuple[Source, ...] = ()
    unchanged: tuple[Source, ...] = ()
    replaced: tuple[tuple[Source, Source], ...] = ()
    failed: tuple[Failure, ...] = ()
    passages: int = 0

    def __add__(self, other: Ingested) -> Ingested:
        return Ingested(
            self.added + other.added,
            self.unchanged + other.unchanged,
            self.replaced + other.replaced,
            self.failed + other.failed,
            self.passages + other.passages,
        )


def ingest(
    store: Store,
    paths: Iterable[Path],
    *,
    count: Count,
    limit: int,
    clock: Clock,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Event | Ingested]:
    """Take in files and folders; the last item is always an Ingested.

    Each file is stored in its own transaction, so that stopping between two items loses
    nothing. A file whose text is known (its own, or any current source's) is unchanged; one
    known by its path with other text replaces its earlier self. A bad file is a Failure in the
    result and stops nothing. `count` gives the tokens of a text, `limit` the most in a passage.
    Raises StoreError and HomeError as the store does.
    """
    items = list(walk(paths))
    yield Started("ingest", len(items))
    result = Ingested()
    for done, item in enumerate(items, 1):
        if isinstance(item, Failure):
            result += Ingested(failed=(item,))
            yield Progress("ingest", done, len(items), show(item.path))
            continue
        try:
            document = read_file(item, max_bytes=max_bytes)
            source = Source(
                id=0,
                kind="file",
                title=document.title,
                text=document.text,
                content_hash=content_hash(document.text),
                created_at=clock(),
                uri=str(item),
                media_type=document.media_type,
            )
            result += _take_in(store, source, count, limit)
            for note in document.notes:
                yield Note(f"{show(item)}: {note}")
        except SourceError as error:
            result += Ingested(failed=(Failure(item, error.message, error.hint),))
        yield Progress("ingest", done, len(items), show(item))
    yield result


def add_note(
    store: Store,
    text: str,
    title: str | None = None,
    *,
    count: Count,
    limit: int,
    clock: Clock,
    kind: SourceKind = "note",
    max_bytes: int = MAX_BYTES,
) -> Ingested:
    """Take in one note or chat excerpt: one source in `added`, or in `unchanged` if known.

    Without a `title` the note's own title or first words are it. Raises SourceError if the
    text is empty or larger than `max_bytes`, StoreError and HomeError as the store does.
    """
    text = tidy(text)
    if not text:
        raise SourceError("the note is empty", "write at least one sentence")
    if len(text.encode()) > max_bytes:
        raise SourceError(f"the note {too_large(max_bytes).message}", "split it into smaller notes")
    named = tidy_title(title or "") or tidy_title(markdown.title(text), _NOTE_TITLE)
    source = Source(
        id=0,
        kind=kind,
        title=named or tidy_title(text[:1000], _NOTE_TITLE),
        text=text,
        content_hash=content_hash(text),
        created_at=clock(),
        media_type="text/markdown",
    )
    return _take_in(store, source, count, limit)


def content_hash(text: str) -> str:
    """The SHA-256 of `text` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _take_in(store: Store, source: Source, count: Count, limit: int) -> Ingested:
    _, same = _known(store, source)
    if same is not None:
        return Ingested(unchanged=(same,))
    drafts = split(source.text, count, limit)
    if not drafts:
        where = show(source.uri) if source.uri else "the note"
        raise SourceError(f"{where} has no text, only headings without words")
    with store.transaction():
        # Asked again under the lock: another process may have taken the same file in meanwhile.
        old, same = _known(store, source)
        if same is not None:
            return Ingested(unchanged=(same,))
        new = store.sources.replace(old.id, source) if old else store.sources.add(source)
        store.passages.add_many(new.id, _passages(new.id, drafts))
    if old is None:
        return Ingested(added=(new,), passages=len(drafts))
    gone = replace(old, state="replaced", replaced_by=new.id)
    return Ingested(replaced=((gone, new),), passages=len(drafts))


def _known(store: Store, source: Source) -> tuple[Source | None, Source | None]:
    """(the file's earlier self, the current source that already has this text).

    A file that changed into a copy of another source still replaces its earlier self: what it
    said before must not stay.
    """
    old = store.sources.current_by_uri(source.uri) if source.uri else None
    if old is None:
        return None, store.sources.by_hash(source.content_hash)
    return old, old if old.content_hash == source.content_hash else None


def _passages(source_id: int, drafts: Iterable[PassageDraft]) -> list[Passage]:
    return [
        Passage(0, source_id, ordinal, draft.text, draft.tokens, draft.heading)
        for ordinal, draft in enumerate(drafts)
    ]
