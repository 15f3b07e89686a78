"""From an empty database to the newest, step by step, and then it is what the models say; on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from sqlalchemy import inspect

import migrations
import wsgi
from authz.cli import migrating
from authz.db import Base, db
from tests.house.sources import ROOT
from tests.standing import settings_for

STEPS = sorted(path.name.partition("_")[0] for path in (ROOT / "migrations/versions").glob("[0-9]*.py"))


@pytest.fixture
def fresh(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Give an application whose database is empty."""
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    if database_kind == "postgresql":
        url = request.getfixturevalue("cluster").create("fresh")
    app = wsgi.create_app(settings_for(tmp_path, url))
    Migrate(app, db, directory=str(migrations.FOLDER))
    with app.app_context():
        yield app
        db.engine.dispose()


def _differences() -> list[Any]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_operator_migrates_an_empty_database_to_what_the_models_say(fresh: Flask) -> None:
    """What autogeneration would still add is nothing; doing it twice changes nothing."""
    assert migrating.bring_up(fresh)["version"] == STEPS[-1]
    assert _differences() == []
    assert migrating.bring_up(fresh) == {"before": STEPS[-1], "version": STEPS[-1]}


def test_each_step_runs_on_the_one_before_it_and_back(fresh: Flask) -> None:
    """Nobody is stuck in between: up one by one, then down to nothing."""
    grown = [set[str]()]
    for step in STEPS:
        upgrade(revision=step)
        grown.append(_tables())
    for before in reversed(grown[:-1]):
        downgrade(revision="-1")
        assert _tables() == before


def test_steps_are_numbered_without_gaps() -> None:
    """The number of a step is its revision, and it follows the one before."""
    assert [f"{number:04}" for number in range(1, len(STEPS) + 1)] == STEPS
    for step, path in zip(STEPS, sorted((ROOT / "migrations/versions").glob("[0-9]*.py")), strict=True):
        text = path.read_text(encoding="utf-8")
        assert re.search(rf'^revision(: \w+)? = "{step}"', text, re.MULTILINE), path.name
