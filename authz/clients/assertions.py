"""Client assertions seen: each `jti` of a client is good for one use (RFC 7523 §3, point 7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto
from authz.db import Base, Instant, insert_once, session


class SeenAssertion(Base):
    """An assertion that was used, kept until it would have expired."""

    __tablename__ = "seen_assertion"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def use_once(client_id: str, jti: str, expires_at: datetime) -> bool:
    """Note that an assertion was used; False if it had been."""
    return insert_once(SeenAssertion, client_id=client_id, jti_digest=crypto.digest(jti), expires_at=expires_at)


def purge() -> None:
    """Forget those that have expired."""
    session().execute(delete(SeenAssertion).where(SeenAssertion.expires_at < clock.now()))
