"""Forgetting codes and tokens that are over: every table here is bounded by this."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from authz import clock
from authz.db import session
from authz.tokens import device_codes, proofs
from authz.tokens.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily

KEEP_CODES = timedelta(days=1)  # a replay within a day is still seen
KEEP_REFRESH = timedelta(days=7)


def purge() -> int:
    """Delete what has been over for a while; returns how many rows."""
    now = clock.now()
    return (
        _delete(AccessToken, AccessToken.expires_at < now)
        + _delete(AuthorizationCode, AuthorizationCode.expires_at < now - KEEP_CODES)
        + _delete(RefreshToken, RefreshToken.expires_at < now - KEEP_REFRESH)
        + _delete(TokenFamily, TokenFamily.ends_at < now - KEEP_REFRESH)
        + _delete(
            RefreshToken,
            RefreshToken.claimed_at < now - KEEP_REFRESH,
            RefreshToken.family_id.in_(select(TokenFamily.id).where(TokenFamily.revoked_at < now - KEEP_REFRESH)),
        )
        + proofs.purge()
        + device_codes.purge()
    )


def _delete(row: type[Any], *where: Any) -> int:
    return int(getattr(session().execute(delete(row).where(*where)), "rowcount", 0))
