"""DPoP proofs seen: each `jti` under a key is good for one use (RFC 9449 §11.1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto
from authz.db import Base, Instant, changed, insert_once, session


class SeenProof(Base):
    """A proof that was used, kept until it would be refused for its age."""

    __tablename__ = "seen_proof"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def use_once(jkt: str, jti: str, expires_at: datetime) -> bool:
    """Note that a proof was used; False if it had been."""
    return insert_once(SeenProof, digest=crypto.digest(f"{jkt}.{jti}"), expires_at=expires_at)


def purge() -> int:
    """Forget those that are too old to be taken anyway; returns how many."""
    return changed(session().execute(delete(SeenProof).where(SeenProof.expires_at < clock.now())))
