"""Device codes (RFC 8628): ten minutes, one person's decision, one use; the object waits by asking now and then.

The object holds the device code, the person types the user code. Both are kept as digests only, the short one under a
key of ours, for whoever reads the database could try all of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto, entropy
from authz.db import Base, Instant, changed, claimed, insert_once, session

TTL = timedelta(minutes=10)
INTERVAL = 5
HASTE = 5  # added to the interval of an object that asks too often (RFC 8628 §3.5)
LEEWAY = timedelta(seconds=1)  # networks are not even
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 §6.1: no vowels, so no words, and nothing to confuse with a digit
LENGTH = 8


class DeviceCode(Base):
    """An object that waits; `params` is what it asks for as JSON, and without a family a decision is a refusal."""

    __tablename__ = "device_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(64))
    params: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    polled_at: Mapped[datetime | None] = mapped_column(Instant)
    interval_seconds: Mapped[int] = mapped_column(Integer)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    family_id: Mapped[str | None] = mapped_column(String(32))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Waiting:
    """An object that waits for a decision, as the person's side sees it."""

    digest: str
    client_id: str
    params: dict[str, Any]


def begin(client_id: str, params: dict[str, str]) -> tuple[str, str]:
    """Let an object wait; returns its device code and its user code, this once."""
    device_code = entropy.new_secret("apd")
    row: dict[str, Any] = {
        "digest": crypto.digest(device_code), "client_id": client_id, "params": json.dumps(params),
        "expires_at": clock.now() + TTL, "interval_seconds": INTERVAL,
    }  # fmt: skip
    user_code = entropy.new_letters(LENGTH, ALPHABET)
    while not insert_once(DeviceCode, user_code_digest=_digest(user_code), **row):
        user_code = entropy.new_letters(LENGTH, ALPHABET)
    return device_code, written(user_code)


def normal(typed: str) -> str | None:
    """Return a user code as it was drawn, however it was typed; None if it cannot be one."""
    letters = "".join(char for char in typed.upper() if char.isalnum())
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else None


def written(user_code: str) -> str:
    """Return a user code as people read it."""
    return f"{user_code[:4]}-{user_code[4:]}"


def find_waiting(user_code: str) -> Waiting | None:
    """Find the object that shows this code, if it still waits."""
    query = select(DeviceCode.digest, DeviceCode.client_id, DeviceCode.params)
    query = query.where(DeviceCode.user_code_digest == _digest(user_code), *_undecided())
    row = session().execute(query).first()
    return Waiting(row[0], row[1], json.loads(row[2])) if row else None


def hold(digest: str) -> bool:
    """Tell whether an object still waits for its decision; if so nobody else decides before this unit's end."""
    query = select(DeviceCode.digest).where(DeviceCode.digest == digest, *_undecided())
    return session().execute(query.with_for_update()).first() is not None


def decide(digest: str, *, family_id: str | None) -> bool:
    """Answer an object with an authorization, or with none; of several answers one counts."""
    answer = update(DeviceCode).where(DeviceCode.digest == digest, *_undecided())
    return claimed(session().execute(answer.values(decided_at=clock.now(), family_id=family_id)))


def poll(digest: str, polled_at: datetime | None, interval: int) -> bool:
    """Note that an object asked while nothing is decided; returns whether it asked too soon, and must slow down."""
    now = clock.now()
    is_hasty = polled_at is not None and now - polled_at < timedelta(seconds=interval) - LEEWAY
    values = {"polled_at": now, "interval_seconds": interval + HASTE if is_hasty else interval}
    session().execute(update(DeviceCode).where(DeviceCode.digest == digest).values(values))
    return is_hasty


def claim(digest: str) -> bool:
    """Take what was decided for good; of any number who try, one is told True."""
    where = (DeviceCode.digest == digest) & DeviceCode.claimed_at.is_(None)
    return claimed(session().execute(update(DeviceCode).where(where).values(claimed_at=clock.now())))


def purge() -> int:
    """Forget those that have been over for a day; returns how many."""
    return changed(session().execute(delete(DeviceCode).where(DeviceCode.expires_at < clock.now() - timedelta(days=1))))


def _undecided() -> tuple[Any, ...]:
    return DeviceCode.decided_at.is_(None), DeviceCode.expires_at > clock.now()


def _digest(user_code: str) -> str:
    return crypto.keyed_digest("user-code", user_code)
