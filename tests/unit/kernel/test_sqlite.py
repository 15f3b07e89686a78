"""SQLite's writers queue: a turn is had from the beginning of a transaction to its end, whatever that is."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from authz import sqlite

HOLD = """
import signal, sqlite3, sys
from authz import sqlite
connection = sqlite3.connect(sys.argv[1], factory=sqlite.Queueing, isolation_level=None)
sqlite.begin_late(connection.cursor())
print("has begun", flush=True)
signal.pause()
"""


def _is_free(database: Path) -> bool:
    with Path(f"{database}-queue").open("ab") as queue:
        try:
            fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _engine(database: Path) -> Engine:
    engine = create_engine(f"sqlite:///{database}", connect_args={"factory": sqlite.Queueing})
    sqlite.install(engine)
    return engine


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_writer_gives_way_when_its_transaction_ends(tmp_path: Path, end: str) -> None:
    """The next one is let in by the end, not by a time."""
    database = tmp_path / "db"
    engine = _engine(database)
    connection = engine.connect()
    connection.execute(text("CREATE TABLE t (x)"))
    assert not _is_free(database)
    getattr(connection, end)()
    assert _is_free(database)
    connection.close()
    engine.dispose()


def test_writer_whose_commit_fails_keeps_its_turn_until_it_has_rolled_back(tmp_path: Path) -> None:
    """What SQLite still holds, nobody else is sent into."""
    database = tmp_path / "db"
    connection = sqlite3.connect(str(database), factory=sqlite.Queueing, isolation_level=None)
    for statement in ("PRAGMA foreign_keys=ON", "CREATE TABLE a (x PRIMARY KEY)"):
        connection.execute(statement)
    connection.execute("CREATE TABLE b (x REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED)")
    sqlite.begin_late(connection.cursor())
    connection.execute("INSERT INTO b VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError):
        connection.commit()
    assert not _is_free(database)
    connection.rollback()
    assert _is_free(database)
    connection.close()


def test_queue_that_an_administrator_makes_is_whose_the_database_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one command run by root before the server's first start shuts the server's own user out."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _handle, *whose: given.append(whose))
    sqlite3.connect(str(tmp_path / "db"), factory=sqlite.Queueing).close()
    assert given == [((tmp_path / "db").stat().st_uid, (tmp_path / "db").stat().st_gid)]


def test_reader_waits_for_nobody(tmp_path: Path) -> None:
    """Pure reads take no turn."""
    database = tmp_path / "db"
    engine = _engine(database)
    with engine.execution_options(isolation_level="AUTOCOMMIT", reading=True).connect() as connection:
        connection.execute(text("SELECT 1"))
        assert _is_free(database)
    engine.dispose()


def test_turn_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    """Nobody waits for the dead."""
    database = tmp_path / "db"
    with subprocess.Popen([sys.executable, "-c", HOLD, database], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"has begun\n"
        assert not _is_free(database)
        process.kill()
    assert _is_free(database)
