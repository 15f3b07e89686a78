"""Rows of the embedded record store: measures, devices, documents, and the receipts of pushes.

Every key begins with the profile, so that the tables can be spread by it. What is hidden carries `hidden_at`; what is
to be erased also `purge_at`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Float, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant


class MeasureRow(Base):
    """One measure; `content` digests what it says, `resource` is the FHIR elements as sent (JSON)."""

    __tablename__ = "measure"
    __table_args__ = (
        Index("ix_measure_latest", "profile_id", "code", "effective_at"),
        Index("ix_measure_pairing", "profile_id", "pairing_id"),
        Index("ix_measure_purge_at", "purge_at"),
    )

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None] = mapped_column(Float)
    components: Mapped[str] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    effective_text: Mapped[str] = mapped_column(String(48))
    offset_minutes: Mapped[int | None] = mapped_column(Integer)
    days: Mapped[int | None] = mapped_column(Integer)
    days_code: Mapped[str | None] = mapped_column(String(16))
    moment: Mapped[str | None] = mapped_column(String(16))
    comment: Mapped[str | None] = mapped_column(Text)
    device_id: Mapped[str | None] = mapped_column(String(32))
    device_created: Mapped[bool] = mapped_column(Boolean)
    client_id: Mapped[str] = mapped_column(String(64))
    pairing_id: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)
    purge_at: Mapped[datetime | None] = mapped_column(Instant)
    resource: Mapped[str] = mapped_column(Text)


class DeviceRow(Base):
    """One object that measured, as one app knows it in one profile."""

    __tablename__ = "device"

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    system: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    resource: Mapped[str] = mapped_column(Text)


class DocumentRow(Base):
    """One document; its bytes are the last column, so that a listing need not read past them."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_created_at", "profile_id", "created_at"),
        Index("ix_document_pairing", "profile_id", "pairing_id"),
        Index("ix_document_purge_at", "purge_at"),
    )

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    category: Mapped[str] = mapped_column(String(16))
    type_code: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    mime: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    sha1: Mapped[str] = mapped_column(String(40))
    confidentiality: Mapped[str] = mapped_column(String(64))
    identifier: Mapped[str | None] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    client_id: Mapped[str] = mapped_column(String(64))
    pairing_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)
    purge_at: Mapped[datetime | None] = mapped_column(Instant)
    details: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ReceiptRow(Base):
    """The answer once given to an `Idempotency-Key`; kept for days, not for ever: identities guard after that."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_created_at", "created_at"),)

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
