"""The worker: delivers what the outbox holds, outside any transaction, and keeps the house in order.

A message is claimed by one conditional UPDATE that moves its `due_at` to the end of a lease; only then is it sent, and
a second unit says how that went. Killed anywhere in between, the worker leaves a message that falls due again: each
is sent at least once, and an attempt carries the same id as the one before it. One-time codes have lanes of their own,
so that a slow mail server busy with notices never delays a sign-in, and so have calls to partners, whose servers are as
slow as they like.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, case, select, update

from authz import audit, clock, crypto, db, logs, settings
from authz.errors import Unavailable
from authz.notifications import contacts, texts
from authz.notifications.channels import CHANNELS, letter, webhook
from authz.notifications.channels.envelope import Envelope
from authz.notifications.models import Message

LEASE = {True: timedelta(seconds=20), False: timedelta(minutes=2)}  # urgent or not: how soon a dead worker's falls due
BATCH = 20
MAX_ATTEMPTS = 12
KINDS: dict[str, ColumnElement[bool]] = {
    "code": Message.urgent.is_(True),
    "notice": Message.urgent.is_(False) & (Message.channel != webhook.CHANNEL),
    "call": Message.urgent.is_(False) & (Message.channel == webhook.CHANNEL),
}
LANES = (("code", 0.25), ("code", 0.25), ("notice", 0.5), ("call", 0.25))  # seconds between looks at an empty outbox
LONGEST_PAUSE = timedelta(hours=1)
# The provider may report how a message ended before the worker has noted that it was taken.
_AS_REPORTED = case((Message.reported_at.is_not(None), Message.failure), else_=None)
_log = logs.get(__name__)


@dataclass(frozen=True)
class Job:
    """Something to be done again and again, each time as a unit of its own."""

    name: str
    every: timedelta
    run: Callable[[], object]


def run(app: Flask, *, once: bool = False, stop: threading.Event | None = None, jobs: Sequence[Job] = ()) -> int:
    """Deliver until told to stop; or, `once`, whatever is due and each job one time. Returns how many were handled."""
    if once:
        count = sum(_drain(app, kind) for kind in KINDS)
        for job in jobs:
            _run_job(app, job)
        return count
    stop = stop or threading.Event()
    counts = [0] * len(LANES)

    def serve(lane: int, kind: str, pause: float) -> None:
        while not stop.is_set():
            counts[lane] += _drain(app, kind, stop)
            stop.wait(pause)

    threads = [threading.Thread(target=serve, args=(lane, *how), daemon=True) for lane, how in enumerate(LANES)]
    for thread in threads:
        thread.start()
    _keep_house(app, jobs, stop)
    for thread in threads:
        thread.join()
    return sum(counts)


def each(rows: Sequence[Any], handle: Callable[[Any], None], *, after_fault: Callable[[Any], None]) -> None:
    """Handle each row as a unit of its own: one that fails is logged, put off, and stops no other."""
    for row in rows:
        try:
            with db.unit_of_work():
                handle(row)
        except Exception:
            _log.exception("worker:row:fault", extra={"row": row.id})
            with db.unit_of_work():
                after_fault(row)


def deliver_now(message_id: str) -> bool:
    """Deliver one message at once, if it is due and no worker has it; outside of any unit of work."""
    with db.reading() as connection:
        due = (Message.id == message_id) & (Message.due_at <= clock.now())
        row = connection.execute(select(Message.__table__).where(due)).first()
    return row is not None and _handle(row)


def list_waiting(channel: str) -> list[str]:
    """List the messages of a channel that are due, oldest first: left by somebody who was stopped."""
    query = select(Message.id).where(Message.channel == channel, Message.due_at <= clock.now()).order_by(Message.id)
    with db.reading() as connection:
        return list(connection.execute(query).scalars())


def _drain(app: Flask, kind: str, stop: threading.Event | None = None) -> int:
    """Handle what is due in one lane until nothing is; a fault is logged, and its message falls due again."""
    count = 0
    while not (stop and stop.is_set()):
        try:
            with app.app_context():
                handled = sum(map(_handle, _list_due(kind)))
        except Exception:
            _log.exception("worker:fault")
            return count
        if not handled:
            return count
        count += handled
    return count


def _keep_house(app: Flask, jobs: Sequence[Job], stop: threading.Event) -> None:
    due = {job.name: clock.now() for job in jobs}
    while not stop.is_set():
        for job in jobs:
            if due[job.name] <= clock.now():
                _run_job(app, job)
                due[job.name] = clock.now() + job.every
        stop.wait(0.5)


def _run_job(app: Flask, job: Job) -> None:
    try:
        with app.app_context(), db.unit_of_work():
            job.run()
    except Exception:
        _log.exception("worker:job:fault", extra={"job": job.name})


def _list_due(kind: str) -> list[Any]:
    query = (
        select(Message.__table__)
        .where(KINDS[kind], Message.due_at <= clock.now())
        .order_by(Message.due_at)
        .limit(BATCH)
    )
    with db.reading() as connection:
        return list(connection.execute(query))


def _handle(row: Any) -> bool:
    """Claim one message, deliver it, and write down how that went; false when another worker has it."""
    lease = clock.now() + LEASE[row.urgent]
    claim = update(Message).where(Message.id == row.id, Message.due_at == row.due_at)
    with db.unit_of_work() as session:
        if not db.claimed(session.execute(claim.values(due_at=lease, attempts=Message.attempts + 1))):
            return False
    logs.request_id.set(row.id)
    failure, retry, wait = _deliver(row)
    with db.unit_of_work() as session:
        settled = _outcome(row, failure, retry, wait)
        session.execute(update(Message).where(Message.id == row.id, Message.due_at == lease).values(**settled))
        if settled["due_at"] is None and failure:
            audit.record("message:fail", account_id=row.account_id, template=row.template, why=failure)
    _log.info("message:retry" if failure else "message:sent", extra={"channel": row.channel, "failure": failure})
    return True


def _deliver(row: Any) -> tuple[str, bool, int]:
    """Send one message now; returns what went wrong, if anything, whether to try again, and after how many seconds."""
    if row.expires_at and row.expires_at <= clock.now():
        return "expired", False, 0
    if row.attempts >= MAX_ATTEMPTS:
        return "gave up", False, 0  # each attempt before ended in a fault, or in the worker's death
    params = json.loads(crypto.unseal("message", row.params_sealed))
    try:
        if row.channel == webhook.CHANNEL:
            webhook.deliver(row.template, params)
        elif row.channel == letter.CHANNEL:
            letter.deliver(row.id, map(_letter, params["letters"]), settings.current())
        else:
            _send(row, params)
    except Unavailable as unavailable:
        return str(unavailable)[:64], unavailable.retry, unavailable.wait
    return "", False, 0


def _send(row: Any, params: dict[str, str]) -> None:
    reach = contacts.find(row.account_id)
    address = params.get("to") or (reach.address(row.channel) if reach else None)
    lang = row.lang or (reach.lang if reach else None)
    if address is None or lang is None:
        raise Unavailable("no address", retry=False)
    subject, text = texts.render(row.template, lang, params, is_short=row.channel == "sms")
    CHANNELS[row.channel](Envelope(row.id, address, subject, text, lang, row.created_at), settings.current())


def _letter(said: dict[str, Any]) -> letter.Letter:
    subject, text = texts.render(said["template"], said["lang"], said["params"])
    return letter.Letter(said["address"], said["lang"], subject, text)


def _outcome(row: Any, failure: str, retry: bool, wait: int) -> dict[str, Any]:
    attempts, now = row.attempts + 1, clock.now()
    if failure and retry and attempts < MAX_ATTEMPTS:
        return {"due_at": now + max(timedelta(seconds=wait), _pause(attempts, row.urgent)), "failure": failure}
    done = {"due_at": None, "failure": failure or _AS_REPORTED, "sent_at": None if failure else now}
    # What counts until an instant is a code, or goes with one.
    return done | ({"params_sealed": None} if row.urgent or row.expires_at else {})


def _pause(attempts: int, urgent: bool) -> timedelta:
    return min(LONGEST_PAUSE, timedelta(seconds=(1 if urgent else 15) << (attempts - 1)))
