"""Migrations: they make what the models say, on both databases, once, however many are at it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import migrations
from authz.db import Base
from tests.unit.cli.conftest import CLIENT, Operator

Make = Callable[..., Operator]


@pytest.fixture
def empty(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database of either kind."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("cluster").create("migrating"))


def test_migrated_database_equals_the_models(empty: str, make_operator: Make) -> None:
    """Column by column, index by index; and a second time there is nothing to do."""
    operator = make_operator(database_url=empty)
    assert operator.asks("migrate") == {"before": None, "version": migrations.HEAD}
    assert operator.asks("migrate") == {"before": migrations.HEAD, "version": migrations.HEAD}
    engine = create_engine(empty)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.execute(text("SELECT count(*) FROM signing_key")).scalar() == 4
    engine.dispose()


def test_head_is_the_one_that_alembic_knows() -> None:
    """The newest number is the one head, and each revision stands on the one before it."""
    scripts = ScriptDirectory(str(migrations.FOLDER))
    assert scripts.get_heads() == [migrations.HEAD]
    chain = [revision.revision for revision in scripts.walk_revisions()]
    assert chain == [f"{number:04d}" for number in range(len(chain), 0, -1)]


def test_each_step_can_be_taken_back(empty: str, make_operator: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to nothing and up again, on either database."""
    from flask_migrate import Migrate, downgrade, upgrade

    from authz import db
    from authz.cli.composition import application

    operator = make_operator(database_url=empty)
    operator.does("migrate")
    for name, value in operator.environment.items():
        monkeypatch.setenv(name, value)
    with application() as app:
        Migrate(app, db.db, directory=str(migrations.FOLDER))
        for _ in range(int(migrations.HEAD)):
            downgrade()
        with db.reading() as connection:
            left = connection.dialect.get_table_names(connection)
        assert left == ["alembic_version"]
        upgrade()


def test_two_operators_migrate_at_once_and_neither_fails(empty: str, make_operator: Make) -> None:
    """One waits for the other, and finds nothing left to do; there is one set of keys."""
    operator = make_operator(database_url=empty)
    command = [sys.executable, "-m", "authz.cli", "migrate"]
    running = [
        subprocess.Popen(command, env=operator.environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [(process.wait(60), process.communicate()[1]) for process in running] == [(0, b"")] * 3
    states = sorted((key["alg"], key["state"]) for key in operator.asks("keys", "list"))
    assert states == [("ES256", "current"), ("ES256", "next"), ("RS256", "current"), ("RS256", "next")]


def test_operator_of_an_older_program_is_told_that_the_database_is_newer(olga: Operator) -> None:
    """Going back is a matter of the backup, not of luck."""
    engine = create_engine(f"sqlite:///{olga.folder / 'data' / 'appairage.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer than this program" in olga.is_refused("migrate")
    assert "at version 9999" in olga.is_refused("client", "list")


def test_value_that_the_database_cannot_hold_is_refused(cluster: Any, make_operator: Make) -> None:
    """PostgreSQL counts characters where SQLite does not: still a sentence."""
    operator = make_operator(database_url=cluster.create("long"))
    operator.does("migrate")
    entry = CLIENT["catalogue_entry"] | {"name": "x" * 200}
    file = operator.writes("long.json", CLIENT | {"catalogue_entry": entry})
    assert "too long" in operator.is_refused("client", "add", "--from", file)
