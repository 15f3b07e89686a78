"""The device authorization grant (RFC 8628 §3.4, §3.5): an object asks until its person has decided.

Whose code it is comes first: an object learns nothing of another's. A decision is taken once, with one conditional
UPDATE; who comes second is told that the code was used.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oauth2.rfc8628 import DeviceCodeGrant as _DeviceCodeGrant
from authlib.oauth2.rfc8628.errors import AuthorizationPendingError, ExpiredTokenError, SlowDownError

from authz import clock
from authz.grants import issuing
from authz.grants.authorization_code import AUTH_METHODS
from authz.pairing import holdings, pairings
from authz.pairing.holdings import FoundDevice
from authz.tokens import device_codes, exchange, refresh
from authz.tokens.models import FamilyFacts


class DeviceCodeGrant(_DeviceCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's grant over our rows."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_token_request(self) -> None:
        """Find the client's code and what was decided; a foreign code is as unknown as a made-up one."""
        client = self.request.client = self.authenticate_token_endpoint_client()
        device_code = self.request.payload.data.get("device_code")
        if not device_code:
            raise InvalidRequestError("Missing 'device_code'")
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not use device codes.")
        found = holdings.find_device(device_code)
        if found is None or found.client_id != client.id:
            raise InvalidGrantError("The device code is not known.")
        self.request.credential, self.request.user = found, _decided(found)

    def generate_token(self, user: FamilyFacts, scope: str, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        """Claim the decision and mint the tokens of this authorization."""
        client, terms = self.request.client, issuing.terms_of(self.request)
        if not device_codes.claim(self.request.credential.digest):
            raise InvalidGrantError("The device code was already used.")
        pairings.activate(user.profile_id, user.pairing_id)
        fresh = None
        if include_refresh_token:
            end, held = issuing.refresh_end(user), terms.bound_to if client.is_public else None
            fresh = refresh.first(client.id, family_id=user.id, expires_at=end, bound_to=held)
        access = issuing.prepare(client, user, scope, terms)
        exchange.keep(access, fresh)
        return issuing.respond(user, scope, access, fresh.plain if fresh else None)

    def save_token(self, token: dict[str, Any]) -> None:
        """Everything is written already."""


def _decided(found: FoundDevice) -> FamilyFacts:
    """Return what the person decided; refuses with what an object has to do next (RFC 8628 §3.5)."""
    if found.claimed_at is not None:
        raise InvalidGrantError("The device code was already used.")
    if found.expires_at <= clock.now():
        raise ExpiredTokenError("The device code has expired.")
    if found.decided_at is None:
        if device_codes.poll(found.digest, found.polled_at, found.interval_seconds):
            raise SlowDownError("Ask less often.")
        raise AuthorizationPendingError("Nobody has decided yet.")
    if found.family is None:
        raise AccessDeniedError("The patient refused.")
    if not found.family.is_alive:
        raise issuing.LinkOver(found.family.state)
    return found.family
