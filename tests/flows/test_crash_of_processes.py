"""`kill -9` of server and worker, twenty times each at random moments, under a stream of pushes and messages."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from authz import audit, clock, db
from authz.cli import clients
from authz.cli.composition import application
from authz.cli.migrating import bring_up
from authz.identity import enrolment
from authz.notifications import outbox
from authz.notifications.models import Message
from authz.pairing.models import Pairing
from authz.settings import Settings
from benchmarks import processes
from connectors.kit import measures
from connectors.records import identities
from connectors.records.models import DeviceRow, MeasureRow, ReceiptRow
from tests import actors, minting, standing

KILLS = 20
PATIENCE = 120.0
OID = "1.2.250.1.999.79"
CLIENT: dict[str, Any] = {
    "client_id": "glucoapp",
    "redirect_uris": ["https://glucoapp.example/callback"],
    "scope": "openid measures.glucose.write",
    "catalogue_entry": {"id": "g", "oid": OID, "name": "GlucoApp", "publisher": "G", "host": "glucoapp.example"},
}
ALICE = {"identifier": "alice.martin", "password": actors.PASSWORD, "email": "alice@example.org"}


@pytest.fixture
def settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give the settings of a space on an empty database of either kind."""
    url = ""
    if database_kind == "postgresql":
        url = request.getfixturevalue("cluster").create("crashing")
    made = standing.settings_for(tmp_path, url, issuer=f"http://127.0.0.1:{processes.free_port()}")
    return dataclasses.replace(made, access_token_seconds=3600, log_level="WARNING")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Give the space's application, to lay it and to look at it while others serve it."""
    with application(settings, is_new=True) as composed:
        bring_up(composed)
    yield composed
    with composed.app_context():
        db.db.engine.dispose()


class Stream:
    """Partners that push and acts that are told, until it is over; what the server acknowledged is noted."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.over = threading.Event()
        self.acknowledged: list[str] = []
        self.interrupted = 0
        with app.app_context(), db.unit_of_work():
            self.account_id = enrolment.add(ALICE)["id"]
            secret = clients.register(CLIENT)[1]
        partner = actors.Partner(app, "glucoapp", secret, scope=CLIENT["scope"])
        alice = actors.Person(app, None, "alice.martin", "alice@example.org", self.account_id)  # type: ignore[arg-type]
        self.token = minting.mint_tokens(partner, alice)["access_token"]
        with app.app_context(), db.unit_of_work() as session:
            self.subject = session.scalars(select(Pairing.subject)).one()
            self.told = len(session.scalars(select(Message.id).where(Message.channel == "email")).all())

    def pushes(self, lane: int) -> None:
        """Send one measure after the other, each until it is acknowledged."""
        taken_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=lane)
        while not self.over.is_set():
            taken_at += timedelta(seconds=1)
            device = measures.Device(OID, f"meter-{lane}-{taken_at:%H%M%S}", measures.CGM)
            authority = f"urn:oid:{self.settings.assign_authority}"
            taken = measures.Taken(self.subject, authority, taken_at, device)
            bundle = json.dumps(measures.mean_glucose(taken, mg_dl=120, days=14)).encode()
            self.acknowledged.append(self._until_acknowledged(bundle, f"{lane}-{taken_at.isoformat()}"))

    def tells(self) -> None:
        """Write messages as any act does, urgent ones among them."""
        while not self.over.wait(0.03):
            with self.app.app_context(), db.unit_of_work():
                outbox.notify(self.account_id, "new_document", app="G", profile="Alice", channels=["email"])
                outbox.send_code(self.account_id, "email", outbox.Code(f"{self.told:06d}", 15))
            self.told += 2

    def _until_acknowledged(self, bundle: bytes, key: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                status, answer = self._send(bundle, key)
            except (OSError, HTTPException, ValueError):
                self.interrupted += 1
                time.sleep(0.02)
                continue
            assert status in (200, 201), answer
            return str(answer["entry"][0]["response"]["location"].removeprefix("Observation/"))
        raise AssertionError("a push was never acknowledged")

    def _send(self, bundle: bytes, key: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", int(self.settings.issuer.rpartition(":")[2]), timeout=10)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/fhir+json",
            "Idempotency-Key": key,
        }
        try:
            connection.request("POST", "/measures/fhir", bundle, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class Machine:
    """Where server and worker run, and die."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program, self.lock = program, threading.Lock()
        self.pids: dict[str, int] = {}

    def starts(self, *words: str) -> None:
        """Start one of them."""
        with self.lock:
            assert self.program.stdin is not None
            assert self.program.stdout is not None
            self.program.stdin.write(json.dumps(words) + "\n")
            self.program.stdin.flush()
            self.pids[words[0]] = int(self.program.stdout.readline())

    def kills(self, name: str) -> None:
        """Kill it with all that it has started, at once."""
        os.killpg(self.pids[name], signal.SIGKILL)


