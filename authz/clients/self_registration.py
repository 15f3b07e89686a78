"""What a client may say of itself when it registers itself (RFC 7591 §2, OpenID Connect Registration 1.0 §2). Pure.

The rest of its metadata is the operator's: a member that is not named here is left out, as §3.1 lets a server do. What
remains is held to the same rules as a registration by the operator, and to stricter ones for addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from authz.clients import certificate_names, openid_metadata
from authz.clients.metadata import InvalidClientMetadata, uri_problem

SCOPE = "openid offline_access profile email phone address"  # of who names none: who somebody is, and no health data
PAGES = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
WORDS = ("client_name", "software_id", "software_version", "scope")
MEMBERS = frozenset((
    "redirect_uris", "grant_types", "response_types", "application_type", "contacts", "jwks", "jwks_uri",
    "software_statement", "subject_type", "default_max_age", "require_auth_time", "id_token_signed_response_alg",
    "token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "request_object_signing_alg",
    "authorization_signed_response_alg", "introspection_signed_response_alg",
    "authorization_details_types", "require_pushed_authorization_requests", "require_signed_request_object",
    "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens", *certificate_names.NAMES, *PAGES, *WORDS,
    *openid_metadata.TEXTS, *openid_metadata.FLAGS, *openid_metadata.LISTS,
))  # fmt: skip
SPOKEN = ("client_name", *PAGES)  # may be said in several languages (RFC 7591 §2.2)
MOST, LONGEST = 20, 500


class InvalidRedirectUri(InvalidClientMetadata):
    """A redirect URI that is not exact, not https, or not on loopback for a native app (RFC 7591 §3.2.2)."""

    code = "invalid_redirect_uri"


def accept(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what counts of what a client sent; refuses what cannot be taken."""
    metadata = {"scope": SCOPE, "application_type": "web"} | {
        name: value
        for name, value in sent.items()
        if value is not None and (name in MEMBERS or (name.partition("#")[0] in SPOKEN and "#" in name))
    }
    problems = list(_problems(metadata))
    if problems:
        raise InvalidClientMetadata("; ".join(problems))
    wrong = list(_redirect_problems(metadata))
    if wrong:
        raise InvalidRedirectUri("; ".join(wrong))
    return metadata


def _problems(metadata: dict[str, Any]) -> Iterator[str]:
    for name, value in metadata.items():
        plain = name.partition("#")[0]
        if plain in (*WORDS, *PAGES) and not (isinstance(value, str) and value.isprintable() and len(value) <= LONGEST):
            yield f"{plain} must be a text of at most {LONGEST} characters"
        elif plain in PAGES and not _is_page(value):
            yield f"{plain} must be an https address"
        elif isinstance(value, list) and len(value) > MOST:
            yield f"{name} must have at most {MOST} entries"
    if metadata["application_type"] not in ("web", "native"):
        yield "application_type must be web or native"
    if not isinstance(metadata.get("require_auth_time", False), bool):
        yield "require_auth_time must be true or false"
    age = metadata.get("default_max_age", 0)
    if isinstance(age, bool) or not isinstance(age, int) or not 0 <= age < 10**9:
        yield "default_max_age must be a number of seconds"


def _redirect_problems(metadata: dict[str, Any]) -> Iterator[str]:
    uris = metadata.get("redirect_uris", [])
    if not isinstance(uris, list) or not all(isinstance(uri, str) and len(uri) <= LONGEST for uri in uris):
        yield "redirect_uris must be a list of addresses"
        return
    for uri in uris:
        why = uri_problem(uri)  # a scheme of its own, which any app on a phone may take, is the operator's to allow
        if not why and metadata["application_type"] == "web" and not uri.startswith("https://"):
            why = "must be https for a web app"
        if why:
            yield f"redirect_uri {uri}: {why}"


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and address.isascii() and " " not in address
    except ValueError:
        return False
