"""Refresh tokens: minting, what follows one, and the policy for a lost answer (RFC 9700 §4.14.2).

A successor is computed from its predecessor under a key of ours. So a client that lost the answer can be given the
very same successor again, and no plain token has to be kept for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, update

from authz import clock, crypto, entropy
from authz.prepared import Prepared
from authz.tokens.exchange import Minted
from authz.tokens.models import RefreshToken

_table = cast(Table, RefreshToken.__table__)
# A parameter named like a column would be set, too: hence `presented` and `until`.
_keep = Prepared(update(_table).where(_table.c.digest == bindparam("presented")).values(expires_at=bindparam("until")))


def first(client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> Minted:
    """Make the first refresh token of a family; it is good once its row is kept."""
    return _made(entropy.new_secret("apr"), client_id, family_id=family_id, expires_at=expires_at, bound_to=bound_to)


def following(token: str, client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> Minted:
    """Make the successor of a token, bound as that was; it is good once its row is kept."""
    return _made(successor(token), client_id, family_id=family_id, expires_at=expires_at, bound_to=bound_to)


def successor(token: str) -> str:
    """Return the token that follows this one: always the same one."""
    return f"apr_{crypto.keyed_digest('refresh-successor', token)}"


def keep(token: str, *, expires_at: datetime) -> None:
    """Use a token without exchanging it: its idle end moves on."""
    _keep.run({"presented": crypto.digest(token), "until": expires_at})


def may_repeat(claimed_at: datetime, now: datetime, *, grace: timedelta, successor_claimed: bool) -> bool:
    """Decide whether an exchanged token may be answered again: soon after, and only while nobody used the successor."""
    return now - claimed_at < grace and not successor_claimed


def _made(token: str, client_id: str, *, family_id: str, expires_at: datetime, bound_to: str | None) -> Minted:
    return Minted(
        token,
        {
            "digest": crypto.digest(token), "family_id": family_id, "client_id": client_id,
            "issued_at": clock.now(), "expires_at": expires_at, "bound_to": bound_to,
        },
    )  # fmt: skip
