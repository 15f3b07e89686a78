"""One INSERT that a second attempt cannot repeat, on both databases: the primary key is the guard."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from authz.db import Base, claimed, session


def put_new(row: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless its key exists; tells whether it was inserted."""
    # The unit's own connection: the ORM's way to it costs as much again, three times in every push.
    connection = session().connection()
    return claimed(connection.execute(_statement(row, connection.dialect.name), values))


@lru_cache(maxsize=16)
def _statement(row: type[Base], dialect: str) -> Insert:
    table = cast(Table, row.__table__)
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # The count of an INSERT is not kept unless asked for, and is -1 on PostgreSQL otherwise.
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
