"""`appairage migrate`: the database to this version, and the first keys; two at once do no harm."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask
from sqlalchemy import text

from authz import db, keys, sealing
from authz.cli import terminal
from authz.cli.composition import DatabaseUnfit, application, find_version
from authz.settings import Settings

KEYS_LOCK = 1_634_757_994


@click.command("migrate")
@terminal.as_json
def command(as_json: bool) -> None:
    """Bring the database to this version and make the first signing keys."""
    with application(is_new=True) as app:
        terminal.show(bring_up(app), as_json=as_json)


def bring_up(app: Flask) -> dict[str, Any]:
    """Migrate and make keys; returns the version before and now."""
    settings: Settings = app.extensions["settings"]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    before, head = _version(), app.extensions["schema_head"]
    if before and before > head:
        raise DatabaseUnfit(f"The database is at version {before}, newer than this program's {head}.")
    if before != head:
        _upgrade(app)
    with db.unit_of_work() as session:
        if session.get_bind().dialect.name == "postgresql":
            # Whoever comes second waits here and finds the keys made; SQLite's BEGIN IMMEDIATE is that lock already.
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": KEYS_LOCK})
        sealing.ensure_root(is_new=not keys.list_all())
        keys.ensure()
    return {"before": before, "version": head}


def _version() -> str | None:
    with db.reading() as connection:
        return find_version(connection)


def _upgrade(app: Flask) -> None:
    # Alembic is heavy: what only runs or asks does not pay for it.
    from flask_migrate import Migrate, upgrade

    import migrations

    Migrate(app, db.db, directory=str(migrations.FOLDER))
    upgrade()
