"""Families: one authorization each, made with its code and killed with one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, update

from authz import clock, entropy
from authz.db import claimed, session
from authz.prepared import Prepared
from authz.tokens.models import Grounds, TokenFamily

_table = cast(Table, TokenFamily.__table__)
_insert = Prepared(insert(_table), (c.name for c in _table.c if not c.name.startswith("revoke")))


def prepare(
    *, client_id: str, profile_id: str, pairing_id: str, scope: str, ends_at: datetime, grounds: Grounds
) -> dict[str, Any]:
    """Return the row of a new authorization."""
    ids = {"id": entropy.new_id(), "client_id": client_id, "profile_id": profile_id, "pairing_id": pairing_id}
    return ids | {"scope": scope, "created_at": clock.now(), "ends_at": ends_at} | vars(grounds)


def keep(row: dict[str, Any]) -> str:
    """Write down an authorization that has no code; returns its id."""
    _insert.run(row)
    return str(row["id"])


def revoke(family_id: str, *, reason: str) -> bool:
    """Kill a family, code and tokens; returns whether it was alive."""
    where = (TokenFamily.id == family_id) & TokenFamily.revoked_at.is_(None)
    values = {"revoked_at": clock.now(), "revoke_reason": reason}
    return claimed(session().execute(update(TokenFamily).where(where).values(values)))
