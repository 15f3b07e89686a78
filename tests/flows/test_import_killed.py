"""`kill -9` of an import again and again: everybody is prepared once, and each code is printed once."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from authz import db
from authz.cli.composition import application
from authz.cli.migrating import bring_up
from authz.identity import prepared
from authz.identity.civil_models import PreparedSpace
from authz.identity.prepared_import import BATCH
from authz.notifications import worker
from authz.settings import Settings
from tests import standing
from tests.clock import Clock
from tests.registers import person

PATIENCE = 60.0
ROUNDS = 4
CODE = re.compile(r"[B-Z2-9]{4}-[B-Z2-9]{4}-[B-Z2-9]{4}")


@pytest.fixture
def settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give the settings of a space on an empty database of either kind."""
    url = request.getfixturevalue("cluster").create("importing") if database_kind == "postgresql" else ""
    return dataclasses.replace(standing.settings_for(tmp_path, url), log_level="WARNING")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Give the space's application, to lay it and to look at it while others write to it."""
    with application(settings, is_new=True) as composed:
        bring_up(composed)
    yield composed
    with composed.app_context():
        db.db.engine.dispose()


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the real command, which reads its register from us."""
    environment = os.environ | {
        "APPAIRAGE_DATA_DIR": str(settings.data_dir),
        "APPAIRAGE_DATABASE_URL": settings.database_url,
        "APPAIRAGE_SECRET_KEY": settings.secret_key,
    }
    words = [sys.executable, "-m", "authz.cli", "account", "import", "-", "--json"]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def lines(count: int) -> bytes:
    """Return the first people of the register."""
    return "".join(json.dumps(person(number)) + "\n" for number in range(count)).encode()


def wait_for(app: Flask, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many spaces are written."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the import ended by itself"
        with app.app_context(), db.reading() as connection:
            if connection.execute(select(func.count()).select_from(PreparedSpace)).scalar_one() >= count:
                return
        time.sleep(0.005)
    raise AssertionError("the import does not go on")


def test_an_import_killed_again_and_again_prepares_and_prints_everybody_once(
    app: Flask, settings: Settings, clock: Clock
) -> None:
    for number in range(1, ROUNDS + 1):
        process = start(settings)
        assert process.stdin is not None
        process.stdin.write(lines(number * BATCH + 1))
        process.stdin.flush()
        wait_for(app, number * BATCH, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    total = (ROUNDS + 1) * BATCH
    last = start(settings)
    out, _ = last.communicate(lines(total), timeout=PATIENCE)
    assert last.returncode == 0
    tally = json.loads(out)
    assert tally["prepared"] + tally["known"] == total
    clock.advance(minutes=5)  # what was claimed by somebody who died falls due again
    worker.run(app, once=True)
    with app.app_context(), db.reading() as connection:
        kept = set(connection.execute(select(PreparedSpace.code_digest)).scalars())
        files = (settings.data_dir / "letters").glob("*.html")
        printed = Counter(code for path in files for code in CODE.findall(path.read_text("utf-8")))
        assert len(kept) == total
        assert {prepared.code_digest(code) for code in printed} == kept
        assert set(printed.values()) == {1}
