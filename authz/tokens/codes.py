"""Authorization codes: sixty seconds, one use, one winner (RFC 6749 §4.1.2, RFC 9700 §2.1.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, insert, update

from authz import clock, crypto, db, entropy
from authz.db import claimed
from authz.tokens.models import AuthorizationCode

TTL = timedelta(seconds=60)
_table = cast(Table, AuthorizationCode.__table__)
_insert = insert(_table)
_unclaimed = (_table.c.digest == bindparam("presented")) & _table.c.claimed_at.is_(None)
_claim = update(_table).where(_unclaimed).values(claimed_at=bindparam("now"))


def mint(
    family_id: str,
    client_id: str,
    redirect_uri: str,
    *,
    code_challenge: str | None,
    nonce: str | None,
    dpop_jkt: str | None = None,
) -> str:
    """Make a code for a family and return it, this once; with `dpop_jkt` it is good with that key only."""
    code = entropy.new_secret("apk")
    db.run(
        _insert,
        {
            "digest": crypto.digest(code), "family_id": family_id, "client_id": client_id, "redirect_uri": redirect_uri,
            "code_challenge": code_challenge, "nonce": nonce, "expires_at": clock.now() + TTL,
            "dpop_jkt": dpop_jkt,
        },
    )  # fmt: skip
    return code


def claim(digest: str) -> bool:
    """Take the code for good; of any number who try, one is told True."""
    return claimed(db.run(_claim, {"presented": digest, "now": clock.now()}))
