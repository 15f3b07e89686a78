"""Signed authorization requests (RFC 9101), by value: the object's parameters replace what stands beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from authz import clock, keys, settings
from authz.catalogue import resources
from authz.clients import public_keys, registry
from authz.clients.models import RegisteredClient
from authz.protocol.request_checks import ToClient

TYPES = (None, "JWT", "jwt", "oauth-authz-req+jwt")
LONGEST = timedelta(minutes=60)
LEEWAY = timedelta(seconds=30)
# Claims of the object as a JWT; the rest are parameters of the request.
ABOUT = ("iss", "aud", "exp", "nbf", "iat", "jti")


def unwrapped(client: RegisteredClient, params: dict[str, str]) -> dict[str, str]:
    """Return the parameters of the signed object where there is one; refuses a client that must sign and does not."""
    if "request" in params:
        return read(client, params["request"])
    if client.must_sign:
        raise ToClient("invalid_request", "This client must sign its requests.")
    return params


def fetch_keys(token: str) -> None:
    """Fetch the keys that an object needs, if they are not known: before its client's own proof is used up."""
    client = registry.find(str(keys.peek(token).get("iss"))) if token else None
    if client and "jwks_uri" in client.metadata:
        public_keys.read(client, token, _algorithms(client), types=TYPES)


def read(client: RegisteredClient, token: str) -> dict[str, str]:
    """Return the parameters of a request object; refuses one that the client did not sign for us, now."""
    claims = public_keys.read(client, token, _algorithms(client), types=TYPES)
    if claims is None:
        raise _bad("is not signed by a key of the client with an algorithm it may use")
    _check_dates(client, claims)
    audience = claims.get("aud")
    if claims.get("iss") != client.id or claims.get("client_id", client.id) != client.id:
        raise _bad("must be issued by the client")
    if settings.current().issuer not in (audience if isinstance(audience, list) else [audience]):
        raise _bad("must be for this issuer")
    if "sub" in claims:
        # It travels through browsers, and with a subject it would pass for the client's own proof (RFC 9101 §10.8).
        raise _bad("must not have a subject")
    if "request" in claims or "request_uri" in claims:
        raise _bad("must not hold another one")
    return {name: _text(name, value) for name, value in claims.items() if name not in ABOUT} | {"client_id": client.id}


def _algorithms(client: RegisteredClient) -> list[str]:
    chosen = client.metadata.get("request_object_signing_alg")
    return [alg for alg in client.profile.signing_algs if chosen in (None, alg)]


def _check_dates(client: RegisteredClient, claims: dict[str, Any]) -> None:
    now = clock.now()
    expiry, start = _instant(claims, "exp"), _instant(claims, "nbf")
    if client.profile.name == "fapi2" and (expiry is None or start is None):
        raise _bad("needs exp and nbf")
    if expiry is not None and not now < expiry <= now + LONGEST:
        raise _bad("must expire within the next hour")
    if start is not None and not now - LONGEST <= start <= now + LEEWAY:
        raise _bad("must have begun within the last hour")


def _instant(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise _bad(f"has an {name} that is no date")
    return datetime.fromtimestamp(value, UTC)


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if name == "resource" and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return resources.SEPARATOR.join(value)
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _bad(f"has a {name} that is no text")


def _bad(why: str) -> ToClient:
    return ToClient("invalid_request_object", f"The request object {why}.")
