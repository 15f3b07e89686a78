"""The client credentials grant (RFC 6749 §4.4): the client's own token, which reaches no patient's data."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError, grants

from authz.grants import issuing, signed_access
from authz.grants.authorization_code import AUTH_METHODS
from authz.tokens import exchange


class ClientCredentialsGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[:-1]  # a client without a proof has nothing of its own

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        """Mint a token without a family."""
        if any(name.startswith("system/") for name in (scope or "").split()):
            # SMART backend services: here every read starts from one patient's link, so nothing could be meant by it.
            raise InvalidScopeError("system/ scopes are not given; a patient's link gives patient/ scopes.")
        # The library hands on the scope as it was sent, not what the client may have.
        client = self.request.client
        wanted = client.get_allowed_scope(scope) or ""
        terms, ttl = issuing.terms_of(self.request), signed_access.ttl_of(client)
        token = signed_access.prepare(client, None, wanted, told=wanted, ttl=ttl, terms=terms)
        exchange.keep(token)
        response = {
            "access_token": token.plain,
            "token_type": issuing.token_type(terms.bound_to),
            "expires_in": token.expires_in,
        }
        return response | ({"scope": wanted} if wanted else {})

    def save_token(self, token: dict[str, Any]) -> None:
        """Everything is written already."""
