"""What a client may register (RFC 7591 §2): defaults, and every problem of a registration named at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from authz.clients import openid_metadata, proving, smart_scopes, token_metadata
from authz.clients.profiles import PROFILES, SHARED_SECRET
from authz.errors import Refusal

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # nosec B105 # a name, no secret
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE, TOKEN_EXCHANGE)
OWN_SCHEME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:/(?!/)[\x21-\x7e]*")  # com.example.app:/callback
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULTS: dict[str, Any] = {
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "subject_type": "pairwise",
    "scope": "openid",
}
# An object has no redirect, and asks for its authorization in another way (RFC 8628).
OF_DEVICES = {"grant_types": [DEVICE_CODE, "refresh_token"], "response_types": []}
OURS = ("profile", "catalogue_entry", "pkce_required", "rotate_refresh_tokens")


class InvalidClientMetadata(Refusal):
    """A registration that cannot be taken; the description names every problem (RFC 7591 §3.2.2)."""

    code = "invalid_client_metadata"
    description = "The client metadata is not valid."


def complete(registration: dict[str, Any], *, known_scopes: Iterable[str]) -> dict[str, Any]:
    """Fill in the defaults and refuse what is wrong; returns the metadata to keep."""
    metadata = (
        DEFAULTS
        | proving.defaults(registration)
        | (OF_DEVICES if registration.get("profile") == "device" else {})
        | registration
    )
    found = [*_shape_problems(metadata)]
    for part in (proving, openid_metadata, token_metadata):
        found += part.shape_problems(metadata)
    if not found:
        found = [*_value_problems(metadata), *_scope_problems(metadata, set(known_scopes))]
        found += [*openid_metadata.value_problems(metadata, _problem_of(metadata))]
        found += [*token_metadata.value_problems(metadata)]
    if found:
        raise InvalidClientMetadata("; ".join(found))
    return metadata


def _shape_problems(metadata: dict[str, Any]) -> Iterable[str]:
    for name in ("redirect_uris", "grant_types", "response_types", "contacts"):
        value = metadata.get(name, [])
        if not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            yield f"{name} must be a list of strings"
    for name in ("token_endpoint_auth_method", "scope", "client_name", "profile", "id_token_signed_response_alg",
                 "subject_type", "client_id"):  # fmt: skip
        if not isinstance(metadata.get(name, ""), str):
            yield f"{name} must be a string"
    for name in ("pkce_required", "rotate_refresh_tokens"):
        if not isinstance(metadata.get(name, True), bool):
            yield f"{name} must be true or false"


def _value_problems(metadata: dict[str, Any]) -> Iterable[str]:
    profile = PROFILES.get(metadata.get("profile", "oauth21"))
    if profile is None:
        yield f"profile must be one of {', '.join(PROFILES)}"
        return
    method, grants = metadata["token_endpoint_auth_method"], metadata["grant_types"]
    rules = {
        f"token_endpoint_auth_method of profile {profile.name} must be one of {', '.join(profile.auth_methods)}": (
            method in profile.auth_methods
        ),
        f"grant_types must be of {', '.join(GRANT_TYPES)}": set(grants) <= set(GRANT_TYPES),
        "redirect_uris is needed for authorization_code": (
            "authorization_code" not in grants or bool(metadata.get("redirect_uris"))
        ),
        "client_credentials and token exchange need a client that can prove itself": (
            not {"client_credentials", TOKEN_EXCHANGE} & set(grants) or method != "none"
        ),
        "response_types must be code alone, or none without authorization_code": (
            metadata["response_types"] == ["code"]
            or (metadata["response_types"] == [] and "authorization_code" not in grants)
        ),
        "subject_type must be pairwise or public": metadata["subject_type"] in ("pairwise", "public"),
        "pkce_required may be false only for a confidential client of profile oidc": (
            metadata.get("pkce_required", True) or (profile.name == "oidc" and method != "none")
        ),
    }
    yield from (sentence for sentence, is_kept in rules.items() if not is_kept)
    yield from proving.problems(metadata, profile)
    problem = _problem_of(metadata)
    yield from (f"redirect_uri {uri}: {why}" for uri in metadata.get("redirect_uris", []) if (why := problem(uri)))


def _problem_of(metadata: dict[str, Any]) -> Callable[[str], str]:
    return partial(uri_problem, is_native=metadata.get("application_type") == "native")


def _scope_problems(metadata: dict[str, Any], known: set[str]) -> Iterable[str]:
    unknown = [name for name in metadata["scope"].split() if name not in known and not smart_scopes.read(name)]
    whole = [name for name in unknown if name.startswith(("system/", "user/"))]
    if whole:
        yield f"{' '.join(whole)}: an app reaches one patient by that patient's link, so only patient/ scopes are given"
    elif unknown:
        yield f"scope has unknown names: {' '.join(unknown)}"


def uri_problem(uri: str, *, is_native: bool = False) -> str:
    """Say what is wrong with a redirect URI: https, or loopback, or a native app's own scheme; no fragment."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return "is not a URI"
    if "#" in uri or "*" in uri or parts.username or any(ord(char) <= 32 or ord(char) > 126 for char in uri):
        return "must have no fragment, wildcard, user name, space or non-ASCII character"
    if parts.scheme not in ("https", "http") and is_native:
        # RFC 8252 §7.1: no authority, which would read as the host of somebody else.
        is_own = OWN_SCHEME.fullmatch(uri) is not None
        return "" if is_own else "must be https, or a domain name of the app's turned around, then :/ and a path"
    if not host or parts.scheme not in ("https", "http"):
        return "must be an https address"
    if parts.scheme == "http" and host not in LOOPBACK:
        return "must be https unless it is on loopback"
    return ""


def needs_secret(metadata: dict[str, Any]) -> bool:
    """Tell whether this client proves itself by a secret we give it."""
    return metadata["token_endpoint_auth_method"] in SHARED_SECRET
