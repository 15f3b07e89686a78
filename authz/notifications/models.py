"""Rows of the outbox: where an account is reached, and what is to be told to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant


class Contact(Base):
    """Where an account is reached and in which language; addresses are sealed, their digests find them."""

    __tablename__ = "contact"

    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lang: Mapped[str] = mapped_column(String(8))
    email_sealed: Mapped[str | None] = mapped_column(Text)
    email_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    email_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    phone_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    phone_verified_at: Mapped[datetime | None] = mapped_column(Instant)


class Message(Base):
    """One thing to tell one account over one channel.

    `due_at` is when the worker may take it next; taking it moves `due_at` to the end of the lease, so that a worker
    that dies leaves a message that falls due again. No `due_at`: nothing is left to do. `reported_at` is when the
    provider said how it ended, where one does.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_urgent_due_at", "urgent", "due_at"),
        Index("ix_message_account_id_channel_id", "account_id", "channel", "id"),
        Index("ix_message_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))
    template: Mapped[str] = mapped_column(String(32))
    lang: Mapped[str | None] = mapped_column(String(8))
    params_sealed: Mapped[str | None] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str | None] = mapped_column(String(64))
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
