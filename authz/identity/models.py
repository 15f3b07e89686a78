"""Rows of identity: accounts, profiles, delegations, one-time codes, passkeys, browsers.

What names a person is sealed; identifiers that a person types are found by a plain column (the sign-in identifier,
which by rule holds nothing personal) or by a keyed digest.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant
from authz.identity import civil_models as civil_models  # whoever knows these rows knows those

_LIVING = text("until_at IS NULL")


class Account(Base):
    """Someone who can sign in; their name and other OpenID claims are one sealed JSON object."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    password_changed_at: Mapped[datetime] = mapped_column(Instant)
    claims_sealed: Mapped[str] = mapped_column(Text)
    totp_secret_sealed: Mapped[str | None] = mapped_column(Text)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    activated_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Profile(Base):
    """A person whose health data it is; names and birth date are one sealed JSON object."""

    __tablename__ = "profile"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Delegation(Base):
    """An account may act for a profile, in a kind (self, legal_representative, carer), from an instant to another.

    While it lives it has a `seat` of the profile and, but for representatives, a `place` of the account, which are
    unique: there are no more people than seats, and no two delegations of one account for one profile.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        Index("ix_delegation_account_id", "account_id"),
        Index("uq_delegation_seat", "profile_id", "seat", unique=True),
        Index("uq_delegation_place", "account_id", "place", unique=True),
        Index("uq_delegation_living", "profile_id", "account_id", unique=True, sqlite_where=_LIVING,
              postgresql_where=_LIVING),
    )  # fmt: skip

    profile_id: Mapped[str] = mapped_column(String(32), ForeignKey("profile.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(32))
    relation: Mapped[str] = mapped_column(String(32))
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime | None] = mapped_column(Instant)
    seat: Mapped[str | None] = mapped_column(String(32))
    place: Mapped[int | None] = mapped_column(Integer)


class OneTimeCode(Base):
    """A six-digit code sent to an account, for one purpose, to be typed in the browser that asked for it."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_account_id_id", "account_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(32))
    browser_digest: Mapped[str] = mapped_column(String(64))
    code_digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class BrowserSession(Base):
    """A signed-in browser; its cookie holds a secret of which only the digest is here."""

    __tablename__ = "browser_session"
    __table_args__ = (Index("ix_browser_session_account_id_id", "account_id", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"))
    profile_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("profile.id"))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    sid: Mapped[str] = mapped_column(String(48), unique=True)
    amr: Mapped[str] = mapped_column(String(64))
    acr: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(64))
    authenticated_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class KnownDevice(Base):
    """A browser that once completed two factors for an account; it keeps its own budgets when others attack."""

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("secret_digest", "account_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"), index=True)
    secret_digest: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)


class Passkey(Base):
    """A key pair of an authenticator, of which the public half is here (Web Authentication Level 3 §4).

    `sign_count` and the backup flags are what the authenticator said last; `suspected_at` is when its counter went
    back, which means that there are two of it.
    """

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(Text)
    credential_digest: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    name_sealed: Mapped[str] = mapped_column(Text)
    aaguid: Mapped[str] = mapped_column(String(36))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    is_synced: Mapped[bool] = mapped_column(Boolean)
    is_backed_up: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    suspected_at: Mapped[datetime | None] = mapped_column(Instant)


class SpentChallenge(Base):
    """A challenge that a passkey has answered: what signs it again is a replay."""

    __tablename__ = "spent_challenge"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class RecoveryCode(Base):
    """One of the ten codes of a set that was shown once, to be used once."""

    __tablename__ = "recovery_code"

    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    set_id: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Recovery(Base):
    """A way back in: an identifier or a password that was forgotten, or a case in the hands of two operators.

    `asked_sealed` is what was typed, until the worker has found out what it is about; a new password waits as its hash
    until `due_at`, and `cancel_digest` is of the secret that stops it.
    """

    __tablename__ = "recovery"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    browser_digest: Mapped[str] = mapped_column(String(64))
    asked_sealed: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[str | None] = mapped_column(String(32))
    code_digest: Mapped[str | None] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer)
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    second: Mapped[str | None] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    cancel_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    opened_by: Mapped[str | None] = mapped_column(String(32))
    approved_by: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Base):
    """Somebody was asked to act for a profile, in a kind; `account_id` is who asked.

    `guest_sealed` is one JSON object: what the guest is called, their address, and the code as long as it is open.
    `state` is pending, accepted, refused or withdrawn; that its time is over is read from the date.
    """

    __tablename__ = "invitation"

    profile_id: Mapped[str] = mapped_column(String(32), ForeignKey("profile.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32), ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(32))
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    guest_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(String(32))


class AgeStep(Base):
    """A birthday of a minor that was seen to; without a date, which would be the birth date."""

    __tablename__ = "age_step"

    profile_id: Mapped[str] = mapped_column(String(32), ForeignKey("profile.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(16), primary_key=True)
