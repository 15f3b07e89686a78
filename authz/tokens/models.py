"""Rows of codes and tokens, and the views of them that Authlib's grants ask for (its three row contracts).

A family is one authorization: the code, and every token that came of it. Killing the family kills them all. Only
digests are kept; a plain code or token is never in a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin
from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from authz.db import Base, Instant

_MADE = text("exchanged_from IS NOT NULL")


class TokenFamily(Base):
    """One authorization by an account for a profile.

    `oid` is the client's in the catalogue; `actor` is what the client calls the account when it acts for somebody else.
    Both are kept here so that an ID token costs no query. `claims` is what the request named one by one, as JSON.
    `resources` are the addresses of those it is narrowed to, nothing for the whole server.
    `details_sealed` is what it is about in detail (RFC 9396).
    """

    __tablename__ = "token_family"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    profile_id: Mapped[str] = mapped_column(String(32), index=True)
    pairing_id: Mapped[str] = mapped_column(String(32), index=True)
    account_id: Mapped[str] = mapped_column(String(32))
    scope: Mapped[str] = mapped_column(Text)
    auth_time: Mapped[int] = mapped_column(Integer)
    acr: Mapped[str] = mapped_column(String(64))
    amr: Mapped[str] = mapped_column(String(64))
    sid: Mapped[str] = mapped_column(String(64), index=True)
    oid: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    claims: Mapped[str | None] = mapped_column(Text)
    resources: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoke_reason: Mapped[str | None] = mapped_column(String(32))


class AuthorizationCode(Base):
    """A code: single use is the conditional UPDATE of `claimed_at`."""

    __tablename__ = "authorization_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str] = mapped_column(String(32))
    client_id: Mapped[str] = mapped_column(String(64))
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    nonce: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    dpop_jkt: Mapped[str | None] = mapped_column(String(43))


class AccessToken(Base):
    """An opaque access token; without a family it is the client's own (client credentials).

    `bound_to` is the member of `cnf` and its value (RFC 7800): `jkt:…` or `x5t#S256:…`; `resources` as in TokenFamily,
    `details_sealed` if it has fewer than its family. `exchanged_from` is the digest of the token that it was made of.
    """

    __tablename__ = "access_token"
    __table_args__ = (
        Index("ix_access_token_exchanged_from", "exchanged_from", sqlite_where=_MADE, postgresql_where=_MADE),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str | None] = mapped_column(String(32), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    bound_to: Mapped[str | None] = mapped_column(String(64))
    resources: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    exchanged_from: Mapped[str | None] = mapped_column(String(64))


class RefreshToken(Base):
    """A refresh token; `claimed_at` is when it was exchanged for its successor; only public clients' are bound."""

    __tablename__ = "refresh_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str] = mapped_column(String(32), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    bound_to: Mapped[str | None] = mapped_column(String(64))


@dataclass(frozen=True)
class Grounds:
    """On what an authorization rests: who signed in, when and how; see TokenFamily for the rest."""

    account_id: str
    auth_time: int
    acr: str
    amr: str
    sid: str
    oid: str = ""
    actor: str = ""
    claims: str | None = None
    resources: str | None = None
    details_sealed: str | None = None


@dataclass(frozen=True)
class Terms:
    """What a new access token is bound to, what it is narrowed to, and the digest of the one that it was made of."""

    bound_to: str | None = None
    resources: str | None = None
    details_sealed: str | None = None
    exchanged_from: str | None = None

    @property
    def confirmation(self) -> dict[str, dict[str, str]]:
        """The `cnf` of a token (RFC 7800 §3.1), nothing for one that is not bound."""
        kind, _, value = (self.bound_to or "").partition(":")
        return {"cnf": {kind: value}} if kind else {}


@dataclass(frozen=True)
class FamilyFacts:
    """What a family and its pairing say at one instant, read in one query."""

    id: str
    client_id: str
    profile_id: str
    pairing_id: str
    account_id: str
    scope: str
    auth_time: int
    acr: str
    amr: str
    sid: str
    oid: str
    actor: str
    claims: str | None
    resources: str | None
    details_sealed: str | None
    ends_at: datetime
    is_revoked: bool
    subject: str
    granted: frozenset[str]
    state: str  # of the pairing, now
    client_status: str
    limits: str = ""  # of the consents, as the pairing sums them up

    @property
    def acting(self) -> dict[str, Any]:
        """The claim that says who acts for the subject (RFC 8693 §4.1)."""
        return {"act": {"sub": self.actor}} if self.actor else {}

    @property
    def is_alive(self) -> bool:
        """Whether tokens of this family may still be given out: a paused link keeps its tokens, an ended one not."""
        return not self.is_revoked and self.state in ("active", "pending", "paused") and self.client_status == "active"


@dataclass(frozen=True)
class FoundCode(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib ships no types
    """A code as found, with its family."""

    digest: str
    client_id: str
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    expires_at: datetime
    claimed_at: datetime | None
    dpop_jkt: str | None
    family: FamilyFacts
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Return the redirect URI of the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return the scope agreed to."""
        return self.family.scope


@dataclass(frozen=True)
class FoundToken(TokenMixin):  # type: ignore[misc]  # Authlib ships no types
    """A token as found; `kind` is access_token or refresh_token; a client's own token has no family."""

    kind: str
    digest: str
    client_id: str
    scope: str
    issued_at: datetime
    expires_at: datetime
    is_over: bool
    claimed_at: datetime | None
    family: FamilyFacts | None
    terms: Terms = Terms()

    @property
    def details_sealed(self) -> str | None:
        """What it is about in detail: its own, or else its family's."""
        return self.terms.details_sealed or (self.family.details_sealed if self.family else None)

    def check_client(self, client: object) -> bool:
        """Tell whether the token was given to this client."""
        return self.client_id == getattr(client, "id", None)

    def get_scope(self) -> str:
        """Return the token's scope."""
        return self.scope

    def get_expires_in(self) -> int:
        """Return its whole life in seconds."""
        return int((self.expires_at - self.issued_at).total_seconds())

    def is_expired(self) -> bool:
        """Tell whether it is over by date."""
        return self.is_over

    def is_revoked(self) -> bool:
        """Tell whether it, its family or its pairing is over."""
        return self.family is not None and not self.family.is_alive

    def get_user(self) -> FamilyFacts | None:
        """Return on whose behalf it acts."""
        return self.family

    def get_client(self) -> str:
        """Return the id of the client it was given to."""
        return self.client_id
