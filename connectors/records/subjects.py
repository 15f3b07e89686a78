"""Whether a request speaks of the patient its token is for: the interface's `AssignAuth | idPe`, and its ID token."""

from __future__ import annotations

from typing import Any

from authz import crypto, keys, settings
from authz.errors import Refusal
from authz.protocol.bearer import Access
from connectors.records.outcomes import BadIdToken, OidConflict, WrongPatient


class WrongAuthority(Refusal):
    """The subject's identifier comes from another naming authority than this space's."""

    code = "wrong_authority"
    status = 422
    description = "subject.identifier must be named by this space."


def subject_of(access: Access) -> dict[str, str]:
    """Return the Identifier by which this app knows the patient."""
    return {"system": f"urn:oid:{settings.current().assign_authority}", "value": access.subject}


def check_subject(access: Access, system: str, value: str) -> None:
    """Refuse a request about anyone but the patient of the token."""
    authority = settings.current().assign_authority
    if system.removeprefix("urn:oid:") != authority:
        raise WrongAuthority(f"subject.identifier must have the system urn:oid:{authority}.")
    if not crypto.same(value, access.subject):
        raise WrongPatient()


def check_id_token(access: Access, token: str | None, subject: str) -> None:
    """Check an ID_TOKEN header, if there is one, against the token's app and the patient the request names (§2.6).

    It names the patient, it does not admit: the access token does. So one that has expired still serves, as an
    `id_token_hint` would (OIDC Core §3.1.2.1).
    """
    if token is None:
        return
    claims = keys.read(token) if token.isascii() and token.count(".") == 2 else None
    if claims is None or not isinstance(claims.get("sub"), str):
        raise BadIdToken()
    if not _is_of_solution(claims, access):
        raise OidConflict()
    if not crypto.same(claims["sub"], subject):
        raise WrongPatient()


def _is_of_solution(claims: dict[str, Any], access: Access) -> bool:
    if "oid" in claims:
        return bool(claims["oid"] == access.client_oid)
    audience = claims.get("aud")
    return access.client_id in (audience if isinstance(audience, list) else [audience])
