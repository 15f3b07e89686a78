"""From the unit that tells something to the mailbox of its owner: retried, given up, never lost, never held up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from authz import audit, db
from authz import clock as wall
from authz.errors import Unavailable
from authz.notifications import channels, contacts, outbox, worker
from authz.notifications.channels.envelope import Envelope
from authz.notifications.models import Message
from authz.settings import Settings
from tests.clock import Clock
from tests.fakes.smtp import mail_server
from tests.mailbox import Mailbox

ALICE = "a" * 32
PATIENCE = 60.0  # of a test for what has to happen; nothing is measured by it
Unit = Callable[[], AbstractContextManager[Session]]


@pytest.fixture(autouse=True)
def _alice(unit: Unit) -> None:
    with unit():
        reach = contacts.Reach(
            "fr", "alice@example.org", email_verified=True, phone="+33612345339", phone_verified=True
        )
        contacts.add(ALICE, reach, now=wall.now())


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Make e-mail fail with what is in the list, one by one, and collect in it nothing."""
    faults: list[Exception] = []
    real = channels.CHANNELS["email"]

    def deliver(envelope: Envelope, config: Settings) -> None:
        if faults:
            raise faults.pop(0)
        real(envelope, config)

    monkeypatch.setitem(channels.CHANNELS, "email", deliver)
    return faults


def _notify(unit: Unit, **changes: Any) -> None:
    with unit():
        outbox.notify(ALICE, "new_document", **({"app": "Glycélia", "profile": "Alice"} | changes))


def _rows(app: Flask, channel: str = "email") -> list[Any]:
    with app.app_context(), db.reading() as connection:
        query = select(Message.__table__).where(Message.channel == channel).order_by(Message.id)
        return list(connection.execute(query))


def _failures(unit: Unit) -> list[str]:
    with unit() as session:
        return [row.detail for row in session.scalars(select(audit.Activity)) if row.tag == "message:fail"]


def test_patient_is_told_by_mail_and_bell(app: Flask, unit: Unit, mailbox: Mailbox) -> None:
    _notify(unit)
    told = mailbox.messages("alice@example.org")
    assert [one["subject"] for one in told] == ["Un nouveau document est arrivé dans Mon dossier santé"]
    assert "Glycélia a ajouté un document au dossier de Alice" in told[0]["text"]
    with app.app_context():
        assert outbox.count_unread(ALICE) == 1
        notice = outbox.list_bell(ALICE, lang="en")[0]
        assert (notice.subject, notice.is_read) == ("A new document has arrived in Mon dossier santé", False)
        assert outbox.list_bell(ALICE, lang="en", before=notice.id) == []
        assert outbox.list_bell("b" * 32, lang="fr") == []
    assert worker.run(app, once=True) == 0, "nothing is sent twice"


def test_patient_reads_a_notice_and_then_all(app: Flask, unit: Unit) -> None:
    for _ in range(3):
        _notify(unit, channels=["bell"])
    with app.app_context():
        newest = outbox.list_bell(ALICE, lang="fr", limit=1)[0]
    with unit():
        outbox.mark_read("b" * 32, newest.id)
        outbox.mark_read(ALICE, newest.id)
    with app.app_context():
        assert [one.is_read for one in outbox.list_bell(ALICE, lang="fr")] == [True, False, False]
    with unit():
        outbox.mark_read(ALICE)
    with app.app_context():
        assert outbox.count_unread(ALICE) == 0


def test_what_a_rolled_back_unit_told_is_never_sent(app: Flask, unit: Unit, mailbox: Mailbox) -> None:
    with pytest.raises(RuntimeError), unit():
        outbox.notify(ALICE, "new_document", app="Glycélia", profile="Alice")
        raise RuntimeError
    assert mailbox.messages() == []


