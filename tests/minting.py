"""Codes and tokens without walking the pages, for tests of what comes after them."""

from __future__ import annotations

from typing import Any

from authz import clock
from authz.catalogue import scopes
from authz.clients import registry
from authz.interaction import decision
from authz.interaction.models import Request
from authz.pairing import pairings
from tests.actors import Partner, Person
from tests.standing import unit_in


def mint_code(partner: Partner, person: Person, *, scope: str | None = None, **request: Any) -> str:
    """Pair the person's own profile with everything the partner asks, and return a code for it."""
    partner.address()
    wanted = scope or partner.scope
    with unit_in(partner.app):
        client = registry.get(partner.client_id)
        pairing = pairings.open_or_renew(
            client,
            person.profile_id(),
            by=person.account_id,
            decisions=dict.fromkeys(scopes.asked(wanted), True),
            lang="fr",
            ends_at=decision.ends_at(13, clock.now()),
            app_account={},
        )
        auth = {
            "account_id": person.account_id,
            "auth_time": clock.epoch(),
            "acr": "aal2",
            "amr": "pwd otp",
            "sid": "s",
        }
        asked = Request(
            redirect_uri=partner.redirect_uri, scope=wanted, code_challenge=challenge_of(partner.verifier), **request
        )
        return decision.mint_code(client, pairing, asked, auth)


def mint_tokens(partner: Partner, person: Person, **request: Any) -> dict[str, Any]:
    """Return the token response for such a code."""
    answer = partner.redeem(mint_code(partner, person, **request))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json
    return tokens


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    import base64
    import hashlib

    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