@contextmanager
def _machine(settings: Settings) -> Iterator[Machine]:
    environment = os.environ | {
        f"APPAIRAGE_{name.upper()}": str(getattr(settings, name))
        for name in ("issuer", "database_url", "data_dir", "secret_key", "mail_url", "sms_url", "log_level")
    }
    command = [sys.executable, "-m", "tests.flows.dying_processes", str(settings.data_dir)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as program:
        machine = Machine(program)
        try:
            yield machine
        finally:
            for name in machine.pids:
                machine.kills(name)
            program.kill()


def _server_dies(machine: Machine, port: int, stream: Stream, chance: random.Random) -> None:
    """Kill it at a random moment of its work: some pushes after it came up, and a little later."""
    for _ in range(KILLS):
        _serve(machine, port)
        _wait_until_acknowledged(stream, len(stream.acknowledged) + chance.randrange(1, 8))
        time.sleep(chance.uniform(0, 0.02))
        machine.kills("serve")
    _serve(machine, port)


def _wait_until_acknowledged(stream: Stream, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(stream.acknowledged) < count:
        assert time.monotonic() < deadline, "no push was acknowledged"
        time.sleep(0.002)


def _serve(machine: Machine, port: int) -> None:
    machine.starts("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2")
    deadline = time.monotonic() + PATIENCE
    while not processes.answers(port, "/healthz"):
        assert time.monotonic() < deadline, "the server does not come up"
        time.sleep(0.02)


def _worker_dies(machine: Machine, app: Flask, chance: random.Random) -> None:
    """Kill it at a random moment of its work: some messages after it came up, and a little later."""
    for _ in range(KILLS):
        machine.starts("worker")
        _wait_until_sent(app, _sent(app) + chance.randrange(1, 8))
        time.sleep(chance.uniform(0, 0.02))
        machine.kills("worker")
    machine.starts("worker")


def _sent(app: Flask) -> int:
    with app.app_context():
        return _count(select(func.count()).where(Message.channel == "email", Message.sent_at.is_not(None)))


def _wait_until_sent(app: Flask, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while _sent(app) < count:
        assert time.monotonic() < deadline, "no message was sent"
        time.sleep(0.01)


def test_server_and_worker_killed_twenty_times_lose_nothing(app: Flask, settings: Settings) -> None:
    """What was acknowledged is there once, what was told is sent, nothing is half-written."""
    stream, port = Stream(app, settings), int(settings.issuer.rpartition(":")[2])
    with _machine(settings) as machine:
        work: list[Callable[[], None]] = [lambda: stream.pushes(0), lambda: stream.pushes(40), stream.tells]
        deaths: list[Callable[[], None]] = [
            lambda: _server_dies(machine, port, stream, random.Random(1)),
            lambda: _worker_dies(machine, app, random.Random(2)),
        ]
        failures = _run_together(deaths, work, stream.over)
        assert failures == []
        _let_leases_end(app)
        _wait_until_delivered(app)
    assert len(stream.acknowledged) > KILLS
    assert stream.interrupted > KILLS, "the kills met pushes"
    _check_measures(app, stream.acknowledged)
    _check_messages(app, settings, stream.told)


def _run_together(
    deaths: list[Callable[[], None]], work: list[Callable[[], None]], over: threading.Event
) -> list[BaseException]:
    """Run all, end the work after the last death; returns what was raised in any."""
    failures: list[BaseException] = []

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(act,)) for act in (*deaths, *work)]
    for thread in threads:
        thread.start()
    for thread in threads[: len(deaths)]:
        thread.join()
    over.set()
    for thread in threads[len(deaths) :]:
        thread.join()
    return failures


def _let_leases_end(app: Flask) -> None:
    """Move on to when what the dead workers had claimed falls due again."""
    with app.app_context(), db.unit_of_work() as session:
        session.execute(update(Message).where(Message.due_at.is_not(None)).values(due_at=clock.now()))


def _wait_until_delivered(app: Flask) -> None:
    deadline = time.monotonic() + PATIENCE
    with app.app_context():
        while _count(select(func.count()).where(Message.due_at.is_not(None))):
            assert time.monotonic() < deadline, "messages are left"
            time.sleep(0.1)


def _count(query: Any) -> int:
    with db.reading() as connection:
        return int(connection.execute(query).scalar_one())


def _check_measures(app: Flask, acknowledged: list[str]) -> None:
    with app.app_context(), db.reading() as connection:
        rows = connection.execute(select(MeasureRow.id, MeasureRow.device_id)).all()
        devices = connection.execute(select(DeviceRow.id)).scalars().all()
        journal = select(audit.Activity.detail).where(audit.Activity.tag == "record:measure:add")
        added = Counter(json.loads(detail)["id"] for detail in connection.execute(journal).scalars())
        receipts = connection.execute(select(func.count()).select_from(ReceiptRow)).scalar()
    assert sorted(identities.shown(row.id) for row in rows) == sorted(acknowledged)
    assert sorted(row.device_id or "" for row in rows) == sorted(devices)
    assert added == Counter(row.id for row in rows)
    assert receipts == len(rows)
    assert _journal_is_whole(app)


def _journal_is_whole(app: Flask) -> bool:
    with app.app_context(), db.unit_of_work():
        while audit.link_chain():
            pass
        return audit.find_break() is None


def _check_messages(app: Flask, settings: Settings, told: int) -> None:
    query = select(Message.id, Message.sent_at, Message.failure).where(Message.channel == "email")
    with app.app_context(), db.reading() as connection:
        rows = connection.execute(query).all()
    files = (settings.data_dir / "mail").glob("*.json")
    letters = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}
    assert len(rows) == told
    assert [row.id for row in rows if not row.sent_at or row.failure] == []
    assert sorted(letters) == sorted(row.id for row in rows)
    assert all(letter["text"] for letter in letters.values())
