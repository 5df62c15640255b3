"""Files and notes into the ledger: read, split, stored, each source whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
_SUFFIX = re.compile(r"\.[a-z0-9_+-]{1,10}")
# Archives and builds without dates put 1970 or 1980 instead.
_NO_DATE = datetime(1980, 1, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of an ingest. `unchanged` are sources already known with that very text,
    `replaced` pairs of (old, new), `passages` counts the new ones of the added and new sources.
    `skipped` has the suffix of each file in a folder that was passed over for it, "" for none."""

    added: tuple[Source, ...] = ()
    unchanged: tuple[Source, ...] = ()
    replaced: tuple[tuple[Source, Source], ...] = ()
    failed: tuple[Failure, ...] = ()
    passages: int = 0
    skipped: tuple[str, ...] = ()

    def __add__(self, other: Ingested) -> Ingested:
        return Ingested(
            self.added + other.added,
            self.unchanged + other.unchanged,
            self.replaced + other.replaced,
            self.failed + other.failed,
            self.passages + other.passages,
            self.skipped + other.skipped,
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
    nothing. A file counts as told when it was last changed. One whose text is known (its own, or
    any current source's) is unchanged; one known by its path with other text replaces its earlier
    self, of which the passages that stay as they are keep what was made of them. A bad file is a
    Failure in the result and stops nothing. `count` gives the tokens of a text, `limit` the most
    in a passage.
    Raises StoreError and HomeError as the store does.
    """
    passed: set[Path] = set()
    items = list(walk(paths, passed))
    yield Started("ingest", len(items))
    result = Ingested(skipped=tuple(sorted(map(_suffix, passed))))
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
                created_at=_changed_at(item, clock()),
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
        return Ingested(unchanged=(_followed(store, same, source),))
    drafts = split(source.text, count, limit)
    if not drafts:
        where = show(source.uri) if source.uri else "the note"
        raise SourceError(f"{where} has no text, only headings without words")
    with store.transaction():
        # Asked again under the lock: another process may have taken the same file in meanwhile.
        old, same = _known(store, source)
        if same is not None:
            return Ingested(unchanged=(_followed(store, same, source),))
        passages = _passages(drafts)
        if old is None:
            new = store.sources.add(source)
            store.passages.add_many(new.id, passages)
            return Ingested(added=(new,), passages=len(passages))
        kept = _standing(store.passages.of_source(old.id), passages)
        # A file may get its time from a copy; what it says now it did not say before all the same.
        dated = replace(source, created_at=max(source.created_at, old.created_at))
        new = store.sources.replace(old.id, dated, kept)
        there = set(kept.values())
        fresh = [passage for passage in passages if passage.ordinal not in there]
        store.passages.add_many(new.id, fresh)
    gone = replace(old, state="replaced", replaced_by=new.id)
    return Ingested(replaced=((gone, new),), passages=len(fresh))


def _suffix(path: Path) -> str:
    """What tells the kind of a file; what stands after the dot of "Dr. Brink" does not."""
    suffix = path.suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _changed_at(path: Path, now: datetime) -> datetime:
    """When a file was last changed; `now` where its time tells nothing, or is in the future."""
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return now
    return min(changed, now) if changed > _NO_DATE else now


def _standing(old: Iterable[Passage], new: Iterable[Passage]) -> dict[int, int]:
    """The old passages that the new text has word for word under the same heading, by id, with
    their ordinals there. Of equal ones each stands for one."""
    places: dict[tuple[str, str], list[int]] = {}
    for passage in new:
        places.setdefault((passage.heading, passage.text), []).append(passage.ordinal)
    kept = {}
    for passage in old:
        if left := places.get((passage.heading, passage.text)):
            kept[passage.id] = left.pop(0)
    return kept


def _known(store: Store, source: Source) -> tuple[Source | None, Source | None]:
    """(the file's earlier self, the current source that already has this text).

    A file that changed into a copy of another source still replaces its earlier self: what it
    said before must not stay. A note in the words of one that was told otherwise since is news.
    """
    old = store.sources.current_by_uri(source.uri) if source.uri else None
    if old is None:
        same = store.sources.by_hash(source.content_hash)
        if same is not None and not source.uri and _told_otherwise(store, same):
            return None, None
        return None, same
    return old, old if old.content_hash == source.content_hash else None


def _followed(store: Store, known: Source, source: Source) -> Source:
    """`known`, at the path of `source` where its own file was renamed to that: what is changed in
    it later must replace what it says now."""
    if not source.uri or not known.uri or known.uri == source.uri or Path(known.uri).exists():
        return known
    return store.sources.move(known.id, source.uri)


def _told_otherwise(store: Store, source: Source) -> bool:
    """Whether a fact of a source was superseded, or may be in the night to come."""
    places = {passage.id for passage in store.passages.of_source(source.id)}
    for conflict in store.conflicts.list("accepted"):
        if store.edits.get(conflict.old_edit).passage_id in places:
            return True
    words = _words(source.text)
    later = {p.source_id for p in store.passages.without_edits() if p.source_id > source.id}
    return any(
        2 * len(words & others) >= len(words | others)
        for others in (_words(store.sources.get(key).text) for key in later)
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.casefold()))


def _passages(drafts: Iterable[PassageDraft]) -> list[Passage]:
    return [
        Passage(0, 0, ordinal, draft.text, draft.tokens, draft.heading)
        for ordinal, draft in enumerate(drafts)
    ]
