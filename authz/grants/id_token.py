"""ID tokens beside the tokens of a grant (OpenID Connect Core §2, §3.1.3.3, §12.2)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from authz import clock, keys, settings
from authz.clients.models import RegisteredClient
from authz.grants import launch, person
from authz.identity.claims import named
from authz.tokens.models import FamilyFacts

TTL_SECONDS = 3600


class IdToken:
    """A grant extension: adds an ID token to the response of a request that had `openid`."""

    def __call__(self, grant: Any) -> None:
        """Register with a grant, as Authlib's extensions do."""
        grant.register_hook("after_create_token_response", self.add)

    def add(self, grant: Any, result: tuple[int, dict[str, Any], Any]) -> None:
        """Sign the ID token into the response."""
        _status, response, _headers = result
        family: FamilyFacts = grant.request.user
        if "openid" not in response["scope"].split():
            return
        found = getattr(grant.request, "authorization_code", None)
        claims = claims_of(grant.request.client, family, nonce=found.nonce if found else None)
        claims |= person.claims(family, names=named(family.claims, "id_token")) | launch.user(family, response["scope"])
        claims["at_hash"] = at_hash(response["access_token"])
        response["id_token"] = keys.sign(claims, alg=grant.request.client.id_token_alg)


def claims_of(client: RegisteredClient, family: FamilyFacts, *, nonce: str | None) -> dict[str, Any]:
    """Return the ID token's claims; `act` names the account when it acts for somebody else (RFC 8693 §4.1)."""
    now = clock.epoch()
    claims: dict[str, Any] = {
        "iss": settings.current().issuer,
        "sub": family.subject,
        "aud": client.id,
        "iat": now,
        "exp": now + TTL_SECONDS,
        "auth_time": family.auth_time,
        "acr": family.acr,
        "amr": family.amr.split(),
        "sid": family.sid,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if family.oid:
        claims["oid"] = family.oid
    return claims | family.acting


def at_hash(access_token: str) -> str:
    """Return the left half of the token's SHA-256, base64url (OIDC Core §3.1.3.6); all our algorithms are -256."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
