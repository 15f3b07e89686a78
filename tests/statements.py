"""Counts SQL statements, so that a hot path that grows by one is a red test and not a slow week."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from authz import prepared


@contextmanager
def heard(listener: Callable[[str], None]) -> Iterator[None]:
    """Have each statement told before it is executed, by SQLAlchemy or past it."""

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        listener(statement)

    def execute(cursor: Any, sql: str, parameters: Any) -> None:
        listener(sql)
        hand_over(cursor, sql, parameters)

    hand_over = prepared.execute
    event.listen(Engine, "before_cursor_execute", note)
    prepared.execute = execute
    try:
        yield
    finally:
        prepared.execute = hand_over
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Give the list that fills with each statement executed inside; SQLite's own BEGIN is not one of them."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    with heard(note):
        yield seen
