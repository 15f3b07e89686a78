"""Access tokens: short, kept as digests, opaque or signed; what one may do is read from its pairing at each use."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert, update

from authz import clock, crypto, db, entropy
from authz.db import session
from authz.tokens.models import AccessToken, Terms

_insert = insert(cast(Table, AccessToken.__table__))


def mint(
    client_id: str,
    *,
    family_id: str | None,
    scope: str,
    dates: tuple[datetime, datetime],
    terms: Terms,
    token: str | None = None,
) -> str:
    """Keep an access token, bound and narrowed by its terms, and return it, this once; an opaque one unless given."""
    token = token or entropy.new_secret("apa")
    db.run(
        _insert,
        {
            "digest": crypto.digest(token), "family_id": family_id, "client_id": client_id, "scope": scope,
            "issued_at": dates[0], "expires_at": dates[1], **vars(terms),
        },
    )  # fmt: skip
    return token


def revoke(digest: str) -> None:
    """Kill one access token."""
    session().execute(update(AccessToken).where(AccessToken.digest == digest).values(revoked_at=clock.now()))
