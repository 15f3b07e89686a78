"""The refresh grant (RFC 6749 §6, RFC 9700 §4.14): rotation with one winner, a grace, death on theft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, grants

from authz import audit, clock, settings
from authz.clients import smart_scopes
from authz.grants import issuing, launch
from authz.grants.authorization_code import AUTH_METHODS
from authz.identity import sessions
from authz.pairing import holdings, pairings
from authz.tokens import exchange, families, refresh
from authz.tokens.exchange import Minted
from authz.tokens.models import FamilyFacts, FoundToken


class RefreshTokenGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> FoundToken | None:
        """Find the token, exchanged or not; whose it is, Authlib checks next."""
        return holdings.find_refresh(refresh_token)

    def authenticate_user(self, refresh_token: FoundToken) -> FamilyFacts:
        """Check the pairing first: Authlib would call an absent user an invalid request."""
        family = refresh_token.family
        if family is None or refresh_token.is_over:
            raise InvalidGrantError("The refresh token has expired.")
        if family.is_revoked:
            raise InvalidGrantError("The refresh token was revoked.")
        if not family.is_alive:
            raise issuing.LinkOver(family.state)
        if launch.is_online_only(family.scope) and not sessions.is_alive(family.sid):
            raise InvalidGrantError("The patient is no longer signed in.")
        return family

    def _validate_token_scope(self, token: FoundToken) -> None:
        """Refuse more than was agreed to at first (RFC 6749 §6); a SMART scope within one of those is not more."""
        if smart_scopes.narrowed(self.request.payload.scope or "", token.scope) is None:
            raise InvalidScopeError()

    def issue_token(self, user: FamilyFacts, refresh_token: FoundToken) -> dict[str, Any]:
        """Exchange or keep the refresh token as the client's policy says, and mint an access token."""
        client = self.request.client
        presented = self.request.form["refresh_token"]
        scope = smart_scopes.narrowed(self.request.payload.scope or "", user.scope) or user.scope
        access = issuing.prepare(client, user, scope, issuing.terms_of(self.request))
        if client.rotates_refresh_tokens:
            presented = self._exchange(user, refresh_token, presented, access)
        else:
            refresh.keep(presented, expires_at=issuing.refresh_end(user))
            exchange.keep(access)
        return issuing.respond(user, scope, access, presented)

    def save_token(self, token: dict[str, Any]) -> None:
        """Everything is written already."""

    def revoke_old_credential(self, refresh_token: FoundToken) -> None:
        """The exchange has claimed it already."""

    def _exchange(self, family: FamilyFacts, found: FoundToken, presented: str, access: Minted) -> str:
        end = issuing.refresh_end(family)
        fresh = refresh.following(
            presented, found.client_id, family_id=family.id, expires_at=end, bound_to=found.terms.bound_to
        )
        if found.claimed_at is None:
            if exchange.take("refresh_token", found.digest, access, fresh):
                return fresh.plain
            found = holdings.find_refresh(presented) or found  # somebody was faster: see when
        grace = timedelta(seconds=settings.current().refresh_grace_seconds)
        is_used = holdings.is_claimed(fresh.plain)
        if not found.claimed_at or not refresh.may_repeat(
            found.claimed_at, clock.now(), grace=grace, successor_claimed=is_used
        ):
            _end_stolen(family)
            raise InvalidGrantError("The refresh token was already used; the link is suspended.")
        exchange.keep(access)
        return fresh.plain


def _end_stolen(family: FamilyFacts) -> None:
    """Somebody holds a copy: the family dies, the pairing waits for the patient, who is told."""
    if families.revoke(family.id, reason="refresh-replay"):
        audit.record(
            "token:refresh:replay",
            profile_id=family.profile_id,
            client_id=family.client_id,
            pairing_id=family.pairing_id,
        )
        pairings.suspend(family.profile_id, family.pairing_id, reason="refresh-replay")
