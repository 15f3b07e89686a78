"""Refresh tokens: minting, rotation with one winner, and the policy for a lost answer (RFC 9700 §4.14.2).

A successor is computed from its predecessor under a key of ours. So a client that lost the answer can be given the
very same successor again, and no plain token has to be kept for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, update

from authz import clock, crypto, entropy
from authz.db import claimed, session
from authz.tokens.models import RefreshToken

_insert = insert(RefreshToken)
_claim = update(RefreshToken).where(RefreshToken.claimed_at.is_(None))


def mint(client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> str:
    """Make the first refresh token of a family and return it, this once."""
    token = entropy.new_secret("apr")
    return _add(token, client_id, family_id=family_id, expires_at=expires_at, bound_to=bound_to)


def successor(token: str) -> str:
    """Return the token that follows this one: always the same one."""
    return f"apr_{crypto.keyed_digest('refresh-successor', token)}"


def rotate(token: str, client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> str | None:
    """Exchange a token for its successor, bound as it was; None if somebody else did so first."""
    where = RefreshToken.digest == crypto.digest(token)
    if not claimed(session().execute(_claim.where(where).values(claimed_at=clock.now()))):
        return None
    return _add(successor(token), client_id, family_id=family_id, expires_at=expires_at, bound_to=bound_to)


def keep(token: str, *, expires_at: datetime) -> None:
    """Use a token without exchanging it: its idle end moves on."""
    where = RefreshToken.digest == crypto.digest(token)
    session().execute(update(RefreshToken).where(where).values(expires_at=expires_at))


def may_repeat(claimed_at: datetime, now: datetime, *, grace: timedelta, successor_claimed: bool) -> bool:
    """Decide whether an exchanged token may be answered again: soon after, and only while nobody used the successor."""
    return now - claimed_at < grace and not successor_claimed


def _add(token: str, client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> str:
    session().execute(
        _insert,
        {
            "digest": crypto.digest(token), "family_id": family_id, "client_id": client_id,
            "issued_at": clock.now(), "expires_at": expires_at, "bound_to": bound_to,
        },
    )  # fmt: skip
    return token
