"""The application as commands get it: composed, and what an operator can mend told in a sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from authz import crypto, db
from authz.cli.terminal import Refused
from authz.errors import Refusal
from authz.settings import Settings

Build = Callable[[Settings], Flask]


class DatabaseUnfit(Refusal):
    """The database cannot be used as it is."""

    code = "database_unfit"


class SecretUnfit(Refusal):
    """The secret key is not the one that sealed what is in the database."""

    code = "secret_unfit"
    description = "APPAIRAGE_SECRET_KEY does not open what is sealed in the database; a key of its ring is missing."


def compose(settings: Settings) -> Flask:
    """Build the whole application."""
    # The composition root stands above this package: it is found by its name, as a WSGI server finds it.
    create_app = import_module("wsgi").create_app
    try:
        app: Flask = create_app(settings)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise DatabaseUnfit(
            "APPAIRAGE_DATABASE_URL is not the address of a database that this program knows."
        ) from error
    return app


@contextmanager
def application(
    settings: Settings | None = None, *, is_quiet: bool = True, is_new: bool = False, build: Build = compose
) -> Iterator[Flask]:
    """Give the application, inside its context; `is_quiet` keeps notes (not warnings) off the operator's terminal.

    Unless it may be a new one, a database and a key that are not there are not made on the way. Afterwards no
    connection to the database is left.
    """
    settings = settings or Settings.load()
    if not is_new:
        _check_there(settings)
    if is_quiet and settings.log_level == "INFO":
        settings = dataclasses.replace(settings, log_level="WARNING")
    app = build(settings)
    with mendable(), app.app_context():
        try:
            yield app
        finally:
            db.db.engine.dispose()


def _check_there(settings: Settings) -> None:
    """Refuse where there is no database or no key: who asks in the wrong folder is told, and leaves nothing there."""
    file = _database_file(settings)
    if file is not None and not file.exists():
        raise DatabaseUnfit(
            f"There is no database at {file}; run `appairage migrate` to make one, or set APPAIRAGE_DATA_DIR or "
            "APPAIRAGE_DATABASE_URL to where it is."
        )
    if not settings.secret_key and not (settings.data_dir / crypto.KEY_FILE).exists():
        raise SecretUnfit(
            f"There is no key at {settings.data_dir / crypto.KEY_FILE}; set APPAIRAGE_SECRET_KEY or APPAIRAGE_DATA_DIR "
            "to where it is, or run `appairage migrate` if there never was one."
        )


def _database_file(settings: Settings) -> Path | None:
    """Return the embedded database's file, None where the database is elsewhere or the address is no address."""
    try:
        url = make_url(settings.database)
    except ArgumentError:
        return None
    is_file = url.get_backend_name() == "sqlite" and url.database and not url.database.startswith((":", "file:"))
    return Path(str(url.database)) if is_file else None


@contextmanager
def operation() -> Iterator[Flask]:
    """Give the migrated application and one unit of work, of which a refusal keeps nothing."""
    with application() as app:
        check_migrated(app)
        with db.unit_of_work():
            try:
                yield app
            except Refusal as refusal:
                # A unit keeps what was written before a refusal; an operator who is refused expects no change at all.
                raise Refused(refusal.description) from refusal


def read_only() -> Session:
    """Return the unit's session on a connection without a transaction, so that long reads hold up no writer."""
    session = db.session()
    session.connection(execution_options={"reading": True})
    return session


def check_migrated(app: Flask) -> None:
    """Refuse to work on a database that is not at this version."""
    with db.reading() as connection:
        version = find_version(connection)
    head = app.extensions["schema_head"]
    if version is None:
        raise DatabaseUnfit("The database is empty; run `appairage migrate` first.")
    if version != head:
        raise DatabaseUnfit(
            f"The database is at version {version} and this program at {head}; run `appairage migrate`."
        )


def find_version(connection: Connection) -> str | None:
    """Return the version of the schema, None where there is none yet."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def mendable() -> Iterator[None]:
    """Tell in a sentence what goes wrong with a database or a secret key by no fault of the program."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnfit(f"The database cannot be used: {_first_line(error)}.") from error
    except DataError as error:
        raise DatabaseUnfit(f"The database refuses a value: {_first_line(error)}.") from error
    except DatabaseError as error:
        if "file is not a database" not in str(error):
            raise
        raise DatabaseUnfit("The database file is not a database.") from error
    except crypto.SealBroken as error:
        raise SecretUnfit() from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0].rstrip(".")
