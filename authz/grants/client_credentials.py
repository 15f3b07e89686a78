"""The client credentials grant (RFC 6749 §4.4): the client's own token, which reaches no patient's data."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import grants

from authz import settings
from authz.grants import issuing
from authz.grants.authorization_code import AUTH_METHODS
from authz.tokens import access


class ClientCredentialsGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[:-1]  # a client without a proof has nothing of its own

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        """Mint a token without a family."""
        config = settings.current()
        # The library hands on the scope as it was sent, not what the client may have.
        wanted = self.request.client.get_allowed_scope(scope) or ""
        terms = issuing.terms_of(self.request)
        token = access.mint(
            self.request.client.id, family_id=None, scope=wanted, ttl=config.access_token_ttl, terms=terms
        )
        response = {
            "access_token": token,
            "token_type": issuing.token_type(terms.bound_to),
            "expires_in": config.access_token_seconds,
        }
        return response | ({"scope": wanted} if wanted else {})

    def save_token(self, token: dict[str, Any]) -> None:
        """Everything is written already."""
