"""Who the partner is and where it speaks to: the values every call of the kit starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from connectors.kit.errors import Misconfigured
from connectors.kit.stores import TokenStore
from connectors.kit.wire import Wire

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Credentials(Protocol):
    """How the partner proves itself at the token, revocation and introspection endpoints."""

    def __call__(self, client_id: str, issuer: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the headers and the form fields that prove it."""


@dataclass(frozen=True)
class Partner:
    """One registered client of one health space."""

    issuer: str
    client_id: str
    credentials: Credentials
    redirect_uri: str
    store: TokenStore
    wire: Wire = field(default_factory=Wire)
    # What discovery answered, kept for an hour; the key is the address.
    remembered: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked_address(self.issuer, "issuer")
        if self.issuer.endswith("/") or urlsplit(self.issuer).query:
            raise Misconfigured("The issuer has no trailing slash and no query: copy it from the discovery document.")
        if not self.client_id:
            raise Misconfigured("The client_id is empty.")


def checked_address(address: str, name: str) -> str:
    """Refuse an address that would send secrets in the clear; loopback is for development."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return address
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return address
    raise Misconfigured(f"The {name} must be an https address, or http on localhost; it is {address!r}.")
