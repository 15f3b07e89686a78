"""`appairage worker`: the outbox delivered, people reminded, the journal chained, what is over forgotten."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from types import FrameType

import click
from sqlalchemy import text

from authz import audit, db, resealing
from authz.cli import terminal
from authz.cli.composition import application, check_migrated
from authz.cli.purging import purge_all, sweep
from authz.identity import birthdays, recoveries
from authz.notifications import worker
from authz.notifications.worker import Job
from authz.pairing import closing, erasing, majority, renewal

BROUGHT = "jobs"  # app.extensions: what packages above this one do again and again
CHAIN_LOCK = 1_634_757_995
_try_lock = text("SELECT pg_try_advisory_xact_lock(:lock)")


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@terminal.as_json
def command(once: bool, as_json: bool) -> None:
    """Deliver messages and keep the house in order, until told to stop."""
    with application(is_quiet=once) as app:
        check_migrated(app)
        stop = threading.Event()
        if not once:
            _stop_on_signals(stop)
        handled = worker.run(app, once=once, stop=stop, jobs=[*JOBS, *app.extensions.get(BROUGHT, ())])
    if once:
        terminal.show({"handled": handled}, as_json=as_json)


def chain_journal() -> None:
    """Chain the journal's new rows, all of them, unless another worker is at it."""
    session = db.session()
    # Two workers that number the same rows would meet at the unique index, and one would fail.
    is_alone = session.get_bind().dialect.name != "postgresql" or session.scalar(_try_lock, {"lock": CHAIN_LOCK})
    if is_alone:
        audit.link_chain(limit=2000)


JOBS = (
    Job("chain", every=timedelta(seconds=10), run=chain_journal),
    Job("close", every=timedelta(seconds=5), run=closing.end_late),
    Job("erase", every=timedelta(minutes=10), run=erasing.work),
    Job("birthdays", every=timedelta(hours=1), run=birthdays.see_to),
    Job("hold", every=timedelta(hours=1), run=majority.hold_lapsed),
    Job("recover", every=timedelta(seconds=1), run=recoveries.work),
    Job("remind", every=timedelta(hours=1), run=renewal.remind),
    Job("reseal", every=timedelta(seconds=5), run=resealing.work),
    Job("sweep", every=timedelta(minutes=10), run=sweep),
    Job("purge", every=timedelta(days=1), run=purge_all),
)


def _stop_on_signals(stop: threading.Event) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
