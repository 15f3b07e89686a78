"""Access tokens that other resource servers can read by themselves (RFC 9068), for clients that are set to them.

Here they count as opaque ones do: what is looked up is the digest of the whole token, with its pairing, so that no
header or claim of it is ever believed and every end is obeyed at once. Elsewhere they count until they expire: hence
so short.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from authz import clock, entropy, keys, settings
from authz.catalogue import details, resources
from authz.clients.models import RegisteredClient
from authz.tokens import access
from authz.tokens.exchange import Minted
from authz.tokens.models import FamilyFacts, Terms

LONGEST = timedelta(minutes=5)
TYPE = "at+jwt"


def ttl_of(client: RegisteredClient) -> timedelta:
    """Return how long the access tokens of a client live."""
    longest = settings.current().access_token_ttl
    return min(longest, LONGEST) if client.has_signed_tokens else longest


def prepare(
    client: RegisteredClient, family: FamilyFacts | None, scope: str, *, told: str, ttl: timedelta, terms: Terms
) -> Minted:
    """Make an access token of the client's kind, good once kept; `told` is what the consents allow now of its scope."""
    now = clock.now()
    token = None
    if client.has_signed_tokens:
        claims = _claims(client, family, told, terms) | {"iat": _epoch(now), "exp": _epoch(now + ttl)}
        token = keys.sign(claims, alg=client.id_token_alg, typ=TYPE)
    family_id = family.id if family else None
    return access.prepare(client.id, family_id=family_id, scope=scope, dates=(now, now + ttl), terms=terms, token=token)


def _claims(client: RegisteredClient, family: FamilyFacts | None, told: str, terms: Terms) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": settings.current().issuer,
        "sub": family.subject if family else client.id,
        "aud": resources.audience(terms.resources),
        "jti": entropy.new_secret("apj"),
        "client_id": client.id,
    }
    if told:
        claims["scope"] = told
    if family:
        claims |= {"auth_time": family.auth_time, "acr": family.acr, "amr": family.amr.split()} | family.acting
        claims |= details.told(terms.details_sealed or family.details_sealed)
    return claims | terms.confirmation


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
