"""Renewal: people are told thirty and seven days before a link ends by itself, once each; a dated job of the worker."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from authz import clock
from authz.db import claimed, session
from authz.pairing import notices
from authz.pairing.models import Pairing

BEFORE = (30, 7)
BATCH = 200


def remind() -> int:
    """Tell of the links that end soon and were not told of; returns how many were."""
    now, told = clock.now(), 0
    for days in BEFORE:
        due = (
            select(Pairing)
            .where(Pairing.state.in_(["active", "paused"]), Pairing.ends_at > now)
            .where(Pairing.ends_at <= now + timedelta(days=days))
            .where(Pairing.reminded_days.is_(None) | (Pairing.reminded_days > days))
            .limit(BATCH)
        )
        for pairing in session().scalars(due).all():
            told += _remind(pairing, days)
    return told


def _remind(pairing: Pairing, days: int) -> bool:
    """Claim the reminder, so that of two workers one sends it; a link made for a few days is not told of at once."""
    where = (Pairing.profile_id == pairing.profile_id) & (Pairing.id == pairing.id)
    unsaid = Pairing.reminded_days.is_(None) | (Pairing.reminded_days > days)
    if not claimed(session().execute(update(Pairing).where(where, unsaid).values(reminded_days=days))):
        return False
    if pairing.ends_at - pairing.opened_at <= timedelta(days=days + 1):
        return False
    notices.tell(pairing, "pairing_ending", day=notices.day_of(pairing.ends_at))
    return True
