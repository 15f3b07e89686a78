"""The database door: the model base, the one column type for instants, and the only place that commits.

A unit of work is one request, one command or one worker item. A refusal commits, a fault rolls back: what was written
before a refusal was meant to survive it (attempt counters, revocations, the journal). Answers leave after the commit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, current_app, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Result,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from authz import sqlite
from authz.errors import Refusal

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": 10, "hide_parameters": True}


class Base(DeclarativeBase):
    """What every row class derives from; plain and typed, so that `mypy --strict` sees the columns."""

    metadata = MetaData(naming_convention=NAMES)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant on both databases; SQLite keeps no zone, and a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database kept into an aware instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True, session_options={"autoflush": True})


class Reader(threading.local):
    """The connection in autocommit that each thread keeps, and its cursor: to borrow them costs as much as a read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: tuple[PoolProxiedConnection, DBAPICursor] | None = None

    def __enter__(self) -> tuple[PoolProxiedConnection, DBAPICursor]:
        """Return this thread's connection and cursor; what that holds is to be read before anything else is asked."""
        if self._kept is None or not self._kept[0].is_valid:
            connection = self._engine.raw_connection()
            self._kept = connection, connection.cursor()
        return self._kept

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        # After what the database refused, it is as good as before, or known to be gone.
        if kind is not None and not issubclass(kind, DBAPIError):
            self.drop()

    def drop(self) -> None:
        """End the connection of this thread, in whatever state it is; the next use makes a new one."""
        kept, self._kept = self._kept, None
        if kept and kept[0].is_valid:
            kept[0].invalidate()


def install(app: Flask, url: str) -> None:
    """Bind the application to its database and make its requests units of work."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options = sqlite.OPTIONS if url.startswith("sqlite") else {}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = POOL | options
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        app.extensions["reading_engine"] = reading = _reading_engine(engine.url, options)
        app.extensions["reader"] = reader = Reader(reading)
        event.listen(engine, "engine_disposed", lambda _engine: reader.drop())
        event.listen(engine, "engine_disposed", lambda _engine: reading.dispose())
        if engine.dialect.name == "sqlite":
            sqlite.install(engine)
            sqlite.install(reading)
    app.after_request(_end_request)


def _reading_engine(url: URL, options: dict[str, Any]) -> Engine:
    """A pool of its own: to switch a pooled connection to autocommit and back costs more than the read."""
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        execution_options={"reading": True},
        **POOL,
        **options,
    )


def session() -> Session:
    """Return the session of the unit at work."""
    current: Session = db.session()
    return current


def has_begun() -> bool:
    """Tell whether the unit at work has a transaction already."""
    return db.session.registry.has() and session().in_transaction()


def is_postgresql() -> bool:
    """Tell which of the two databases this is."""
    return reading_engine().dialect.name == "postgresql"


def reading_engine() -> Engine:
    """Return the engine whose connections are in autocommit."""
    engine: Engine = current_app.extensions["reading_engine"]
    return engine


def reader() -> Reader:
    """Return what each thread keeps for pure reads."""
    kept: Reader = current_app.extensions["reader"]
    return kept


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Make a command's or a worker item's writes one transaction; needs an application context."""
    try:
        yield session()
    except Refusal:
        db.session.commit()
        raise
    except BaseException:
        db.session.rollback()
        raise
    else:
        db.session.commit()
    finally:
        db.session.remove()


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection without a transaction to open or end, for pure reads: no write lock on SQLite."""
    with reading_engine().connect() as connection:
        yield connection


def claimed(result: Result[Any]) -> bool:
    """Tell whether a conditional UPDATE changed exactly one row, that is: whether we won."""
    return changed(result) == 1


def changed(result: Result[Any]) -> int:
    """Return how many rows an UPDATE or a DELETE changed."""
    assert isinstance(result, CursorResult)  # nosec B101 # gives mypy the type that these statements always return
    return result.rowcount


def insert_once(row: type[Base], **values: Any) -> bool:
    """Insert a row unless one of its keys is taken; tells whether it was inserted."""
    dialect = session().get_bind().dialect.name
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(row).values(**values)
    # The count of an INSERT is not kept unless asked for, and is -1 on PostgreSQL otherwise.
    once = statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return claimed(session().execute(once))


def abandon() -> None:
    """Note that this request is a fault, or came too late: nothing it wrote is kept."""
    g.fault = True
    db.session.rollback()


def _end_request(response: Response) -> Response:
    if g.get("fault"):
        db.session.rollback()
        return response
    if not db.session.registry.has():
        return response  # nothing was written, nor read in a transaction
    try:
        db.session.commit()
    except BaseException:
        abandon()
        raise
    return response
