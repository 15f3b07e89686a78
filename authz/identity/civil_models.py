"""Rows of who people are for the law: civil identities of profiles, prepared spaces, and activations on their way.

Numbers and names are sealed; what finds a person is a keyed digest.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant


class CivilIdentity(Base):
    """Who the person behind a profile is for the law, as far as it is known; each fact is sealed by itself."""

    __tablename__ = "civil_identity"

    profile_id: Mapped[str] = mapped_column(String(32), ForeignKey("profile.id"), primary_key=True)
    nir_sealed: Mapped[str | None] = mapped_column(Text)
    nir_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    card_sealed: Mapped[str | None] = mapped_column(Text)
    card_digest: Mapped[str | None] = mapped_column(String(64))
    pivot_sealed: Mapped[str | None] = mapped_column(Text)
    pivot_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class PreparedSpace(Base):
    """A space that an operator made ready for somebody, who opens it by a provisional code and proof of who they are.

    `person_sealed` holds names and birth date, `reach_sealed` the addresses that the operator knows, and
    `representatives_sealed` the numbers of those who may open the space of a minor.
    """

    __tablename__ = "prepared_space"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_sealed: Mapped[str] = mapped_column(Text)
    nir_sealed: Mapped[str] = mapped_column(Text)
    nir_digest: Mapped[str] = mapped_column(String(64), unique=True)
    card_sealed: Mapped[str | None] = mapped_column(Text)
    card_digest: Mapped[str | None] = mapped_column(String(64))
    pivot_sealed: Mapped[str | None] = mapped_column(Text)
    pivot_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    reach_sealed: Mapped[str | None] = mapped_column(Text)
    representatives_sealed: Mapped[str | None] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(String(8))
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    profile_id: Mapped[str | None] = mapped_column(String(32))


class Activation(Base):
    """The steps from the proof to the open space, in one browser; what was chosen waits here, sealed or hashed.

    `origin` says what stood for the proof: a code, or whatever an identity provider's link is kept under.
    """

    __tablename__ = "activation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    prepared_id: Mapped[str] = mapped_column(String(32), index=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    interaction_id: Mapped[str | None] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(64))
    identifier: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    email_sealed: Mapped[str | None] = mapped_column(Text)
    email_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    code_digest: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
