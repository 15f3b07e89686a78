"""The upstream identity providers, as set and as they describe themselves (OpenID Connect Discovery 1.0 §3, §4).

What a provider says of itself is believed as far as it goes: it must be of the issuer that is set, and each address
must be one that the outbound door would call at all. Documents are kept; a broken one is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authz import outbound, remote, settings
from authz.identity.upstream_refusals import UpstreamUnavailable, UpstreamUnknown
from authz.upstream import Provider


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is to be asked; the last two may be empty. `names_itself` is RFC 9207 §3."""

    authorization: str
    token: str
    jwks: str
    userinfo: str
    end_session: str
    names_itself: bool


def list_all() -> tuple[Provider, ...]:
    """List the providers that are set, in the operator's order."""
    return settings.current().upstream


def get(name: str) -> Provider:
    """Return the provider of a name; refuses with UpstreamUnknown."""
    for provider in list_all():
        if provider.name == name:
            return provider
    raise UpstreamUnknown(reason=name[:32])


def endpoints(provider: Provider) -> Endpoints:
    """Return where a provider is to be asked; refuses with UpstreamUnavailable while nothing usable is known of it."""
    for document in remote.documents(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"):
        found = _read(provider, document)
        if found:
            return found
    raise UpstreamUnavailable(reason=f"{provider.name}: no metadata", provider=provider.label)


def _read(provider: Provider, document: dict[str, Any]) -> Endpoints | None:
    if document.get("issuer") != provider.issuer:
        return None
    addresses = {name: _address(document, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = _address(document, "userinfo_endpoint")
    if not all(addresses.values()) or (provider.userinfo != "none" and not userinfo):
        return None
    return Endpoints(
        authorization=addresses["authorization_endpoint"],
        token=addresses["token_endpoint"],
        jwks=addresses["jwks_uri"],
        userinfo=userinfo,
        end_session=_address(document, "end_session_endpoint"),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: dict[str, Any], name: str) -> str:
    """Return an address of the document if we could call it, or lead a browser there; nothing otherwise."""
    address = document.get(name)
    if not isinstance(address, str):
        return ""
    try:
        outbound.check_url(address)
    except outbound.OutboundRefused:
        return ""
    return "" if "#" in address else address
