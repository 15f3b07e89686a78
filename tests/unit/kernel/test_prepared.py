"""Statements executed past SQLAlchemy's own execution: same values, same errors, same transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from authz import clock, db
from authz.prepared import Prepared
from authz.tokens.models import AccessToken
from tests.statements import heard

Unit = Callable[[], AbstractContextManager[Session]]
TABLE = cast(Table, AccessToken.__table__)
PARIS = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
_insert = Prepared(insert(TABLE), ["digest", "client_id", "scope", "issued_at", "expires_at"])
_find = Prepared(select(TABLE.c.digest, TABLE.c.issued_at, TABLE.c.revoked_at).where(TABLE.c.digest == bindparam("of")))
_revoke = Prepared(update(TABLE).where(TABLE.c.digest == bindparam("of")).values(revoked_at=bindparam("now")))


def _row(digest: str) -> dict[str, object]:
    return {"digest": digest, "client_id": "c", "scope": "s", "issued_at": PARIS, "expires_at": PARIS}


def test_instants_come_back_aware_and_rows_have_names(unit: Unit) -> None:
    with unit():
        assert _insert.run(_row("a")) == 1
    with unit():
        found = _find.find({"of": "a"})
        assert (found.digest, found.issued_at, found.revoked_at) == ("a", PARIS, None)
        assert found.issued_at.utcoffset() == timedelta(0)
        assert _find.find({"of": "b"}) is None
        assert _find.read({"of": "b"}) == []


def test_what_is_run_is_of_the_unit_and_counted(unit: Unit) -> None:
    with pytest.raises(ZeroDivisionError), unit():
        _insert.run(_row("a"))
        raise ZeroDivisionError
    with unit():
        assert _find.find({"of": "a"}) is None
        assert _revoke.run({"of": "a", "now": clock.now()}) == 0
        _insert.run(_row("a"))
        assert _revoke.run({"of": "a", "now": clock.now()}) == 1


def test_a_statement_alone_in_a_unit_that_has_begun_is_of_that_unit(unit: Unit) -> None:
    with pytest.raises(ZeroDivisionError), unit():
        _insert.run(_row("a"))
        _insert.alone(_row("b"))
        raise ZeroDivisionError
    with unit():
        assert _find.find({"of": "b"}) is None
        _insert.alone(_row("c"))
    with unit():
        assert _find.find({"of": "c"})


def test_a_refused_value_names_no_value(unit: Unit) -> None:
    with unit():
        _insert.run(_row("a"))
    with pytest.raises(DBAPIError) as told, unit():
        _insert.run(_row("a"))
    assert told.value.params is None
    assert "INSERT INTO access_token" in str(told.value)


def test_naive_instants_are_refused(unit: Unit) -> None:
    with pytest.raises(ValueError, match="naive"), unit():
        _revoke.run({"of": "a", "now": datetime(2026, 1, 1)})  # noqa: DTZ001


def test_connection_that_is_gone_is_not_lent_again(app: Flask, unit: Unit, database_url: str) -> None:
    with app.app_context():
        if not db.is_postgresql():
            return
        with db.reader() as (kept, cursor):
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchall()[0][0]
        with unit() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DBAPIError) as told:
            _find.find({"of": "a"})
        assert told.value.connection_invalidated
        assert not kept.is_valid
        assert _find.find({"of": "a"}) is None


def _fails(_sql: str) -> None:
    raise KeyError


def test_connection_is_kept_by_its_thread_until_something_odd_happens(app: Flask) -> None:
    """What a fault of ours leaves half read is not read on by the next request."""
    with app.app_context():
        _find.find({"of": "a"})
        with db.reader() as (kept, _cursor):
            pass
        assert _find.find({"of": "a"}) is None
        with db.reader() as (again, _cursor):
            assert again is kept
        with pytest.raises(KeyError), heard(_fails):
            _find.find({"of": "a"})
        assert not kept.is_valid
        with db.reader() as (other, _cursor):
            assert other is not kept
        db.db.engine.dispose()
        assert _find.find({"of": "a"}) is None


def test_page_on_sqlite_begins_with_what_it_writes(app: Flask) -> None:
    with app.test_request_context("/"):
        lent = db.session().connection().connection
        if not db.is_postgresql():
            lent.dbapi_connection.isolation_level = None  # type: ignore[union-attr]  # as a new connection is
        _insert.run(_row("a"))
        _insert.run(_row("b"))
        db.abandon()
        assert _find.find({"of": "a"}) is None