def test_code_reaches_phone_or_mailbox_and_is_wiped_from_the_database(app: Flask, unit: Unit, mailbox: Mailbox) -> None:
    with unit():
        outbox.send_code(ALICE, "sms", outbox.Code("123456", 15, lang="en"))
        outbox.send_code(ALICE, "email", outbox.Code("654321", 15))
    assert all(row.params_sealed and "123456" not in row.params_sealed for row in _rows(app, "sms"))
    assert mailbox.code_for("+33612345339") == "123456"
    assert mailbox.code_for("alice@example.org") == "654321"
    assert mailbox.messages("+33612345339")[0]["text"].startswith("123456 is your code")
    assert [row.params_sealed for row in _rows(app, "sms") + _rows(app)] == [None, None]


def test_code_that_is_too_old_is_dropped(app: Flask, unit: Unit, mailbox: Mailbox, clock: Clock) -> None:
    with unit():
        outbox.send_code(ALICE, "email", outbox.Code("123456", 15))
    clock.advance(minutes=16)
    assert mailbox.messages() == []
    assert [(row.failure, row.due_at, row.params_sealed) for row in _rows(app)] == [("expired", None, None)]
    assert len(_failures(unit)) == 1


def test_mail_is_tried_again_later_and_later(
    app: Flask, unit: Unit, mailbox: Mailbox, clock: Clock, broken: list[Exception]
) -> None:
    broken += [Unavailable("smtp: 451", retry=True)] * 2
    _notify(unit)
    assert mailbox.messages() == []
    clock.advance(seconds=14)
    assert worker.run(app, once=True) == 0
    clock.advance(seconds=2)
    assert worker.run(app, once=True) == 1
    clock.advance(seconds=31)
    assert len(mailbox.messages()) == 1
    row = _rows(app)[0]
    assert (row.attempts, row.failure, row.due_at) == (3, None, None)
    assert _failures(unit) == []


def test_mail_is_given_up_when_it_is_hopeless(
    app: Flask, unit: Unit, mailbox: Mailbox, broken: list[Exception]
) -> None:
    broken += [Unavailable("smtp: recipient refused [550]", retry=False)]
    _notify(unit)
    assert mailbox.messages() == []
    assert _rows(app)[0].failure == "smtp: recipient refused [550]"
    assert "550" in _failures(unit)[0]
    assert "example.org" not in _failures(unit)[0]


def test_mail_is_given_up_after_the_last_try(app: Flask, unit: Unit, clock: Clock, broken: list[Exception]) -> None:
    broken += [Unavailable("smtp: 451", retry=True)] * 20
    _notify(unit)
    handled = 0
    for _ in range(20):
        handled += worker.run(app, once=True)
        clock.advance(hours=1, seconds=1)
    assert handled == worker.MAX_ATTEMPTS
    assert len(_failures(unit)) == 1


def test_account_without_an_address_costs_one_look(app: Flask, unit: Unit) -> None:
    with unit():
        outbox.notify("b" * 32, "new_device", browser="Firefox")
    assert worker.run(app, once=True) == 1
    assert _rows(app)[0].failure == "no address"


