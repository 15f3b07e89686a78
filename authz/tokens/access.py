"""Access tokens: short, kept as digests, opaque or signed; what one may do is read from its pairing at each use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from authz import clock, crypto, entropy
from authz.db import session
from authz.tokens.exchange import Minted
from authz.tokens.models import AccessToken, Terms


def prepare(
    client_id: str,
    *,
    family_id: str | None,
    scope: str,
    dates: tuple[datetime, datetime],
    terms: Terms,
    token: str | None = None,
) -> Minted:
    """Make an access token, bound and narrowed by its terms, an opaque one unless given; it is good once kept."""
    token = token or entropy.new_secret("apa")
    return Minted(
        token,
        {
            "digest": crypto.digest(token), "family_id": family_id, "client_id": client_id, "scope": scope,
            "issued_at": dates[0], "expires_at": dates[1], **vars(terms),
        },
    )  # fmt: skip


def revoke(digest: str) -> None:
    """Kill an access token and those that were made of it.

    These second and by themselves: whoever was about to make one has made it by then, or is told that it is too late.
    """
    for where in (AccessToken.digest == digest, AccessToken.exchanged_from == digest):
        session().execute(update(AccessToken).where(where).values(revoked_at=clock.now()))


def hold(digest: str) -> bool:
    """Tell whether an access token is not revoked; if so nobody revokes it before this unit's end."""
    query = select(AccessToken.digest).where(AccessToken.digest == digest, AccessToken.revoked_at.is_(None))
    return session().execute(query.with_for_update()).first() is not None
