"""Software statements (RFC 7591 §2.3): metadata that an issuer trusted by the operator vouches for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from authz import clock, keys, remote, settings
from authz.errors import Refusal

ALGORITHMS = ["PS256", "ES256", "EdDSA", "RS256"]
ABOUT = ("iss", "iat", "exp", "nbf", "jti", "aud", "sub")  # claims of the statement itself


class InvalidSoftwareStatement(Refusal):
    """The statement is not signed by its issuer, or is over (RFC 7591 §3.2.2)."""

    code = "invalid_software_statement"
    description = "The software statement is not signed by its issuer, or not valid now."


class UnapprovedSoftwareStatement(Refusal):
    """The statement's issuer is none of those that the operator trusts."""

    code = "unapproved_software_statement"
    description = "The issuer of the software statement is not one that is trusted here."


def read(statement: object) -> dict[str, Any]:
    """Return the metadata that a statement vouches for."""
    if not isinstance(statement, str):
        raise InvalidSoftwareStatement()
    issuers = dict(part.split("=", 1) for part in settings.current().software_issuers)
    issuer = keys.peek(statement).get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise UnapprovedSoftwareStatement()
    claims = remote.read_signed(_sets(issuers[issuer]), statement, ALGORITHMS)
    if claims is None or not _is_current(claims):
        raise InvalidSoftwareStatement()
    return {name: value for name, value in claims.items() if name not in ABOUT}


def _sets(place: str) -> Iterable[dict[str, Any]]:
    if place.startswith(("https://", "http://")):
        return remote.key_sets(place)
    return [json.loads(Path(place).read_text(encoding="utf-8"))]


def _is_current(claims: dict[str, Any]) -> bool:
    now = clock.epoch()
    dates = [claims.get(name) for name in ("nbf", "exp")]
    if any(date is not None and (isinstance(date, bool) or not isinstance(date, int | float)) for date in dates):
        return False
    start, end = dates
    return (start is None or start <= now + 30) and (end is None or now < end)
