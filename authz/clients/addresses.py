"""Addresses of a client that this server calls or names it by: checked when they are registered.

OpenID Connect Core §8.1 (sector identifiers) and Back-Channel Logout 1.0 §2.2.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authz import outbound
from authz.clients.metadata import LOOPBACK, InvalidClientMetadata
from authz.errors import Refusal, Unavailable


def check(metadata: dict[str, Any]) -> None:
    """Refuse what this server may not call, and a sector document that does not name every redirect URI."""
    for name in ("backchannel_logout_uri", "sector_identifier_uri"):
        if metadata.get(name):
            _check_callable(name, metadata[name])
    if metadata.get("sector_identifier_uri"):
        _check_sector(metadata["sector_identifier_uri"], metadata.get("redirect_uris", []))


def sector_of(metadata: dict[str, Any]) -> str:
    """Return the host that pairwise subjects are made for; empty where redirect URIs have no one host of their own."""
    if metadata.get("sector_identifier_uri"):
        return urlsplit(metadata["sector_identifier_uri"]).hostname or ""
    hosts = {urlsplit(uri).hostname or "" for uri in metadata.get("redirect_uris", [])}
    return hosts.pop() if len(hosts) == 1 and not hosts & set(LOOPBACK) else ""


def _check_callable(name: str, uri: str) -> None:
    try:
        outbound.check_url(uri)
    except Refusal as refusal:
        raise InvalidClientMetadata(
            f"{name} is not an address that this server may call: {refusal.reason}"
        ) from refusal


def _check_sector(uri: str, redirect_uris: list[str]) -> None:
    try:
        listed = outbound.get_json(uri)
    except (Refusal, Unavailable) as error:
        raise InvalidClientMetadata("sector_identifier_uri cannot be fetched") from error
    if not isinstance(listed, list) or not set(redirect_uris) <= {uri for uri in listed if isinstance(uri, str)}:
        raise InvalidClientMetadata("sector_identifier_uri must list every redirect URI, as a JSON array")
