"""Closures: when an account was closed, until when its data are archived, and how far their erasure has come.

A closed account can be opened again until its erasure begins. What is left afterwards is this row alone: dates, and ids
that name nobody any more, as the proof that it was done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, db, settings
from authz.db import Base, Instant
from authz.errors import Refusal
from authz.identity.models import Account

HOLDER = "holder"
# Erasure begins so long before the law's term, so that it is done within it whatever comes between.
MARGIN = timedelta(days=14)


class AlreadyClosed(Refusal):
    """The account is closed already."""

    code = "already_closed"
    description = "This account is closed already."


class NotClosed(Refusal):
    """The account is not closed, or no longer."""

    code = "not_closed"
    description = "This account is not closed."


class BeingErased(Refusal):
    """The account's data are being erased, or have been: there is no way back."""

    code = "being_erased"
    description = "The data of this account are being erased, or have been; it cannot be opened again."


class Closure(Base):
    """One closed account; `closed_by` is the holder or an operator's short name, `due_at` when erasure begins."""

    __tablename__ = "closure"

    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    profile_id: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[str] = mapped_column(String(32))
    erase_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    erasing_at: Mapped[datetime | None] = mapped_column(Instant)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)


def find(account_id: str) -> Any | None:
    """Return the row of a closed account, or None."""
    with db.reading() as connection:
        return connection.execute(select(Closure.__table__).where(Closure.account_id == account_id)).first()


def may_reopen(account_id: str) -> bool:
    """Tell whether a closed account can be opened again: its erasure has not begun."""
    row = find(account_id)
    return row is not None and row.erasing_at is None


def begin(account_id: str, profile_id: str | None, *, by: str, erase: bool) -> datetime:
    """Close an account, once; returns when its erasure begins, or refuses with AlreadyClosed."""
    now = clock.now()
    is_open = (Account.id == account_id) & Account.closed_at.is_(None)
    if not db.claimed(db.session().execute(update(Account).where(is_open).values(closed_at=now))):
        raise AlreadyClosed()
    due_at = due(now, erase=erase)
    row = {"account_id": account_id, "profile_id": profile_id, "closed_at": now, "closed_by": by, "due_at": due_at}
    db.session().execute(insert(Closure).values(**row, erase_asked_at=now if erase else None))
    return due_at


def ask_erasure(account_id: str) -> datetime:
    """Have a closed account erased sooner; returns when that begins, or refuses with NotClosed or BeingErased."""
    now = clock.now()
    due_at = due(now, erase=True)
    waits = (Closure.account_id == account_id) & Closure.erasing_at.is_(None)
    asked = update(Closure).where(waits).values(erase_asked_at=now, due_at=due_at)
    if not db.claimed(db.session().execute(asked)):
        raise BeingErased() if find(account_id) else NotClosed()
    return due_at


def undo(account_id: str) -> None:
    """Open an account again; refuses with NotClosed or BeingErased. What was asked to be erased no longer is."""
    waits = (Closure.account_id == account_id) & Closure.erasing_at.is_(None)
    if not db.claimed(db.session().execute(delete(Closure).where(waits))):
        raise BeingErased() if find(account_id) else NotClosed()
    db.session().execute(update(Account).where(Account.id == account_id).values(closed_at=None))


def due(closed_at: datetime, *, erase: bool) -> datetime:
    """Return when the erasure of what is closed now begins: at the end of the archive, or sooner where it is asked."""
    config = settings.current()
    if not erase:
        return clock.months_later(closed_at, 12 * config.archive_years)
    return max(closed_at, clock.months_later(closed_at, config.erasure_months) - MARGIN)


def list_due() -> list[Any]:
    """List the closures whose erasure is due or under way, the oldest first."""
    now = clock.now()
    query = select(Closure.__table__, Closure.account_id.label("id")).where(
        Closure.erased_at.is_(None), Closure.due_at <= now
    )
    with db.reading() as connection:
        return list(connection.execute(query.order_by(Closure.due_at).limit(50)))


def list_since(at: datetime) -> list[Any]:
    """List the accounts that were closed since an instant."""
    with db.reading() as connection:
        return list(connection.execute(select(Closure.__table__).where(Closure.closed_at >= at)))


def claim(account_id: str) -> bool:
    """Begin an erasure that is due, unless the account was opened again; of two workers one begins it."""
    now = clock.now()
    waits = (Closure.account_id == account_id) & Closure.erasing_at.is_(None) & (Closure.due_at <= now)
    return db.claimed(db.session().execute(update(Closure).where(waits).values(erasing_at=now)))


def finish(account_id: str) -> None:
    """Note that all is erased."""
    db.session().execute(update(Closure).where(Closure.account_id == account_id).values(erased_at=clock.now()))
