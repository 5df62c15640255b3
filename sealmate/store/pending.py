"""How far the active version is behind the ledger: a set difference, counted in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, exists, func, select, union

from sealmate.records import Pending
from sealmate.store import tables
from sealmate.store.edits import trainable
from sealmate.store.passages import unwritten


def count_pending(connection: Connection) -> Pending:
    """The counts of `Pending` for the version that is active now."""
    sources, passages, edits = tables.sources, tables.passages, tables.edits
    activations = tables.activations
    active = (
        connection.scalar(select(activations.c.version).order_by(activations.c.id.desc()).limit(1))
        or 0
    )
    in_weights = (
        select(tables.shard_edits.c.edit_id)
        .select_from(tables.trained)
        .where(tables.version_shards.c.version == active)
    )
    waiting = (
        select(passages.c.source_id)
        .join(sources, sources.c.id == passages.c.source_id)
        .where(sources.c.state == "current", unwritten())
    )
    new = trainable(edits.c.id, passages.c.source_id).where(edits.c.id.not_in(in_weights))
    learnt = (
        select(edits.c.id, edits.c.state, sources.c.state.label("source_state"))
        .join(passages, passages.c.id == edits.c.passage_id)
        .join(sources, sources.c.id == passages.c.source_id)
        .where(edits.c.id.in_(in_weights))
        .subquery()
    )
    erased = in_weights.where(~exists().where(edits.c.id == tables.shard_edits.c.edit_id))
    hidden = select(learnt.c.id).where(learnt.c.source_state == "forgotten")
    stale = select(learnt.c.id).where(
        learnt.c.source_state != "forgotten", learnt.c.state != "accepted"
    )
    proposed = (
        select(edits.c.id)
        .join(passages, passages.c.id == edits.c.passage_id)
        .join(sources, sources.c.id == passages.c.source_id)
        .where(edits.c.state == "proposed", sources.c.state == "current")
    )
    behind = union(waiting, select(new.subquery().c.source_id))

    def count(query: Select[Any] | CompoundSelect[Any]) -> int:
        return int(connection.scalar(select(func.count()).select_from(query.subquery())) or 0)

    return Pending(
        passages=count(waiting),
        edits=count(new),
        proposed=count(proposed),
        forgotten=count(erased) + count(hidden),
        stale=count(stale),
        sources=count(behind),
    )
