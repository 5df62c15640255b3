"""Conflicts between edits, canaries of forgotten facts, and small state under keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEEP_IDS = {"sqlite_autoincrement": True}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("old_edit", sa.Integer, sa.ForeignKey("edits.id"), nullable=False),
        sa.Column("new_edit", sa.Integer, sa.ForeignKey("edits.id"), nullable=False),
        _text("question"),
        _text("old_answer"),
        _text("new_answer"),
        _text("found_at"),
        _text("state"),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'kept-both', 'kept-old')", "ck_conflicts_state"
        ),
        **_KEEP_IDS,
    )
    op.create_index("ix_conflicts_old_edit", "conflicts", ["old_edit"])
    op.create_index("ix_conflicts_new_edit", "conflicts", ["new_edit"])
    op.create_table(
        "canaries",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("salt"),
        _text("question_hash"),
        _text("answer_hash"),
        _text("at"),
        **_KEEP_IDS,
    )
    op.create_table(
        "state",
        sa.Column("key", sa.Text, primary_key=True),
        _text("value"),
        _text("at"),
    )


def downgrade() -> None:
    raise NotImplementedError("put back a copy from the backups folder instead")
