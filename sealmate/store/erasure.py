"""Forgetting: removing a source and all that was made of it, down to the bytes of the file.

Does not touch adapter versions: their files are purged by the layer that owns them, from
`Reach.versions`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Table, delete, insert, select, text, update

from sealmate.errors import BusyError, HomeError, StoreError
from sealmate.records import Canary, Erased, Reach
from sealmate.store import tables
from sealmate.store.database import Database, chunks, file_errors
from sealmate.store.mentions import Mentions, messages_of
from sealmate.store.reasons import ASKED_OF, FORMERLY, OWN, QUOTES
from sealmate.store.redaction import Needles, redact_all
from sealmate.store.sources import lineage
from sealmate.store.state import State
from sealmate.store.versions import Versions

# Set in the erasing transaction, cleared when the file's free pages are gone too.
SCRUB = "scrub_needed"
_FIELD = re.compile(r"\n(question|answer|text): ")


class Erasure:
    """What forgetting a source touches, and doing it."""

    def __init__(self, database: Database, backups: Path) -> None:
        self._database = database
        self._backups = backups

    def preview(self, source_id: int) -> Reach:
        """All that `erase` would remove, and the versions to purge. Raises NotFoundError."""
        with self._database.read() as connection:
            return self._reach(connection, source_id)[0]

    def needles(self, source_id: int) -> Needles:
        """The words by which a text tells of the source, for what lies outside of the database.
        Raises NotFoundError."""
        with self._database.read() as connection:
            return self._reach(connection, source_id)[1]

    def erase(self, source_id: int, canaries: Iterable[tuple[str, str, str]] = ()) -> Erased:
        """Remove a source, its replaced earlier selves and everything made of them.

        `canaries` are (salt, question hash, answer hash). In one transaction the rows go and the
        canaries come; then the file is rewritten without free pages, its write-ahead log emptied
        and every backup that holds the source deleted. Reports of past nights and other JSON
        lose the strings that tell of it. Raises NotFoundError, and StoreError inside
        `transaction()`, where the file cannot be rewritten.
        """
        if self._database.writing:
            raise StoreError("an erasure cannot be part of a larger transaction")
        with self._database.write() as connection:
            reach, needles = self._reach(connection, source_id)
            at = self._database.clock()
            _delete_all(connection, reach)
            redact_all(connection, needles, reach)
            rows = [
                {"salt": salt, "question_hash": question, "answer_hash": answer, "at": at}
                for salt, question, answer in canaries
            ]
            if rows:
                connection.execute(insert(tables.canaries), rows)
            known = State(self._database).get(SCRUB, [])
            State(self._database).set(SCRUB, sorted({*known, *reach.sources}))
        backups, scrubbed = self.finish()
        return Erased(reach, backups, scrubbed)

    def finish(self) -> tuple[tuple[str, ...], bool]:
        """Finish an erasure that was cut short: backups, free pages, write-ahead log.

        Returns the names of the deleted backups and whether nothing is left to do. Where another
        process reads the database or the disk is full, a later call finishes.
        """
        ids = State(self._database).get(SCRUB)
        if ids is None:
            return (), True
        gone = self._delete_backups(ids)
        try:
            with self._database.raw() as connection:
                connection.execute("VACUUM")
            self._empty_log()
            # Clearing the mark writes the log again, but only this one small page.
            State(self._database).set(SCRUB, None)
            self._empty_log()
        except (BusyError, HomeError):
            return gone, False
        return gone, True

    def canaries(self) -> list[Canary]:
        """The hashes of all forgotten questions and answers, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(tables.canaries).order_by(tables.canaries.c.id))
            return [Canary(**row._mapping) for row in rows]

    def _empty_log(self) -> None:
        with self._database.raw() as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise BusyError(f"the database {self._database.path} is being read")

    def _delete_backups(self, source_ids: list[int]) -> tuple[str, ...]:
        """Delete the copies that hold one of the sources, cannot be read, or are half-made."""
        gone = []
        with file_errors(self._backups):
            for file in sorted(self._backups.glob("sealmate-*")):
                if file.suffix != ".db" or _holds(file, source_ids):
                    file.unlink(missing_ok=True)
                    gone.append(file.name)
        return tuple(gone)

    def _reach(self, connection: Connection, source_id: int) -> tuple[Reach, Needles]:
        sources, passages = tables.sources, tables.passages
        ids = lineage(connection, source_id)
        texts = _texts(connection, sources, "id", ids, ("title", "text"))
        passage_ids = _ids(connection, passages, "source_id", ids)
        texts |= _texts(connection, passages, "id", passage_ids, ("text",))
        edit_ids = _ids(connection, tables.edits, "passage_id", passage_ids)
        texts |= _texts(connection, tables.edits, "id", edit_ids, ("text", "question", "answer"))
        amended = _amended(connection, edit_ids)
        texts |= {text for texts in amended.values() for text in texts}
        probe_ids = _ids(connection, tables.probes, "passage_id", passage_ids)
        texts |= _texts(connection, tables.probes, "id", probe_ids, ("question", "answer"))
        answers = _texts(connection, tables.edits, "id", edit_ids, ("answer",))
        answers |= _texts(connection, tables.probes, "id", probe_ids, ("answer",))
        answers |= amended["answer"]
        mentions = Mentions(connection, passage_ids, answers, texts)
        reached = sorted({*edit_ids, *_in_words_of(connection, edit_ids)})
        clash = set(_ids(connection, tables.conflicts, "old_edit", reached))
        clash |= set(_ids(connection, tables.conflicts, "new_edit", reached))
        # On other notes' passages, whose answers stay: only the date, or the words, of a question
        # tell, and those are among the texts.
        edit_ids = sorted({*reached, *_formerly(connection, clash, passage_ids)})
        marks = {
            "source": set(ids),
            "passage": set(passage_ids),
            "edit": set(edit_ids),
            "probe": set(probe_ids),
            "conflict": clash,
        }
        needles = Needles({text for text in texts if mentions.tells(text)}, marks)
        reach = Reach(
            sources=tuple(ids),
            passages=tuple(passage_ids),
            edits=tuple(edit_ids),
            probes=tuple(probe_ids),
            versions=tuple(Versions(self._database).versions_with_edits(edit_ids)),
            messages=tuple(messages_of(connection, set(ids), set(passage_ids), needles, mentions)),
            conflicts=tuple(sorted(clash)),
        )
        return reach, needles


