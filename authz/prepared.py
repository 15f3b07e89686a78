"""Statements made once and executed past SQLAlchemy's execution, which costs three times what the driver does.

SQLAlchemy still writes the SQL, turns values into what a database keeps and back, pools the connections and owns the
transaction. For the few statements of the hot paths (docs/decisions/0023); everything else is executed as usual.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

from authz import db, sqlite

Values = dict[str, Any]


@dataclass(frozen=True)
class _Compiled:
    """A statement in one dialect: its SQL, how its values are handed over, how its rows are read."""

    dialect: Dialect
    sql: str
    parameters: Callable[[Values], Any]
    rows: Callable[[DBAPICursor], list[Any]]


class Prepared:
    """A Core statement with named parameters, for which `values` holds one each; of an INSERT, `columns` are those."""

    def __init__(self, statement: Executable, columns: Iterable[str] = ()) -> None:
        self._statement, self._columns = statement, list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def find(self, values: Values) -> Any:
        """Return the first row there is, or None; a pure read, outside any transaction."""
        return next(iter(self.read(values)), None)

    def read(self, values: Values) -> list[Any]:
        """Return the rows, as named tuples; a pure read, outside any transaction: no write lock on SQLite."""
        return self._aside(values)[1]

    def run(self, values: Values) -> int:
        """Execute the statement in this unit; returns how many rows it changed."""
        lent = db.session().connection().connection
        with closing(lent.cursor()) as cursor:
            if not db.is_postgresql():
                sqlite.begin_late(cursor)  # the listener that does it for a page does not see these statements
            return self._execute(lent, cursor, values)[0]

    def alone(self, values: Values) -> int:
        """Execute the statement as a unit by itself, without BEGIN and COMMIT; returns the rows changed.

        On SQLite, and in a unit that has begun already, it is a statement of that unit.
        """
        if not db.is_postgresql() or db.has_begun():
            return self.run(values)
        return self._aside(values)[0]

    def _aside(self, values: Values) -> tuple[int, list[Any]]:
        """Execute the statement in autocommit, on the connection that this thread keeps."""
        with db.reader() as (lent, cursor):
            return self._execute(lent, cursor, values)

    def _execute(self, lent: PoolProxiedConnection, cursor: DBAPICursor, values: Values) -> tuple[int, list[Any]]:
        compiled = self._of(db.reading_engine().dialect)
        try:
            execute(cursor, compiled.sql, compiled.parameters(values))
            return cursor.rowcount, compiled.rows(cursor)
        except compiled.dialect.loaded_dbapi.Error as error:
            raise _wrapped(error, compiled, lent, cursor) from error

    def _of(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statement, self._columns, dialect)
        return self._compiled[dialect.name]


def execute(cursor: DBAPICursor, sql: str, parameters: Any) -> None:
    """Hand a statement to the driver; the one place where that happens."""
    cursor.execute(sql, parameters)


def _wrapped(error: Any, compiled: _Compiled, lent: PoolProxiedConnection, cursor: DBAPICursor) -> Any:
    """Return what SQLAlchemy would raise, without the values; a connection that is gone is not lent again."""
    dialect = compiled.dialect
    is_gone = dialect.is_disconnect(error, lent.dbapi_connection, cursor)
    if is_gone:
        lent.invalidate(error)
    return DBAPIError.instance(
        compiled.sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True,
        connection_invalidated=is_gone, dialect=dialect,
    )  # fmt: skip


def _compile(statement: Executable, columns: list[str] | None, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=columns)  # type: ignore[attr-defined]  # of every statement that is executed
    assert isinstance(compiled, SQLCompiler)  # nosec B101 # gives mypy the type
    return _Compiled(dialect, str(compiled), _binder(compiled, dialect), _reader(statement, dialect))


def _binder(compiled: SQLCompiler, dialect: Dialect) -> Callable[[Values], Any]:
    processors = {
        name: processor
        for name, bind in compiled.binds.items()
        if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
    order = compiled.positiontup

    def bind(values: Values) -> Any:
        given = fixed | values
        for name, processor in processors.items():
            given[name] = processor(given[name])
        return tuple(given[name] for name in order) if order is not None else given

    return bind


def _reader(statement: Executable, dialect: Dialect) -> Callable[[DBAPICursor], list[Any]]:
    columns = list(getattr(statement, "selected_columns", ()))
    if not columns:
        return lambda _cursor: []
    row: Any = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    processors = [
        (place, processor)
        for place, column in enumerate(columns)
        if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]

    def read(cursor: DBAPICursor) -> list[Any]:
        found = []
        for raw in cursor.fetchall():
            cells = list(raw)
            for place, processor in processors:
                cells[place] = processor(cells[place])
            found.append(row._make(cells))
        return found

    return read
