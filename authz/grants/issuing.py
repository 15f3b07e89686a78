"""The token response: what is minted, and what a client is told about its token and its pairing (RFC 6749 §5.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from authz import clock, settings
from authz.catalogue import details, scopes, smart
from authz.clients.models import RegisteredClient
from authz.grants import launch, signed_access
from authz.tokens.exchange import Minted
from authz.tokens.models import FamilyFacts, FoundToken, Terms


class LinkOver(InvalidGrantError):  # type: ignore[misc]  # Authlib ships no types
    """`invalid_grant` because of the pairing, whose state is told so that a partner can tell its user."""

    def __init__(self, state: str) -> None:
        super().__init__(f"The link is {state}.")
        self.state_of_pairing = state

    def get_body(self) -> list[tuple[str, str]]:
        """Return the error's members (RFC 6749 §5.2 allows further ones)."""
        return [*super().get_body(), ("pairing_state", self.state_of_pairing)]


def refresh_end(family: FamilyFacts) -> datetime:
    """Return when a refresh token used now is over: by idleness, or with its pairing."""
    return min(clock.now() + settings.current().refresh_idle_ttl, family.ends_at)


def terms_of(request: Any) -> Terms:
    """Return what the extensions of a grant found on its request for the new token."""
    return Terms(request.bound_to, request.resources, request.details_sealed)


def prepare(client: RegisteredClient, family: FamilyFacts, scope: str, terms: Terms) -> Minted:
    """Make an access token of a family, bound and narrowed by its terms; it is good once its row is kept."""
    ttl = signed_access.ttl_of(client)
    return signed_access.prepare(client, family, scope, told=reached(family, scope), ttl=ttl, terms=terms)


def describe(access: Minted, subject: FoundToken, told: str) -> dict[str, Any]:
    """Return what is told of an access token that comes alone, made of another one."""
    response: dict[str, Any] = {
        "access_token": access.plain,
        "token_type": token_type(access.row["bound_to"]),
        "expires_in": access.expires_in,
        "scope": told,
    }
    return response | details.told(access.row["details_sealed"] or subject.details_sealed)


def respond(family: FamilyFacts, scope: str, access: Minted, refresh_token: str | None) -> dict[str, Any]:
    """Return the token response for an access token and perhaps a refresh token."""
    config = settings.current()
    response: dict[str, Any] = (
        {
            "access_token": access.plain,
            "token_type": token_type(access.row["bound_to"]),
            "expires_in": access.expires_in,
            "scope": reached(family, scope),
            "pairing_id": family.pairing_id,
            "pairing_ends_at": family.ends_at.isoformat(timespec="seconds"),
            "subject": family.subject,
            "subject_system": f"urn:oid:{config.assign_authority}",
        }
        | details.told(access.row["details_sealed"] or family.details_sealed)
        | launch.context(family, scope)
    )
    if refresh_token:
        idle = refresh_end(family) - clock.now()
        response |= {"refresh_token": refresh_token, "refresh_token_expires_in": max(0, int(idle.total_seconds()))}
    return response


def token_type(bound_to: str | None) -> str:
    """Return how a token is used: DPoP if it is bound to a key (RFC 9449 §5), Bearer also with a certificate."""
    return "DPoP" if bound_to and bound_to.startswith("jkt:") else "Bearer"


def reached(family: FamilyFacts, scope: str) -> str:
    """Return what of a scope the consents allow now, in the order asked."""
    return smart.told(scope, family.granted, family.limits, scopes.PROTOCOL)
