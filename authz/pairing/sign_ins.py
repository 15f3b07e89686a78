"""What hangs on signed-in browsers: the authorizations that began in them, found by the `sid` that clients know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from authz.catalogue import scopes
from authz.db import session
from authz.pairing.models import Pairing
from authz.tokens.models import TokenFamily


@dataclass(frozen=True)
class Begun:
    """One authorization of a signed-in browser."""

    family_id: str
    client_id: str
    account_id: str
    sid: str
    scope: str
    subject: str
    is_alive: bool

    @property
    def is_sign_in_only(self) -> bool:
        """Whether it ends with the browser: the client only learns who is there, or asked for no longer than that."""
        names = set(self.scope.split())
        units = scopes.asked(self.scope)
        data = "patient/" in self.scope or any(scopes.SCOPES[name].action != "identity" for name in units)
        return "offline_access" not in names and (not data or "online_access" in names)


def list_begun(sids: Sequence[str]) -> list[Begun]:
    """List the authorizations that began in these browsers, over or not, the oldest first."""
    on_pairing = (Pairing.profile_id == TokenFamily.profile_id) & (Pairing.id == TokenFamily.pairing_id)
    columns = (
        *(TokenFamily.id, TokenFamily.client_id, TokenFamily.account_id, TokenFamily.sid, TokenFamily.scope),
        *(Pairing.subject, TokenFamily.revoked_at.is_(None)),
    )
    query = select(*columns).join(Pairing, on_pairing).where(TokenFamily.sid.in_(sids)).order_by(TokenFamily.id)
    return [Begun(*row) for row in session().execute(query)]
