"""The authorization code grant (RFC 6749 §4.1, RFC 9700 §2.1.1): find, prove, then claim; one winner.

The claim comes after PKCE: a stranger with a stolen code must not be able to burn it. A second redemption with the
right proof is a replay: everything that came of the code dies.
"""

from __future__ import annotations

from typing import Any, NoReturn

from authlib.oauth2.rfc6749 import InvalidGrantError, grants

from authz import audit, clock
from authz.grants import issuing, launch
from authz.pairing import holdings, pairings
from authz.tokens import exchange, families, refresh
from authz.tokens.models import FamilyFacts, FoundCode

AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth",
                "self_signed_tls_client_auth", "none"]  # fmt: skip


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_authorization_code(self, code: str, client: Any) -> FoundCode | None:
        """Find the client's code, used or not."""
        found = holdings.find_code(code)
        return found if found and found.client_id == client.id else None

    def authenticate_user(self, authorization_code: FoundCode) -> FamilyFacts:
        """Check what can be checked before the claim."""
        family = authorization_code.family
        if authorization_code.claimed_at:
            _refuse_replay(family)
        if authorization_code.expires_at <= clock.now():
            raise InvalidGrantError("The code has expired.")
        if not family.is_alive:
            raise issuing.LinkOver(family.state)
        return family

    def generate_token(self, user: FamilyFacts, scope: str, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        """Exchange the code for tokens; the loser of a race and a replay are the same thing."""
        client, terms = self.request.client, issuing.terms_of(self.request)
        fresh = None
        if include_refresh_token and launch.may_refresh(client, scope):
            end, held = issuing.refresh_end(user), terms.bound_to if client.is_public else None
            fresh = refresh.first(client.id, family_id=user.id, expires_at=end, bound_to=held)
        access = issuing.prepare(client, user, scope, terms)
        if user.state == "pending":
            # First, so that the exchange is of the unit that this begins: a link in use is never left pending.
            pairings.activate(user.profile_id, user.pairing_id)
        if not exchange.take("code", self.request.authorization_code.digest, access, fresh):
            _refuse_replay(user)
        return issuing.respond(user, scope, access, fresh.plain if fresh else None)

    def save_token(self, token: dict[str, Any]) -> None:
        """Everything is written already."""

    def delete_authorization_code(self, authorization_code: FoundCode) -> None:
        """A used code stays until purge, so that its replay is seen."""


def _refuse_replay(family: FamilyFacts) -> NoReturn:
    if families.revoke(family.id, reason="code-replay"):
        audit.record(
            "token:code:replay", profile_id=family.profile_id, client_id=family.client_id, pairing_id=family.pairing_id
        )
    raise InvalidGrantError("The code was already used.")
