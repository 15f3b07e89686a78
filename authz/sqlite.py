"""SQLite as the server uses it: durable, and one writer after another, each woken when it is its turn.

Whoever finds the database taken would be put to sleep by SQLite for longer and longer, up to 100 ms, and may be passed
by others meanwhile. So writers queue for a file lock beside the database first, which the kernel hands on at once, and
takes back from a process that was killed.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event

from authz import ownership

# FULL: an acknowledged measure survives a power cut, at a third of the commit rate of NORMAL.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000")
BEGIN = "BEGIN IMMEDIATE"


class Queueing(sqlite3.Connection):
    """A connection that holds its turn from the beginning of a transaction to its end."""

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        super().__init__(database, *args, **options)
        is_file = database and not database.startswith((":", "file:"))
        self._queue = open(f"{database}-queue", "ab", opener=_private) if is_file else None  # noqa: SIM115 # kept
        if self._queue:
            ownership.hand_over(self._queue.fileno(), Path(database))
        self._has_turn = False

    def wait(self) -> None:
        """Wait until nobody else is writing."""
        if self._queue and not self._has_turn:
            fcntl.flock(self._queue, fcntl.LOCK_EX)
            self._has_turn = True

    def commit(self) -> None:
        """Keep what was written, and let the next one in."""
        try:
            super().commit()
        finally:
            self._give_way()

    def rollback(self) -> None:
        """Keep nothing, and let the next one in."""
        try:
            super().rollback()
        finally:
            self._give_way()

    def close(self) -> None:
        """End the connection, and with its file the turn it may have."""
        super().close()
        if self._queue:
            self._queue.close()

    def _give_way(self) -> None:
        if self._queue and self._has_turn and not self.in_transaction:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
            self._has_turn = False


# What an engine needs to connect as above.
OPTIONS: dict[str, Any] = {"connect_args": {"factory": Queueing}}


def install(engine: Engine) -> None:
    """Have the connections of an engine begin as they must."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_immediate)
    event.listen(engine, "before_cursor_execute", _before)


def begin_late(cursor: Any) -> None:
    """Begin the transaction of a connection with its first write."""
    if not cursor.connection.in_transaction:
        cursor.connection.wait()
        cursor.execute(BEGIN)


def _private(path: str, flags: int) -> int:
    """Open a file that nobody else may lock."""
    return os.open(path, flags, 0o600)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN is deferred and upgrades late; we begin ourselves, see below.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    if not connection.get_execution_options().get("reading") and not _is_page():
        # IMMEDIATE: a writer that began by reading cannot be refused its upgrade later.
        connection.exec_driver_sql(BEGIN)


def _is_page() -> bool:
    """Tell whether this is a request that asks to be shown something, and mostly writes nothing."""
    return has_request_context() and request.method in ("GET", "HEAD")


def _before(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
    """Wait before a transaction begins, and begin a page's with its first write.

    So nobody holds the one write lock while a page is made. Until then each read is by itself, as it is on PostgreSQL;
    so what is contested is claimed by a conditional UPDATE.
    """
    if connection.get_execution_options().get("reading"):
        return
    if statement == BEGIN:
        cursor.connection.wait()
    elif not statement.startswith("SELECT") or _locks(rest[1]):
        begin_late(cursor)


def _locks(context: Any) -> bool:
    """Tell whether a read is one FOR UPDATE, which on SQLite is the write lock."""
    compiled = getattr(context, "compiled", None)
    return getattr(getattr(compiled, "statement", None), "_for_update_arg", None) is not None