def test_fault_in_one_message_holds_up_no_other_and_ends(
    app: Flask, unit: Unit, mailbox: Mailbox, clock: Clock, broken: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    broken += [ZeroDivisionError("alice@example.org")] * 50
    _notify(unit)
    with caplog.at_level(logging.ERROR):
        assert mailbox.messages() == []
    assert "worker:fault" in caplog.messages
    broken.clear()
    _notify(unit)
    assert len(mailbox.messages()) == 1, "the other one came"
    broken += [ZeroDivisionError()] * 50
    for _ in range(worker.MAX_ATTEMPTS):
        clock.advance(minutes=3)
        worker.run(app, once=True)
    assert [row.failure for row in _rows(app)] == ["gave up", None]


def test_worker_that_dies_after_its_claim_leaves_a_message_that_falls_due_again(
    app: Flask, unit: Unit, mailbox: Mailbox, clock: Clock, broken: list[Exception]
) -> None:
    broken += [KeyboardInterrupt()]  # type: ignore[list-item]
    _notify(unit)
    with pytest.raises(KeyboardInterrupt):
        worker.run(app, once=True)
    assert mailbox.messages() == [], "the lease still holds"
    clock.advance(minutes=2, seconds=1)
    assert len(mailbox.messages()) == 1


def test_message_that_another_worker_has_is_left_to_it(app: Flask, unit: Unit) -> None:
    _notify(unit)
    with app.app_context():
        row = worker._list_due("notice")[0]
        with db.unit_of_work() as session:
            session.execute(update(Message).values(due_at=wall.now() + timedelta(minutes=1)))
        assert worker._handle(row) is False


def test_hundred_messages_and_four_workers_are_a_hundred_letters(app: Flask, unit: Unit, mailbox: Mailbox) -> None:
    for _ in range(100):
        _notify(unit, channels=["email"])
    threads = [threading.Thread(target=worker.run, args=(app,), kwargs={"once": True}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mailbox.messages()) == 100
    assert {row.attempts for row in _rows(app)} == {1}


def test_running_worker_brings_a_code_while_the_mail_server_dawdles_over_a_letter(
    app: Flask, unit: Unit, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    real = channels.CHANNELS["email"]
    under_way, released, arrived = threading.Event(), threading.Event(), threading.Event()

    def deliver(envelope: Envelope, config: Settings) -> None:
        if "code" not in envelope.subject:
            under_way.set()
            released.wait()
        else:
            arrived.set()
        real(envelope, config)

    monkeypatch.setitem(channels.CHANNELS, "email", deliver)
    _notify(unit)
    stop, done = threading.Event(), []
    jobs = [
        worker.Job("count", timedelta(hours=1), lambda: done.append(1)),
        worker.Job("fault", timedelta(hours=1), lambda: 1 / 0),
    ]
    running = threading.Thread(target=worker.run, args=(app,), kwargs={"stop": stop, "jobs": jobs})
    running.start()
    try:
        assert under_way.wait(PATIENCE)
        with unit():
            outbox.send_code(ALICE, "email", outbox.Code("123456", 15))
        assert arrived.wait(PATIENCE), "it waits behind the letter"
    finally:
        released.set()
        stop.set()
        running.join(PATIENCE)
    assert not running.is_alive()
    assert done == [1]


def test_jobs_come_back_when_it_is_time(app: Flask) -> None:
    stop, done = threading.Event(), []

    def job() -> None:
        done.append(1)
        if len(done) == 2:
            stop.set()

    jobs = [worker.Job("often", timedelta(0), job), worker.Job("rarely", timedelta(hours=1), lambda: None)]
    worker.run(app, stop=stop, jobs=jobs)
    assert done == [1, 1]


def test_stopped_worker_takes_no_further_message(app: Flask, unit: Unit) -> None:
    _notify(unit)
    stop = threading.Event()
    stop.set()
    assert worker.run(app, stop=stop) == 0


def test_letters_go_out_over_smtp(make_app: Callable[..., Flask], unit: Unit) -> None:
    with mail_server() as server:
        _notify(unit)
        assert worker.run(make_app(mail_url=f"smtp://127.0.0.1:{server.port}"), once=True) == 1
    assert server.received[0]["Subject"].startswith("Un nouveau document")


def test_once_runs_each_job_once(app: Flask) -> None:
    done: list[int] = []
    worker.run(app, once=True, jobs=[worker.Job("count", timedelta(hours=1), lambda: done.append(1))])
    assert done == [1]


def test_old_messages_are_thrown_away_and_an_erased_accounts_at_once(app: Flask, unit: Unit, clock: Clock) -> None:
    _notify(unit)
    worker.run(app, once=True)
    clock.advance(days=31)
    with unit():
        assert outbox.purge(clock.now()) == 1
    clock.advance(days=340)
    _notify(unit, channels=["bell"])
    with unit():
        assert outbox.purge(clock.now()) == 1
        outbox.forget(ALICE)
    assert _rows(app, "bell") == []


def test_no_name_or_address_is_logged(
    app: Flask, unit: Unit, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        _notify(unit)
        mailbox.messages()
    assert "message:sent" in caplog.text
    for personal in ("alice@", "Glycélia", "Alice"):
        assert personal not in caplog.text
