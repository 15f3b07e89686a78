"""Families: one authorization each, made with its code and killed with one statement."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert, update

from authz import clock, db, entropy
from authz.db import claimed, session
from authz.tokens.models import Grounds, TokenFamily

_insert = insert(cast(Table, TokenFamily.__table__))


def add(*, client_id: str, profile_id: str, pairing_id: str, scope: str, ends_at: datetime, grounds: Grounds) -> str:
    """Write down an authorization; returns the family's id."""
    family_id = entropy.new_id()
    row = {"id": family_id, "client_id": client_id, "profile_id": profile_id, "pairing_id": pairing_id, "scope": scope}
    db.run(_insert, row | vars(grounds) | {"created_at": clock.now(), "ends_at": ends_at})
    return family_id


def revoke(family_id: str, *, reason: str) -> bool:
    """Kill a family, code and tokens; returns whether it was alive."""
    where = (TokenFamily.id == family_id) & TokenFamily.revoked_at.is_(None)
    values = {"revoked_at": clock.now(), "revoke_reason": reason}
    return claimed(session().execute(update(TokenFamily).where(where).values(values)))
