"""Pages are made while somebody else writes: on the embedded database no page waits for the one write lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text

from authz import audit, db
from authz.db import session
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.flows.pages.conftest import Linked
from tests.standing import unit_in

HOME = ("measures", "measures/MED-969", "documents", "services", "activity", "profile", "security")


@contextmanager
def somebody_writing(app: Flask) -> Iterator[None]:
    """Hold a transaction open that has written: on SQLite the write lock, which nobody else gets meanwhile."""
    with app.app_context():
        connection = db.db.engine.connect()
    with connection, connection.begin() as writing:
        connection.execute(text("UPDATE budget SET spent_until = 0"))
        yield
        writing.rollback()


@pytest.mark.parametrize("name", HOME)
def test_patient_reads_a_page_while_somebody_writes(sent: Linked, name: str) -> None:
    sent.person.get("/home/notices")
    with somebody_writing(sent.partner.app):
        assert sent.person.browser.get(f"/home/{name}").status_code == 200


def test_patient_reads_a_report_a_link_and_its_end_while_somebody_writes(sent: Linked) -> None:
    documents = sent.person.get("/home/documents").text
    report = documents.split('<h2><a href="')[1].split('"')[0]
    sent.person.get("/home/notices")
    with somebody_writing(sent.partner.app):
        for address in (report, sent.address, f"{sent.address}/end", "/home/notices"):
            assert sent.person.browser.get(address).status_code == 200


def test_patient_reads_the_steps_of_a_request_while_somebody_writes(
    app: Flask, alice: Person, glucoapp: Partner
) -> None:
    page = alice.arrives_at_consent(glucoapp)
    with somebody_writing(app):
        again = alice.browser.get(page.request.path)
        assert 'id="consent"' in again.text
    done = alice.submit(page, "consent", decision="allow", scope=["measures.read"], until="1")
    with somebody_writing(app):
        assert alice.browser.get(done.request.path).status_code == 200


def test_page_that_notes_its_browser_in_use_writes_once_it_is_made(sent: Linked, clock: Clock) -> None:
    """The note once a minute is the last statement before the commit."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split()[0])

    with sent.partner.app.app_context():
        engines = [db.db.engine, sent.partner.app.extensions["reading_engine"]]
    sent.person.get("/home/notices")
    clock.advance(minutes=2)
    for engine in set(engines):
        event.listen(engine, "before_cursor_execute", note)
    try:
        assert sent.person.get("/home/measures").status_code == 200
    finally:
        for engine in set(engines):
            event.remove(engine, "before_cursor_execute", note)
    assert "UPDATE" in seen
    assert set(seen[: seen.index("UPDATE")]) <= {"SELECT", "BEGIN"}
    assert seen[seen.index("UPDATE") + 1 :] == []
    sent.person.get("/home/measures")


def test_page_that_writes_keeps_all_of_it_or_nothing(app: Flask, alice: Person) -> None:
    """Begun late, a page's transaction is still one."""
    with unit_in(app):
        before = len(audit.list_of_profile(alice.profile_id(), limit=500))
    with app.test_request_context("/"):
        session().execute(text("SELECT 1"))
        for _ in range(3):
            audit.record("test:page", profile_id=alice.profile_id())
        db.abandon()
    with unit_in(app):
        assert len(audit.list_of_profile(alice.profile_id(), limit=500)) == before
