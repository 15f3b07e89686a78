"""Standing applications: one for each database in a test process, put back to new between tests in milliseconds."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, MetaData, insert, text
from sqlalchemy.orm import Session

import wsgi
from authz.cli import migrating
from authz.db import Base, db, unit_of_work
from authz.settings import Settings

ISSUER = "http://localhost"
MAIL, SMS = "mail", "sms"


class Standing:
    """An application, its settings, and what its database held when it was new."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create(settings)
        with self.app.app_context():
            self.engine = db.engine
            migrating.bring_up(self.app)
        self._seeds = self._rows(Base.metadata)

    def reset(self) -> None:
        """Put the database back to what it held when new, and empty the sinks."""
        tables = Base.metadata.sorted_tables
        with self.engine.begin() as connection:
            for table in reversed(tables):
                connection.exec_driver_sql(f'DELETE FROM "{table.name}"')
            for table in tables:
                if self._seeds[table.name]:
                    connection.execute(insert(table), self._seeds[table.name])
            self._say_version(connection)
        for memory in ("clients", "key_ring"):
            self.app.extensions.pop(memory, None)
        for sink in (MAIL, SMS):
            shutil.rmtree(self.settings.data_dir / sink, ignore_errors=True)

    def _say_version(self, connection: Connection) -> None:
        """Put back the version of the schema too: what becomes of a server without one is tested as well."""
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(
            text("INSERT INTO alembic_version VALUES (:head)"), {"head": self.app.extensions["schema_head"]}
        )

    def close(self) -> None:
        """Close the database's connections."""
        self.engine.dispose()

    def _rows(self, metadata: MetaData) -> dict[str, list[dict[str, Any]]]:
        with self.engine.connect() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for table in metadata.sorted_tables
            }


def settings_for(folder: Path, database_url: str, **changes: Any) -> Settings:
    """Return the settings of a test server whose files are all in one folder."""
    settings = Settings(
        issuer=ISSUER,
        database_url=database_url,
        data_dir=folder,
        secret_key="for-tests-only-" + "0123456789" * 3,
        mail_url=f"file:{folder / MAIL}",
        sms_url=f"file:{folder / SMS}",
    )
    return dataclasses.replace(settings, **changes)


def create(settings: Settings) -> Flask:
    """Build the whole application."""
    app: Flask = wsgi.create_app(settings)
    return app


@contextmanager
def unit_in(app: Flask) -> Iterator[Session]:
    """Do a unit of work against an application from outside a request."""
    with app.app_context(), unit_of_work() as session:
        yield session
