"""What every test may ask for: the application on both databases, its clock, its messages, its statements."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from authz.settings import Settings
from tests import postgres, standing, statements
from tests.mailbox import Mailbox

# A slow or busy machine is no fault of the code; continuous integration draws the same examples each time.
hypothesis.settings.register_profile(
    "here",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("here")

pytest_plugins = ("tests.clock", "tests.spec", "tests.cast", "tests.chromium")


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """Give one PostgreSQL cluster to this test process, ended with it."""
    with postgres.cluster() as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run whatever depends on it on both databases."""
    return str(request.param)


@pytest.fixture(scope="session")
def standing_app(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[standing.Standing]:
    """Give the application that stands for all tests of one database."""
    folder = tmp_path_factory.mktemp(database_kind)
    url = f"sqlite:///{folder / 'appairage.db'}"
    if database_kind == "postgresql":
        url = request.getfixturevalue("cluster").create("appairage")
    stood = standing.Standing(standing.settings_for(folder, url))
    yield stood
    stood.close()


@pytest.fixture
def app(standing_app: standing.Standing) -> Flask:
    """Give the whole application, as new: an empty database but for what a fresh one holds."""
    standing_app.reset()
    return standing_app.app


@pytest.fixture
def settings(app: Flask) -> Settings:
    """Give the application's settings."""
    found: Settings = app.extensions["settings"]
    return found


@pytest.fixture
def database_url(settings: Settings) -> str:
    """Give the address of the database under test."""
    return settings.database


@pytest.fixture
def make_app(app: Flask, standing_app: standing.Standing) -> Iterator[Callable[..., Flask]]:
    """Build a further application on the same database with other settings: `make_app(session_hours=1)`."""
    made: list[standing.Standing] = []

    def make(**changes: Any) -> Flask:
        url = standing_app.settings.database_url
        made.append(standing.Standing(standing.settings_for(standing_app.settings.data_dir, url, **changes)))
        return made[-1].app

    yield make
    for stood in made:
        stood.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser, or a partner's server, without cookies yet."""
    return app.test_client()


@pytest.fixture
def unit(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """Do a unit of work from outside a request: `with unit() as session: ...`."""
    return lambda: standing.unit_in(app)


@pytest.fixture
def mailbox(app: Flask, settings: Settings) -> Mailbox:
    """Give everybody's messages; reading them lets the worker deliver first."""
    return mailbox_of(app, settings.data_dir)


def mailbox_of(app: Flask, folder: Path) -> Mailbox:
    """Return the messages of one application."""
    from authz.notifications import worker

    return Mailbox([folder / standing.MAIL, folder / standing.SMS], lambda: worker.run(app, once=True))


@pytest.fixture
def sql_counter() -> Callable[[], AbstractContextManager[list[str]]]:
    """Count statements: `with sql_counter() as seen: ...; assert len(seen) == 3`."""
    return statements.counted
