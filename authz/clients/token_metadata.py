"""What a client registers about its tokens beyond their binding. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from authz.clients.profiles import PROFILES, SecurityProfile

LISTS = ("resource_servers", "authorization_details_types")
DETAIL_TYPES = ("pairing",)  # of RFC 9396
TEXTS = ("access_token_format", "introspection_signed_response_alg")


def shape_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Say which members are not of the kind they have to be."""
    yield from (f"{name} must be a string" for name in TEXTS if not isinstance(metadata.get(name, ""), str))
    for name in LISTS:
        value = metadata.get(name, [])
        if not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            yield f"{name} must be a list of strings"


def value_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Say which values cannot be."""
    profile = PROFILES.get(metadata.get("profile", "oauth21"))
    if profile:
        yield from _choice_problems(metadata, profile)
    if not set(metadata.get("authorization_details_types", [])) <= set(DETAIL_TYPES):
        yield f"authorization_details_types must be of {', '.join(DETAIL_TYPES)}"
    for uri in metadata.get("resource_servers", []):
        if not uri.startswith("https://") or "#" in uri or not uri.isascii() or not uri.isprintable() or " " in uri:
            yield f"resource_servers: {uri} must be an https address without a fragment"


def _choice_problems(metadata: dict[str, Any], profile: SecurityProfile) -> Iterable[str]:
    for name, allowed in {
        "access_token_format": profile.access_token_formats,
        "introspection_signed_response_alg": profile.id_token_algs,
    }.items():
        if metadata.get(name, allowed[0]) not in allowed:
            yield f"{name} of profile {profile.name} must be of {', '.join(allowed)}"
