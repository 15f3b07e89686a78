"""OpenID Connect Core 1.0 §3.1.3.7 and §3.3.2.11: what an ID token must satisfy before anything in it is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from connectors.kit import discovery, doors
from connectors.kit.errors import Untrusted
from connectors.kit.partner import Partner

# Asymmetric only: a symmetric or absent signature would let anyone who knows the client forge a token.
ALGORITHMS = ["RS256", "ES256", "PS256"]
CLOCK_SKEW_SECONDS = 60
OLDEST_SECONDS = 600


def verify(partner: Partner, id_token: str, *, access_token: str, nonce: str | None) -> dict[str, Any]:
    """Return the claims of a genuine ID token meant for this partner and this sign-in."""
    token = _signed(partner, id_token)
    claims = token.claims
    _check(claims.get("iss") == partner.issuer, "iss is another issuer")
    _check(_is_for(partner.client_id, claims), "aud or azp names another client")
    now = doors.now().timestamp()
    _check(_is_number(claims.get("exp")) and claims["exp"] > now - CLOCK_SKEW_SECONDS, "exp has passed")
    _check(_is_number(claims.get("iat")) and abs(now - claims["iat"]) < OLDEST_SECONDS, "iat is not recent")
    _check(nonce is None or claims.get("nonce") == nonce, "nonce is not the one that was sent")
    _check("at_hash" not in claims or _is_hash(claims["at_hash"], access_token), "at_hash is of another access token")
    _check(isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255, "sub is missing")
    return claims


def _signed(partner: Partner, id_token: str) -> jwt.Token:
    """Check the signature, asking once more for the keys when the key was not among those known."""
    for again in (False, True):
        try:
            keys = jwk.KeySet.import_key_set(discovery.key_set(partner, again=again))  # type: ignore[arg-type]
            return jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as trouble:
            last: Exception = trouble
    raise Untrusted(f"The ID token's signature cannot be verified ({type(last).__name__}).") from last


def _is_for(client_id: str, claims: dict[str, Any]) -> bool:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    authorized = claims.get("azp", client_id if len(named) == 1 else None)
    return client_id in named and authorized == client_id


def _is_hash(value: object, access_token: str) -> bool:
    # All three algorithms sign with SHA-256, whose left half is the hash meant here.
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check(is_true: bool, trouble: str) -> None:
    if not is_true:
        raise Untrusted(f"The ID token is not acceptable: {trouble}.")
