"""Runs the migrations on the connection that sealmate hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("sealmate upgrades its database when it opens it; run any command")
# transactional_ddl: the connection says BEGIN IMMEDIATE itself, so that tables roll back too.
context.configure(connection=connection, transactional_ddl=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
