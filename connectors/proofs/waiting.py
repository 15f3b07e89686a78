"""Proofs that are to be made: a row of the unit in which a delegation begins or ends, so that neither is without it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, db, events
from authz.db import Base, Instant
from authz.identity import delegation
from authz.identity.family import Change
from authz.identity.models import Delegation

BEGIN, END = "begin", "end"
LATER = timedelta(minutes=10)
BATCH = 50


class ProofRow(Base):
    """One proof to be made; who and in which kind is said by the delegation, `why` and `decided_by` say how it came."""

    __tablename__ = "proof"
    __table_args__ = (Index("ix_proof_due_at", "due_at"),)

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    delegation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[str] = mapped_column(String(8), primary_key=True)
    why: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)


def connect() -> None:
    """Listen to delegations that begin and end; called once, when the application is composed."""
    events.delegation_began.connect(_on_begin)
    events.delegation_ended.connect(_on_end)
    events.space_opened.connect(_on_opening)


def list_due() -> list[Any]:
    """List what is to be made now, oldest first."""
    query = select(ProofRow.__table__, ProofRow.delegation_id.label("id")).where(ProofRow.due_at <= clock.now())
    with db.reading() as connection:
        return list(connection.execute(query.order_by(ProofRow.due_at).limit(BATCH)))


def claim(row: Any) -> bool:
    """Take a proof for good; of any number of workers one is told True."""
    return db.claimed(db.session().execute(delete(ProofRow).where(*_same(row))))


def put_off(row: Any) -> None:
    """Have a proof that could not be made tried again later."""
    db.session().execute(update(ProofRow).where(*_same(row)).values(due_at=clock.now() + LATER))


def erase(profile_id: str, *, limit: int) -> int:
    """Forget what is to be made for a profile; returns how much."""
    gone = db.session().execute(delete(ProofRow).where(ProofRow.profile_id == profile_id))
    return db.changed(gone)


def _on_begin(change: Change) -> None:
    _note(change, BEGIN)


def _on_end(change: Change) -> None:
    _note(change, END)


def _on_opening(_sender: object, *, account_id: str, profile_id: str, **_facts: Any) -> None:
    """Note how somebody came to represent a child whose prepared space they opened."""
    mine = (Delegation.profile_id == profile_id, Delegation.account_id == account_id, Delegation.until_at.is_(None))
    query = select(Delegation.id).where(*mine, Delegation.kind != delegation.SELF)
    for delegation_id in db.session().scalars(query):
        _wait(profile_id, delegation_id, step=BEGIN, why="opened", decided_by=account_id)


def _note(change: Change, step: str) -> None:
    actor = change.actor
    # What an operator enters was agreed elsewhere, and is proven there: nobody here saw who agreed.
    if actor.kind != delegation.SELF and change.why != "added":
        _wait(actor.profile_id, actor.id, step=step, why=change.why, decided_by=change.by)


def _wait(profile_id: str, delegation_id: str, *, step: str, why: str, decided_by: str | None) -> None:
    now = clock.now()
    key = {"profile_id": profile_id, "delegation_id": delegation_id, "step": step}
    db.insert_once(ProofRow, **key, why=why, decided_by=decided_by, at=now, due_at=now)


def _same(row: Any) -> tuple[Any, ...]:
    key = (ProofRow.profile_id == row.profile_id, ProofRow.delegation_id == row.delegation_id)
    return (*key, ProofRow.step == row.step)
