"""One INSERT that a second attempt cannot repeat, on both databases: the primary key is the guard."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from authz import db
from authz.db import Base
from authz.prepared import Prepared


def put_new(row: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless its key exists; tells whether it was inserted."""
    return _statement(row, tuple(values), db.is_postgresql()).run(values) == 1


@lru_cache(maxsize=16)
def _statement(row: type[Base], columns: tuple[str, ...], is_postgresql: bool) -> Prepared:
    insert = postgresql.insert if is_postgresql else sqlite.insert
    return Prepared(insert(cast(Table, row.__table__)).on_conflict_do_nothing(), columns)
