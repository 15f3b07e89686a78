"""Erasing a closed space once it is due: a part a unit, so that whatever stops it, the next run goes on.

The journal keeps its chain and loses its content; of the space nothing is left but the row of its closure. What other
packages keep of a profile they erase themselves: they are called in turn until each has nothing left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, exists, select, update

from authz import audit, clock, db
from authz.db import Base
from authz.identity import closures
from authz.notifications import outbox, worker
from authz.notifications.models import Message

ERASERS = "erasers"  # app.extensions: what packages above this one erase of a profile, by name
PART = 500
LETTERS = timedelta(days=1)  # how long the last letters have to leave before their addresses go
# Rows that hang on others come first; `family_id` hangs on the authorizations of the profile.
OF_FAMILIES = ("authorization_code", "access_token", "refresh_token")
OF_PROFILE = (
    "token_family",
    "consent",
    "pairing",
    "interaction",
    "civil_identity",
    "prepared_space",
    "invitation",
    "age_step",
)
OF_ACCOUNT = (
    *("message", "contact", "passkey", "recovery_code", "recovery", "one_time_code", "known_device", "interaction"),
    *("invitation", "upstream_identity", "browser_session", "delegation"),
)
# What is kept, and why: the journal's chain with its content erased; the proof; links into the spaces of others.
KEPT = {"activity", "closure"}
OTHERS = {"pairing", "consent", "token_family"}  # of other profiles, by an id that names nobody any more
Eraser = Callable[..., int]


def work() -> None:
    """Do what is due, a part a unit; one space that fails stops no other."""
    worker.each(closures.list_due(), _work_through, after_fault=lambda row: None)


def _work_through(row: Any) -> None:
    while _step(row.account_id, row.profile_id):
        pass


def _step(account_id: str, profile_id: str | None) -> bool:
    """Do the next part; tells whether there is another one to do now."""
    with db.unit_of_work():
        if closures.claim(account_id):
            audit.record("account:erase:begin", profile_id=profile_id, account_id=account_id)
            outbox.alert(account_id, "space_erasing")
            return True
        row = closures.find(account_id)
        if row is None or row.erasing_at is None or row.erased_at is not None:
            return False
        if profile_id and _erase_elsewhere(profile_id):
            return True
        if audit.erase(profile_id=profile_id, account_id=account_id, limit=PART):
            return True
        if row.erasing_at + LETTERS > clock.now() and _has_letters(account_id):
            return False
        _forget(account_id, profile_id)
        closures.finish(account_id)
        audit.record("account:erase", account_id=account_id)
        return False


def _erase_elsewhere(profile_id: str) -> int:
    erasers: dict[str, Eraser] = current_app.extensions.get(ERASERS, {})
    return next((count for erase in erasers.values() if (count := erase(profile_id, limit=PART))), 0)


def _has_letters(account_id: str) -> bool:
    waits = exists().where(Message.account_id == account_id, Message.due_at.is_not(None))
    return bool(db.session().scalar(select(waits)))


def _forget(account_id: str, profile_id: str | None) -> None:
    """Delete who it was, and what is left of the links: a few rows, in one unit."""
    tables, run = Base.metadata.tables, db.session().execute
    if profile_id:
        families = select(tables["token_family"].c.id).where(tables["token_family"].c.profile_id == profile_id)
        for name in OF_FAMILIES:
            run(delete(tables[name]).where(tables[name].c.family_id.in_(families)))
        for name in OF_PROFILE:
            run(delete(tables[name]).where(tables[name].c.profile_id == profile_id))
        opened = tables["browser_session"]
        run(update(opened).where(opened.c.profile_id == profile_id).values(profile_id=None))
        run(delete(tables["delegation"]).where(tables["delegation"].c.profile_id == profile_id))
    browsers = select(tables["browser_session"].c.id).where(tables["browser_session"].c.account_id == account_id)
    run(delete(tables["upstream_session"]).where(tables["upstream_session"].c.session_id.in_(browsers)))
    for name in OF_ACCOUNT:
        run(delete(tables[name]).where(tables[name].c.account_id == account_id))
    if profile_id:
        run(delete(tables["profile"]).where(tables["profile"].c.id == profile_id))
    run(delete(tables["account"]).where(tables["account"].c.id == account_id))


def about(account_id: str) -> dict[str, Any]:
    """Return the dates of an account's closure for the operator; empty when it is open."""
    row = db.session().get(closures.Closure, account_id, populate_existing=True)
    names = ("closed_at", "closed_by", "erase_asked_at", "due_at", "erasing_at", "erased_at")
    return {name: getattr(row, name) for name in names} if row else {}
