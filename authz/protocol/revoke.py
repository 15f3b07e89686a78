"""The revocation endpoint (RFC 7009): a client gives a token up; a refresh token takes its whole family along."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint as _RevocationEndpoint
from flask import Blueprint, Response

from authz import audit
from authz.grants.authorization_code import AUTH_METHODS
from authz.guard import mark
from authz.pairing import holdings
from authz.protocol import client_auth, running
from authz.tokens import access, families
from authz.tokens.models import FoundToken

bp = Blueprint("revoke", __name__)


@bp.post("/revoke")
@mark("public")
def revoke() -> Response:
    """Answer a revocation request; an unknown token is revoked already (RFC 7009 §2.2)."""
    return client_auth.checked(lambda: running.endpoint("revocation"))


class RevocationEndpoint(_RevocationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's endpoint over our rows."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> FoundToken | None:
        """Find the token; the hint is not needed, kinds have prefixes of their own."""
        return holdings.find_any(token_string)

    def revoke_token(self, token: FoundToken, request: Any) -> None:
        """Kill an access token alone, or the family of a refresh token."""
        family = token.family
        if token.kind == "access_token":
            access.revoke(token.digest)
        elif family:
            families.revoke(family.id, reason="client")
        audit.record(
            "token:revoke", profile_id=family.profile_id if family else None, client_id=token.client_id,
            pairing_id=family.pairing_id if family else None, kind=token.kind,
        )  # fmt: skip
