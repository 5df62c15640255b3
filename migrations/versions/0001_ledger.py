"""The ledger: sources, passages, edits, probes, versions, nights, conversations, search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEEP_IDS = {"sqlite_autoincrement": True}


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _to(
    name: str, target: str, nullable: bool = False, ondelete: str | None = None
) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target, ondelete=ondelete), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("kind", None),
        _text("title"),
        _text("text", None),
        _text("content_hash", None),
        _text("created_at", None),
        sa.Column("uri", sa.Text),
        _text("media_type"),
        _text("state", None),
        _to("replaced_by", "sources.id", nullable=True, ondelete="SET NULL"),
        sa.CheckConstraint("state IN ('current', 'replaced', 'forgotten')", "ck_sources_state"),
        **_KEEP_IDS,
    )
    op.create_index("ix_sources_content_hash", "sources", ["content_hash"])
    op.create_index("ix_sources_uri", "sources", ["uri"])
    op.create_index("ix_sources_replaced_by", "sources", ["replaced_by"])

    op.create_table(
        "passages",
        sa.Column("id", sa.Integer, primary_key=True),
        _to("source_id", "sources.id"),
        sa.Column("ordinal", sa.Integer, nullable=False),
        _text("text", None),
        sa.Column("tokens", sa.Integer, nullable=False),
        _text("heading"),
        sa.Column("written_at", sa.Text),
        _text("written_by"),
        **_KEEP_IDS,
    )
    op.create_index("ix_passages_source_id", "passages", ["source_id", "ordinal"])

    op.create_table(
        "edits",
        sa.Column("id", sa.Integer, primary_key=True),
        _to("passage_id", "passages.id"),
        _text("format", None),
        _text("text", None),
        _text("question"),
        _text("answer"),
        _text("state", None),
        _text("reason"),
        _text("prompt_hash"),
        _text("sampling", "{}"),
        _text("writer"),
        _text("created_at", None),
        sa.Column("valid_from", sa.Text),
        sa.Column("valid_to", sa.Text),
        _to("superseded_by", "edits.id", nullable=True, ondelete="SET NULL"),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'rejected', 'superseded')", "ck_edits_state"
        ),
        **_KEEP_IDS,
    )
    op.create_index("ix_edits_passage_id", "edits", ["passage_id"])
    op.create_index("ix_edits_state", "edits", ["state"])
    op.create_index("ix_edits_superseded_by", "edits", ["superseded_by"])

    op.create_table(
        "edit_events",
        sa.Column("id", sa.Integer, primary_key=True),
        _to("edit_id", "edits.id"),
        _text("at", None),
        _text("action", None),
        _text("actor"),
        _text("before"),
        _text("after"),
        _text("reason"),
        **_KEEP_IDS,
    )
    op.create_index("ix_edit_events_edit_id", "edit_events", ["edit_id"])
    # History is added to, never rewritten; only an erasure deletes it.
    op.execute(
        "CREATE TRIGGER edit_events_fixed BEFORE UPDATE ON edit_events "
        "BEGIN SELECT RAISE(ABORT, 'the history of an edit cannot be changed'); END"
    )

    op.create_table(
        "probes",
        sa.Column("id", sa.Integer, primary_key=True),
        _to("passage_id", "passages.id"),
        _text("question", None),
        _text("answer", None),
        _text("created_at", None),
        sa.Column("held_out", sa.Boolean, nullable=False),
        _text("schedule", "{}"),
        sa.Column("due_at", sa.Text),
        sa.Column("retired", sa.Boolean, nullable=False),
        _text("retired_reason"),
        **_KEEP_IDS,
    )
    op.create_index("ix_probes_passage_id", "probes", ["passage_id"])
    op.create_index("ix_probes_due_at", "probes", ["due_at"])

    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("started_at", None),
        _text("outcome", None),
        sa.Column("finished_at", sa.Text),
        sa.Column("version", sa.Integer),
        _text("reason"),
        _text("report", "{}"),
        **_KEEP_IDS,
    )

    op.create_table(
        "probe_results",
        sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "probe_id",
            sa.Integer,
            sa.ForeignKey("probes.id"),
            primary_key=True,
            autoincrement=False,
        ),
        _text("answer", None),
        sa.Column("correct", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        _text("at", None),
    )
    op.create_index("ix_probe_results_probe_id", "probe_results", ["probe_id", "at"])
    op.create_index("ix_probe_results_version", "probe_results", ["version"])

    op.create_table(
        "versions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _text("created_at", None),
        _text("folder", None),
        _text("sha256", None),
        sa.Column("parent", sa.Integer),
        _text("base_id", None),
        _text("base_fingerprint", None),
        _text("scores", "{}"),
        _text("manifest", "{}"),
        sa.Column("purged_at", sa.Text),
    )
    op.execute(
        "CREATE TRIGGER versions_fixed BEFORE UPDATE OF number, created_at, folder, sha256, "
        "parent, base_id, base_fingerprint ON versions "
        "BEGIN SELECT RAISE(ABORT, 'a version cannot be changed'); END"
    )

    op.create_table(
        "version_edits",
        sa.Column(
            "version",
            sa.Integer,
            sa.ForeignKey("versions.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("edit_id", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_version_edits_edit_id", "version_edits", ["edit_id"])

    op.create_table(
        "activations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("previous", sa.Integer, nullable=False),
        _text("at", None),
        _text("reason"),
        **_KEEP_IDS,
    )

    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("started_at", None),
        _text("title"),
        **_KEEP_IDS,
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        _to("conversation_id", "conversations.id"),
        _text("role", None),
        _text("text", None),
        _text("at", None),
        sa.Column("version", sa.Integer),
        _text("sources", "[]"),
        **_KEEP_IDS,
    )
    op.create_index("ix_messages_conversation_id", "messages", ["conversation_id"])
    _search()


def _search() -> None:
    """The index over passages with their source's title, kept in step by triggers.

    The index stores no text: it reads the view. Passages and titles are never updated; where
    batch mode rebuilds `passages`, the triggers have to be made again.
    """
    op.execute(
        "CREATE VIEW passage_search AS SELECT p.id AS id, p.text AS text, p.heading AS heading, "
        "s.title AS title FROM passages p JOIN sources s ON s.id = p.source_id"
    )
    op.execute(
        "CREATE VIRTUAL TABLE passages_fts USING fts5(text, heading, title, "
        "content='passage_search', content_rowid='id', "
        "tokenize='porter unicode61 remove_diacritics 2')"
    )
    op.execute(
        "CREATE TRIGGER passages_fts_insert AFTER INSERT ON passages BEGIN "
        "INSERT INTO passages_fts(rowid, text, heading, title) "
        "SELECT id, text, heading, title FROM passage_search WHERE id = new.id; END"
    )
    op.execute(
        "CREATE TRIGGER passages_fts_delete BEFORE DELETE ON passages BEGIN "
        "INSERT INTO passages_fts(passages_fts, rowid, text, heading, title) "
        "SELECT 'delete', id, text, heading, title FROM passage_search WHERE id = old.id; END"
    )


def downgrade() -> None:
    raise NotImplementedError("put back a copy from the backups folder instead")
