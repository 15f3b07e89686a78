"""Who calls a resource, and what its pairing allows at this moment (RFC 6750): one query for everything.

A token bound to a key or a certificate counts only with its proof (RFC 9449 §7, RFC 8705 §3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request

from authz.catalogue import details, resources
from authz.catalogue.smart import Reach
from authz.errors import Refusal
from authz.pairing import holdings
from authz.protocol import possession
from authz.tokens.models import FamilyFacts

LIVE = ("active", "pending")
LONGEST = 4096  # a signed token with its details


class MissingToken(Refusal):
    """The request carries no access token (RFC 6750 §3: no error code then)."""

    code = "missing_token"
    status = 401
    description = "An access token is needed."


class InvalidToken(Refusal):
    """The access token is unknown, expired or revoked."""

    code = "invalid_token"
    status = 401
    description = "The access token is not valid."


class PairingNotActive(Refusal):
    """The token is good but its link is not: the reason says ended, paused, suspended or expired."""

    status = 403

    def __init__(self, state: str) -> None:
        super().__init__(f"The link is {state}.", reason=state, pairing_state=state)
        self.code = f"pairing_{state}"


class ConsentMissing(Refusal):
    """The patient has not agreed to this, or no longer does."""

    code = "insufficient_scope"
    status = 403
    description = "Consent not given, access refused."


class ServiceSuspended(Refusal):
    """The operator has suspended the client or its catalogue entry."""

    code = "service_suspended"
    status = 403
    description = "This service is suspended by the operator."


@dataclass(frozen=True)
class Access:
    """A caller: the client, the pairing it acts under, and the scopes that the consents give it now.

    `scopes` are open as a whole; `reach` says as well what is open within limits.
    """

    client_id: str
    client_oid: str
    pairing_id: str
    profile_id: str
    subject: str
    scopes: frozenset[str]
    account_id: str
    family: FamilyFacts
    reach: Reach
    history_start: datetime | None = None  # data of before are out of reach


def require(*scopes: str) -> Access:
    """Return the caller, who must act under a living pairing; refuses unless one of the scopes is consented to now."""
    scheme, token = credentials()
    found = holdings.find_access(token)
    if found is None or found.token.is_expired():
        raise InvalidToken()
    possession.check_held(scheme, token, bound_to=found.token.terms.bound_to, client_id=found.token.client_id)
    if not resources.includes(found.token.terms.resources, request.path):
        raise InvalidToken("The access token is for another resource.", reason="resource")
    family = found.token.family
    if family is None:
        raise ConsentMissing(reason="no pairing")
    if found.client_status != "active" or found.entry_status == "suspended":
        raise ServiceSuspended(reason=found.client_status)
    if family.is_revoked and family.state in LIVE:
        raise InvalidToken(reason="family revoked")
    if family.state not in LIVE:
        raise PairingNotActive(family.state)
    reached = holdings.reach(found.token)
    if scopes and not reached.names & set(scopes):
        raise ConsentMissing(reason=" ".join(scopes))
    return Access(
        family.client_id, found.oid, family.pairing_id, family.profile_id, family.subject, reached.names,
        family.account_id, family, reached, details.history_start(found.token.details_sealed),
    )  # fmt: skip


def credentials() -> tuple[str, str]:
    """Return the scheme, in lower case, and the token; never one from the address or a form (RFC 9700 §4.3.2)."""
    header = request.headers.get("Authorization")
    if header is None:
        raise MissingToken()
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in ("bearer", "dpop") or not token or len(token) > LONGEST:
        raise InvalidToken(reason="not a bearer token")
    return scheme.lower(), token.strip()
