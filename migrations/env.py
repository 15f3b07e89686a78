"""How Alembic reaches the database: one transaction and one lock for all revisions, on either database."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, MetaData, text

LOCK = 1_634_757_993  # any number that nothing else of ours locks


def _run(connection: Connection, metadata: MetaData) -> None:
    if connection.dialect.name == "postgresql":
        # Whoever comes second waits here and then finds nothing to do; SQLite's BEGIN IMMEDIATE is that lock already.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, render_as_batch=True)
    context.run_migrations()


def _main() -> None:
    database = current_app.extensions["migrate"].db
    engine: Engine = database.engine
    with engine.begin() as connection:
        _run(connection, database.metadata)


_main()