def _ids(connection: Connection, table: Table, column: str, values: list[int]) -> list[int]:
    """Ids of the rows of `table` whose `column` is one of `values`, ascending."""
    found: list[int] = []
    for part in chunks(values):
        found += connection.scalars(select(table.c.id).where(table.c[column].in_(part)))
    return sorted(found)


def _texts(
    connection: Connection, table: Table, column: str, values: list[int], names: tuple[str, ...]
) -> set[str]:
    found: set[str] = set()
    for part in chunks(values):
        query = select(*(table.c[name] for name in names)).where(table.c[column].in_(part))
        for row in connection.execute(query):
            found.update(row)
    return found


def _amended(connection: Connection, edit_ids: list[int]) -> dict[str, set[str]]:
    """The words that edits had before a person changed them, by field."""
    events = tables.edit_events
    found: dict[str, set[str]] = {"question": set(), "answer": set(), "text": set()}
    for part in chunks(edit_ids):
        query = select(events.c.before, events.c.after).where(events.c.edit_id.in_(part))
        for row in connection.execute(query.where(events.c.action == "amended")):
            for said in row:
                parts = _FIELD.split(f"\n{said}")[1:]
                for name, value in zip(parts[::2], parts[1::2], strict=True):
                    found[name].add(value)
    return found


def _in_words_of(connection: Connection, edit_ids: list[int]) -> set[int]:
    """Ids of the edits of other notes that ask in words that only these edits' notes have."""
    edits = tables.edits
    query = select(edits.c.id, edits.c.sampling).where(edits.c.format == "self-qa")
    asked = {
        row.id: row.sampling[ASKED_OF]
        for row in connection.execute(query.order_by(edits.c.id))
        if ASKED_OF in row.sampling and not row.sampling.get(OWN)
    }
    found = set(edit_ids)
    for key, older in asked.items():  # what was asked of one is older than it
        if older in found:
            found.add(key)
    return found - set(edit_ids)


def _formerly(connection: Connection, conflicts: set[int], passages: list[int]) -> list[int]:
    """Ids of the edits that a settlement of these conflicts had made on the older passage, and of
    those that quote these passages."""
    edits = tables.edits
    rows = connection.execute(
        select(edits.c.id, edits.c.sampling).where(edits.c.format == "self-qa")
    )
    quoted = set(passages)
    return [
        row.id
        for row in rows
        if row.sampling.get(FORMERLY) in conflicts or row.sampling.get(QUOTES) in quoted
    ]


def _delete_all(connection: Connection, reach: Reach) -> None:
    """Delete rows child first, then build the search index anew: FTS5 keeps deleted words in its
    segments until they happen to be merged."""
    messages, conversations = tables.messages, tables.conversations
    talks: set[int] = set()
    for part in chunks(list(reach.messages)):
        query = select(messages.c.conversation_id).where(messages.c.id.in_(part))
        talks.update(connection.scalars(query))
    for table, column, ids in (
        (messages, "id", reach.messages),
        (tables.conflicts, "id", reach.conflicts),
        (tables.probe_results, "probe_id", reach.probes),
        (tables.probes, "id", reach.probes),
        (tables.edit_events, "edit_id", reach.edits),
        (tables.edits, "id", reach.edits),
        (tables.passages, "id", reach.passages),
        (tables.sources, "id", reach.sources),
    ):
        for part in chunks(list(ids)):
            connection.execute(delete(table).where(table.c[column].in_(part)))
    left = select(messages.c.conversation_id)
    for part in chunks(sorted(talks)):
        # A title is made of a conversation's first words.
        mine = conversations.c.id.in_(part)
        connection.execute(update(conversations).where(mine).values(title=""))
        connection.execute(delete(conversations).where(mine, conversations.c.id.not_in(left)))
    for index in ("passages_fts", "passages_words"):
        connection.execute(text(f"INSERT INTO {index}({index}) VALUES ('rebuild')"))


def _holds(copy: Path, source_ids: list[int]) -> bool:
    """True if a backup holds one of the sources, or cannot be read."""
    # immutable: looking at a copy must not leave files beside it.
    address = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True)) as connection:
        marks = ",".join("?" * len(source_ids))
        query = f"SELECT count(*) FROM sources WHERE id IN ({marks})"
        return bool(connection.execute(query, source_ids).fetchone()[0])
    return True
