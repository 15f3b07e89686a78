"""OpenID Connect Discovery 1.0 §4 and RFC 8414 §3.3: what the health space publishes about itself."""

from __future__ import annotations

from typing import Any

from connectors.kit import doors
from connectors.kit.errors import Unreachable, Untrusted
from connectors.kit.partner import Partner, checked_address
from connectors.kit.wire import Call

KEPT_SECONDS = 3600.0
# An unknown key id may be asked for again only after this long, or a forged token could make us hammer the server.
KEYS_AGAIN_SECONDS = 10.0


def metadata(partner: Partner) -> dict[str, Any]:
    """Return the discovery document, whose issuer is exactly the configured one."""
    found = _fetched(partner, f"{partner.issuer}/.well-known/openid-configuration", KEPT_SECONDS)
    if found.get("issuer") != partner.issuer:
        raise Untrusted(f"Discovery names the issuer {found.get('issuer')!r}, not {partner.issuer!r}.")
    return found


def endpoint(partner: Partner, name: str) -> str:
    """Return one published endpoint address."""
    address = metadata(partner).get(name)
    if not isinstance(address, str):
        raise Untrusted(f"Discovery does not name {name}.")
    return checked_address(address, name)


def key_set(partner: Partner, *, again: bool = False) -> dict[str, Any]:
    """Return the signing keys; `again` asks anew for a key id that was not among them."""
    return _fetched(partner, endpoint(partner, "jwks_uri"), KEYS_AGAIN_SECONDS if again else KEPT_SECONDS)


def _fetched(partner: Partner, address: str, kept: float) -> dict[str, Any]:
    known = partner.remembered.get(address)
    if known is not None and doors.elapsed() - known[0] < kept:
        return known[1]
    answer = partner.wire.send(Call("GET", address, {"Accept": "application/json"}))
    if answer.status != 200:
        raise Unreachable(f"GET {address} answered {answer.status}.")
    found = answer.json()
    partner.remembered[address] = (doors.elapsed(), found)
    return found
