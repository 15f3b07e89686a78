"""A push and an end at the same moment: one of them is first, and nothing is left that the patient had erased."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from authz import audit, db
from authz.clock import now
from authz.pairing import closing, pairings
from connectors import records
from connectors.records.models import DocumentRow, MeasureRow
from tests.clock import Clock
from tests.protocol.measures.conftest import Link, said
from tests.standing import unit_in
from tests.statements import heard
from tests.unit.records import samples

PATIENCE = 30.0
# Where a push can be overtaken: SQLite lets one writer in at a time, PostgreSQL all of them.
MOMENTS = {"sqlite": ["BEGIN IMMEDIATE"], "postgresql": ["INSERT INTO", "UPDATE pairing SET last_received_at"]}


@contextmanager
def stopped_before(statement: str, reached: threading.Event, on: threading.Event) -> Iterator[Callable[[], None]]:
    """Stop one thread, the one that calls what is given, before a statement, until it is told to go on."""
    whose: list[int] = []

    def stop(sql: str) -> None:
        if whose == [threading.get_ident()] and sql.startswith(statement):
            whose.clear()
            reached.set()
            assert on.wait(PATIENCE)

    with heard(stop):
        yield lambda: whose.append(threading.get_ident())


def overtaken(at: str, push: Callable[[], Any], meanwhile: Callable[[], Any]) -> tuple[Any, Any]:
    """Stop a push before a statement, do something meanwhile, let it go on; returns its answer and what was done."""
    reached, on = threading.Event(), threading.Event()

    def stopped(enter: Callable[[], None]) -> Any:
        enter()
        return push()

    with stopped_before(at, reached, on) as enter, ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(stopped, enter)
        assert reached.wait(PATIENCE)
        done = meanwhile()
        on.set()
        return pushing.result(PATIENCE), done


def end(app: Flask, link: Link) -> str:
    with unit_in(app):
        pairing = pairings.find_live(link.patient.profile_id(), link.partner.client_id)
        assert pairing is not None
        pairings.end(pairing, by=link.patient.account_id, afterwards="delete")
        return pairing.id


def pause(app: Flask, link: Link, *, minutes: int = 60, is_held: bool = False) -> None:
    with unit_in(app):
        pairing = pairings.find_live(link.patient.profile_id(), link.partner.client_id)
        assert pairing is not None
        if is_held:
            pairings.hold(pairing)
        else:
            pairings.pause(pairing, now() + timedelta(minutes=minutes), by=link.patient.account_id)


def left(app: Flask, pairing_id: str) -> list[str]:
    """List what came through a link and is not to be erased."""
    with unit_in(app) as session:
        rows = [
            session.scalars(select(table.id).where(table.pairing_id == pairing_id, table.purge_at.is_(None)))
            for table in (MeasureRow, DocumentRow)
        ]
        return [row for found in rows for row in found]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("what", ["measure", "document"])
def test_push_that_an_end_overtakes_leaves_nothing(
    link: Link, app: Flask, database_kind: str, *, number: int, what: str
) -> None:
    moments = MOMENTS[database_kind]
    address, body = {
        "measure": ("/measures/fhir", samples.bundle(samples.observation(link.subject))),
        "document": ("/fhir/DocumentReference", samples.document(link.subject)),
    }[what]

    def push() -> Any:
        headers = {"Content-Type": "application/fhir+json"}
        return link.partner.call("POST", address, link.token, data=json.dumps(body), headers=headers)

    refused, pairing_id = overtaken(moments[number % len(moments)], push, lambda: end(app, link))
    assert refused.status_code == 403
    assert "The link is ended" in said(refused)
    assert left(app, pairing_id) == []
    with unit_in(app):
        assert records.latest(link.patient.profile_id()) == []
        tags = [row.tag for row in audit.list_of_profile(link.patient.profile_id())]
        assert not {"record:measure:add", "record:document:add"} & set(tags), (
            "what did not happen is not in the journal"
        )


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("is_held", [False, True])
def test_push_that_a_pause_overtakes_leaves_nothing(
    link: Link, app: Flask, database_kind: str, *, number: int, is_held: bool
) -> None:
    moments = MOMENTS[database_kind]
    at = moments[number % len(moments)]
    refused, _ = overtaken(at, link.measure, lambda: pause(app, link, is_held=is_held))
    assert refused.status_code == 403
    assert "The link is paused" in said(refused)
    with unit_in(app):
        assert records.latest(link.patient.profile_id()) == []


def test_push_after_a_pause_is_taken(link: Link, app: Flask, clock: Clock) -> None:
    pause(app, link, minutes=5)
    assert link.measure().status_code == 403
    clock.advance(minutes=6)
    assert link.measure().status_code == 200


@pytest.mark.parametrize("number", [0, 1])
def test_push_that_the_closing_of_the_space_overtakes_leaves_nothing(
    link: Link, app: Flask, database_kind: str, *, number: int
) -> None:
    moments = MOMENTS[database_kind]

    def close() -> None:
        with unit_in(app):
            closing.close(link.patient.account_id, by="holder", erase=True)

    refused, _ = overtaken(moments[number % len(moments)], link.measure, close)
    assert refused.status_code == 403
    with unit_in(app):
        assert records.latest(link.patient.profile_id()) == []


def test_end_under_a_stream_of_pushes_erases_all_that_was_acknowledged(link: Link, app: Flask) -> None:
    begun = threading.Barrier(5)

    def stream(worker: int) -> int:
        begun.wait(PATIENCE)
        for number in range(40):
            day = 1 + (worker * 40 + number) % 28
            pushed = link.measure(effectiveDateTime=f"2026-0{1 + worker}-{day:02d}T{number % 24:02d}:00:00+01:00")
            if pushed.status_code != 200:
                assert "The link is ended" in said(pushed) or pushed.status_code == 401
                return number
        return 40

    with ThreadPoolExecutor(5) as pool:
        streams = [pool.submit(stream, worker) for worker in range(4)]
        begun.wait(PATIENCE)
        while not _has_some(app, link):
            assert not all(one.done() for one in streams)
        pairing_id = end(app, link)
        kept = sum(one.result(PATIENCE) for one in streams)
    assert kept > 0
    assert left(app, pairing_id) == []


def _has_some(app: Flask, link: Link) -> bool:
    with app.app_context(), db.reading() as connection:
        return connection.execute(select(MeasureRow.id).limit(1)).first() is not None
