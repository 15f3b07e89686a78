"""Rows of the pairing: the link itself, and one consent for each decision, appended and never overwritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant

_LIVE = text("state <> 'ended'")


class Pairing(Base):
    """The link profile ↔ client.

    `state` is pending (opened, tokens not yet fetched), active, paused, suspended or ended; that it is over by date or
    that a pause is over is read from the dates. `granted` is the sum of the consents, kept beside them so that a push
    is checked in one query; `subject` is what the client calls the profile. `afterwards` is what the patient chose for
    the data when ending: keep, hide or delete. `limits` sums up the limits within which consents were given, as
    `unit?query` for each. `details_sealed` is what the last decision was about in detail (RFC 9396), which holds for
    whatever is answered from memory.
    """

    __tablename__ = "pairing"
    __table_args__ = (
        Index("uq_pairing_live", "profile_id", "client_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_pairing_client_id", "client_id"),
        Index("ix_pairing_ends_at", "ends_at"),
        Index("ix_pairing_subject", "client_id", "subject"),
    )

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    granted: Mapped[str] = mapped_column(Text)
    limits: Mapped[str | None] = mapped_column(Text)
    app_account_sealed: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    paused_until: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str | None] = mapped_column(String(32))
    afterwards: Mapped[str | None] = mapped_column(String(8))
    last_received_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_days: Mapped[int | None] = mapped_column(Integer)


class Consent(Base):
    """One decision on one scope of one pairing, with the version, language and digest of the words shown.

    `limits` are the queries to which the app had narrowed its request; none: the whole of the scope.
    """

    __tablename__ = "consent"
    __table_args__ = (ForeignKeyConstraint(["profile_id", "pairing_id"], ["pairing.profile_id", "pairing.id"]),)

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pairing_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scope: Mapped[str] = mapped_column(String(64))
    is_granted: Mapped[bool] = mapped_column(Boolean)
    limits: Mapped[str | None] = mapped_column(Text)
    text_version: Mapped[int] = mapped_column(Integer)
    text_digest: Mapped[str] = mapped_column(String(64))
    lang: Mapped[str] = mapped_column(String(8))
    account_id: Mapped[str] = mapped_column(String(32))
    decided_at: Mapped[datetime] = mapped_column(Instant)
