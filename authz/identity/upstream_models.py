"""Rows of upstream identities: which accounts they sign in to, and which signed-in browsers came by them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant


class UpstreamIdentity(Base):
    """Somebody at a provider who signs in to an account here: one account, and one such identity of it a provider.

    What the provider calls them is a keyed digest; what it said of them when they were linked is sealed.
    """

    __tablename__ = "upstream_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject_digest"), UniqueConstraint("account_id", "issuer"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject_digest: Mapped[str] = mapped_column(String(64))
    claims_sealed: Mapped[str] = mapped_column(Text)
    linked_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class UpstreamSession(Base):
    """The ID token by which a signed-in browser came: its sign-out there needs it as a hint."""

    __tablename__ = "upstream_session"

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    id_token_sealed: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
