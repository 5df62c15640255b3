"""The edits of a shard once, instead of those of all shards with every version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A version is a set of shards, and a shard never changes: so the ledger grows by what a night
    trained and not by all there is to know.

    What belonged to which shard is in the manifests, which lose it.
    """
    version_shards = op.create_table(
        "version_shards",
        sa.Column("version", sa.Integer, sa.ForeignKey("versions.number"), primary_key=True,
                  autoincrement=False),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
    )  # fmt: skip
    op.create_index("ix_version_shards_shard", "version_shards", ["shard"])
    shard_edits = op.create_table(
        "shard_edits",
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("edit_id", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_shard_edits_edit_id", "shard_edits", ["edit_id"])
    connection = op.get_bind()
    known: set[int] = set()
    lost = count(-1, -1)
    for number, said in connection.execute(
        sa.text("SELECT number, manifest FROM versions ORDER BY number")
    ).all():
        manifest = json.loads(said)
        entries = manifest.get("shards") or {}
        held = {_number(name, lost): entry.pop("edits", []) for name, entry in entries.items()}
        elsewhere = {key for keys in held.values() for key in keys}
        mine = connection.execute(
            sa.text("SELECT edit_id FROM version_edits WHERE version = :number"), {"number": number}
        ).scalars()
        own = _number(manifest.get("shard") or str(number), lost)
        held = {own: [key for key in mine if key not in elsewhere], **held}
        rows = [
            {"shard": shard, "edit_id": key}
            for shard, keys in held.items()
            if shard not in known
            for key in keys
        ]
        if rows:
            connection.execute(sa.insert(shard_edits), rows)
        connection.execute(
            sa.insert(version_shards), [{"version": number, "shard": shard} for shard in held]
        )
        known |= set(held)
        if entries:
            connection.execute(
                sa.text("UPDATE versions SET manifest = :manifest WHERE number = :number"),
                {"manifest": json.dumps(manifest), "number": number},
            )
    op.drop_table("version_edits")


def _number(name: str, lost: Iterator[int]) -> int:
    """The number of a shard; for a name that was blotted out with a forgotten note one that no
    shard has, as what it held is all that is known of it."""
    return int(name) if name.isdecimal() else next(lost)


def downgrade() -> None:
    raise NotImplementedError("put back a copy from the backups folder instead")
