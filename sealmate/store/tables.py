"""The tables of the ledger as the newest migration leaves them.

Queries are built from these; the schema itself is made by migrations/ alone, and a test holds
the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from sealmate.store.columns import Json, UtcTime

metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _json(name: str) -> Column[Any]:
    return Column(name, Json, nullable=False, server_default="{}")


def _time(name: str, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcTime, nullable=nullable)


def _to(name: str, target: str, nullable: bool = False, ondelete: str | None = None) -> Column[int]:
    return Column(name, Integer, ForeignKey(target, ondelete=ondelete), nullable=nullable)


# Ids are AUTOINCREMENT: an id that was erased is never given again, so that a version's list of
# edits keeps its meaning after some of them are gone.
_KEEP_IDS: dict[str, Any] = {"sqlite_autoincrement": True}

sources = Table(
    "sources",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    _text("title"),
    Column("text", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    _time("created_at"),
    Column("uri", Text),
    _text("media_type"),
    Column("state", Text, nullable=False),
    _to("replaced_by", "sources.id", nullable=True, ondelete="SET NULL"),
    Index("ix_sources_content_hash", "content_hash"),
    Index("ix_sources_uri", "uri"),
    Index("ix_sources_replaced_by", "replaced_by"),
    **_KEEP_IDS,
)

passages = Table(
    "passages",
    metadata,
    _id(),
    _to("source_id", "sources.id"),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("tokens", Integer, nullable=False),
    _text("heading"),
    _time("written_at", nullable=True),
    _text("written_by"),
    Index("ix_passages_source_id", "source_id", "ordinal"),
    **_KEEP_IDS,
)

edits = Table(
    "edits",
    metadata,
    _id(),
    _to("passage_id", "passages.id"),
    Column("format", Text, nullable=False),
    Column("text", Text, nullable=False),
    _text("question"),
    _text("answer"),
    Column("state", Text, nullable=False),
    _text("reason"),
    _text("prompt_hash"),
    _json("sampling"),
    _text("writer"),
    _time("created_at"),
    _time("valid_from", nullable=True),
    _time("valid_to", nullable=True),
    _to("superseded_by", "edits.id", nullable=True, ondelete="SET NULL"),
    Index("ix_edits_passage_id", "passage_id"),
    Index("ix_edits_state", "state"),
    Index("ix_edits_superseded_by", "superseded_by"),
    **_KEEP_IDS,
)

edit_events = Table(
    "edit_events",
    metadata,
    _id(),
    _to("edit_id", "edits.id"),
    _time("at"),
    Column("action", Text, nullable=False),
    _text("actor"),
    _text("before"),
    _text("after"),
    _text("reason"),
    Index("ix_edit_events_edit_id", "edit_id"),
    **_KEEP_IDS,
)

probes = Table(
    "probes",
    metadata,
    _id(),
    _to("passage_id", "passages.id"),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    _time("created_at"),
    Column("held_out", Boolean, nullable=False),
    _json("schedule"),
    _time("due_at", nullable=True),
    Column("retired", Boolean, nullable=False),
    _text("retired_reason"),
    Index("ix_probes_passage_id", "passage_id"),
    Index("ix_probes_due_at", "due_at"),
    **_KEEP_IDS,
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _time("started_at"),
    Column("outcome", Text, nullable=False),
    _time("finished_at", nullable=True),
    Column("version", Integer),
    _text("reason"),
    _json("report"),
    **_KEEP_IDS,
)

# `run_id` and `version` name no row: a probe may be asked outside a night (run 0), and a
# candidate answers before it becomes a version.
probe_results = Table(
    "probe_results",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("probe_id", Integer, ForeignKey("probes.id"), primary_key=True, autoincrement=False),
    Column("answer", Text, nullable=False),
    Column("correct", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    _time("at"),
    Index("ix_probe_results_probe_id", "probe_id", "at"),
    Index("ix_probe_results_version", "version"),
)

versions = Table(
    "versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _time("created_at"),
    Column("folder", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("parent", Integer),
    Column("base_id", Text, nullable=False),
    Column("base_fingerprint", Text, nullable=False),
    _json("scores"),
    _json("manifest"),
    _time("purged_at", nullable=True),
)

# A version is a set of shards, each named by the number of the version that trained it.
version_shards = Table(
    "version_shards",
    metadata,
    Column(
        "version", Integer, ForeignKey("versions.number"), primary_key=True, autoincrement=False
    ),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Index("ix_version_shards_shard", "shard"),
)

# `edit_id` names no row: erased edits stay listed as numbers, which is how a version that still
# carries them is found.
shard_edits = Table(
    "shard_edits",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("edit_id", Integer, primary_key=True, autoincrement=False),
    Index("ix_shard_edits_edit_id", "edit_id"),
)

# The edits of versions.
trained = version_shards.join(shard_edits, shard_edits.c.shard == version_shards.c.shard)

activations = Table(
    "activations",
    metadata,
    _id(),
    Column("version", Integer, nullable=False),
    Column("previous", Integer, nullable=False),
    _time("at"),
    _text("reason"),
    **_KEEP_IDS,
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    _time("started_at"),
    _text("title"),
    **_KEEP_IDS,
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _to("conversation_id", "conversations.id"),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    _time("at"),
    Column("version", Integer),
    Column("sources", Json, nullable=False, server_default="[]"),
    Index("ix_messages_conversation_id", "conversation_id"),
    **_KEEP_IDS,
)

conflicts = Table(
    "conflicts",
    metadata,
    _id(),
    _to("old_edit", "edits.id"),
    _to("new_edit", "edits.id"),
    Column("question", Text, nullable=False),
    Column("old_answer", Text, nullable=False),
    Column("new_answer", Text, nullable=False),
    _time("found_at"),
    Column("state", Text, nullable=False),
    Index("ix_conflicts_old_edit", "old_edit"),
    Index("ix_conflicts_new_edit", "new_edit"),
    **_KEEP_IDS,
)

canaries = Table(
    "canaries",
    metadata,
    _id(),
    Column("salt", Text, nullable=False),
    Column("question_hash", Text, nullable=False),
    Column("answer_hash", Text, nullable=False),
    _time("at"),
    **_KEEP_IDS,
)

state = Table(
    "state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Json, nullable=False),
    _time("at"),
)
