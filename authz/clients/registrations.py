"""Who may register a client, and who may change its registration (RFC 7591 §3, RFC 7592 §3): tokens as digests.

An initial access token carries what the operator decided for who holds it: the security profile, and whether PKCE may
be left out. A registration access token is a client's own, for as long as the client is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Integer, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import audit, clock, crypto, entropy
from authz.clients.metadata import InvalidClientMetadata
from authz.clients.profiles import PROFILES
from authz.db import Base, Instant, changed, claimed, reading, session


class InitialToken(Base):
    """Lets who holds it register so many clients until a date."""

    __tablename__ = "initial_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    profile: Mapped[str] = mapped_column(String(16))
    pkce_required: Mapped[bool] = mapped_column(Boolean)
    uses_left: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class ClientRegistration(Base):
    """A client that registered itself, and the digest of the token by which it changes its registration."""

    __tablename__ = "client_registration"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Terms:
    """On what terms a client is registered; without a digest no token was needed."""

    profile: str = "oauth21"
    pkce_required: bool = True
    digest: str = ""


def invite(*, profile: str, pkce_required: bool, uses: int, life: timedelta) -> str:
    """Make an initial access token and return it, this once."""
    if profile not in PROFILES:
        raise InvalidClientMetadata(f"profile must be one of {', '.join(PROFILES)}")
    if not pkce_required and profile != "oidc":
        raise InvalidClientMetadata("only clients of profile oidc may leave PKCE out")
    token = entropy.new_secret("api")
    row = {
        "digest": crypto.digest(token), "profile": profile, "pkce_required": pkce_required, "uses_left": uses,
        "expires_at": clock.now() + life,
    }  # fmt: skip
    session().execute(insert(InitialToken), row)
    audit.record("client:token:add", profile=profile, uses=uses)
    return token


def find_terms(token: str) -> Terms | None:
    """Find what an initial access token allows, if it still allows anything."""
    query = select(InitialToken.profile, InitialToken.pkce_required, InitialToken.digest)
    with reading() as connection:
        row = connection.execute(query.where(*_usable(crypto.digest(token)))).first()
    return Terms(*row) if row else None


def use(terms: Terms) -> bool:
    """Use an initial access token once; of two who take its last use one is told True."""
    fewer = update(InitialToken).where(*_usable(terms.digest)).values(uses_left=InitialToken.uses_left - 1)
    return not terms.digest or claimed(session().execute(fewer))


def hold(client_id: str) -> tuple[str, datetime]:
    """Give a new client the token for its registration; returns it, this once, and when it was registered."""
    token, now = entropy.new_secret("apg"), clock.now()
    session().execute(
        insert(ClientRegistration), {"client_id": client_id, "token_digest": crypto.digest(token), "registered_at": now}
    )
    return token, now


def find_held(client_id: str, token: str) -> datetime | None:
    """Return when a client was registered, if this is its token."""
    query = select(ClientRegistration.registered_at, ClientRegistration.token_digest)
    with reading() as connection:
        row = connection.execute(query.where(ClientRegistration.client_id == client_id)).first()
    return row[0] if row and crypto.same(row[1], crypto.digest(token)) else None


def release(client_id: str) -> None:
    """Forget a client's registration: its token is good for nothing any more."""
    session().execute(delete(ClientRegistration).where(ClientRegistration.client_id == client_id))


def purge() -> int:
    """Forget initial access tokens that are over; returns how many."""
    return changed(session().execute(delete(InitialToken).where(InitialToken.expires_at < clock.now())))


def _usable(digest: str) -> tuple[Any, ...]:
    return InitialToken.digest == digest, InitialToken.uses_left > 0, InitialToken.expires_at > clock.now()
