"""What a client registers about how it proves itself, and what its tokens are bound to (RFC 7591 §2, 8705, 9449).

The defaults and the problems of this part of a registration; `metadata` asks for both.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any

from authz import keys, outbound
from authz.clients.certificate_names import NAMES
from authz.clients.profiles import BY_CERTIFICATE, PROFILES, SecurityProfile
from authz.errors import Refusal

FLAGS = ("dpop_bound_access_tokens", "dpop_nonce_required", "tls_client_certificate_bound_access_tokens",
         "require_pushed_authorization_requests", "require_signed_request_object")  # fmt: skip
TEXTS = ("jwks_uri", "token_endpoint_auth_signing_alg", "request_object_signing_alg",
         "authorization_signed_response_alg", *NAMES)  # fmt: skip
MOST_KEYS = 20
NAME_OF_SUBJECT = re.compile(r"[A-Za-z0-9.]+=.+")


def defaults(registration: dict[str, Any]) -> dict[str, Any]:
    """Return what follows from the client's profile where its registration does not say."""
    profile = PROFILES.get(str(registration.get("profile", "oauth21")))
    if profile is None:
        return {}
    found: dict[str, Any] = {"id_token_signed_response_alg": profile.id_token_algs[0]}
    if "client_secret_basic" not in profile.auth_methods:
        found["token_endpoint_auth_method"] = profile.auth_methods[0]
    if profile.sender_constraint == "must" and not registration.get("tls_client_certificate_bound_access_tokens"):
        found["dpop_bound_access_tokens"] = True
    return found


def shape_problems(metadata: dict[str, Any]) -> Iterable[str]:
    """Name each member that is not of its kind."""
    yield from (f"{name} must be true or false" for name in FLAGS if not isinstance(metadata.get(name, True), bool))
    yield from (f"{name} must be a string" for name in TEXTS if not isinstance(metadata.get(name, ""), str))
    if "jwks" in metadata and not _is_key_set(metadata["jwks"]):
        yield f"jwks must be a set of at most {MOST_KEYS} public keys and no private one, RSA keys of 2048 bits or more"


def problems(metadata: dict[str, Any], profile: SecurityProfile) -> Iterable[str]:
    """Name each member that the profile, or another member, does not allow."""
    method = metadata["token_endpoint_auth_method"]
    bound = [name for name in ("dpop_bound_access_tokens", FLAGS[2]) if metadata.get(name)]
    rules = {
        "jwks and jwks_uri exclude each other": not ("jwks" in metadata and "jwks_uri" in metadata),
        f"{method} needs jwks or jwks_uri": (
            method not in ("private_key_jwt", "self_signed_tls_client_auth")
            or "jwks" in metadata
            or "jwks_uri" in metadata
        ),
        "self_signed_tls_client_auth needs x5c or x5t#S256 in each key": (
            method != "self_signed_tls_client_auth"
            or all("x5c" in key or "x5t#S256" in key for key in metadata.get("jwks", {"keys": []})["keys"])
        ),
        "jwks_uri must be a public https address": _may_be_called(metadata.get("jwks_uri")),
        "tokens are bound to a key or to a certificate, not to both": len(bound) < 2,
        f"profile {profile.name} must bind tokens to a key or a certificate": (
            profile.sender_constraint != "must" or bool(bound)
        ),
        f"profile {profile.name} does not bind tokens": profile.sender_constraint != "no" or not bound,
    }
    yield from (sentence for sentence, is_kept in rules.items() if not is_kept)
    yield from _algorithm_problems(metadata, profile)
    yield from _name_problems(metadata, method)


def _algorithm_problems(metadata: dict[str, Any], profile: SecurityProfile) -> Iterator[str]:
    for name, allowed in {
        "token_endpoint_auth_signing_alg": profile.signing_algs,
        "request_object_signing_alg": profile.signing_algs,
        "id_token_signed_response_alg": profile.id_token_algs,
        "authorization_signed_response_alg": profile.id_token_algs,
    }.items():
        if metadata.get(name, allowed[0]) not in allowed:
            yield f"{name} of profile {profile.name} must be one of {', '.join(allowed)}"


def _name_problems(metadata: dict[str, Any], method: str) -> Iterator[str]:
    """One name of the certificate is registered, of one kind (RFC 8705 §2.1.2)."""
    given = [name for name in NAMES if name in metadata]
    if len(given) != (method == BY_CERTIFICATE[0]):
        yield f"{BY_CERTIFICATE[0]} needs exactly one of {', '.join(NAMES)}, which no other method has"
    for name in given:
        is_right = bool(metadata[name])
        if name == NAMES[0]:
            is_right = NAME_OF_SUBJECT.fullmatch(metadata[name]) is not None
        elif name == "tls_client_auth_san_ip":
            is_right = _is_address(metadata[name])
        if not is_right:
            yield f"{name} is not a name of its kind"


def _is_key_set(jwks: object) -> bool:
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_KEYS:
        return False
    return all(isinstance(key, dict) and not keys.PRIVATE & set(key) and keys.is_strong(key) for key in listed)


def _is_address(text: str) -> bool:
    try:
        return str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False


def _may_be_called(url: str | None) -> bool:
    if url is None:
        return True
    try:
        outbound.check_url(url)
    except Refusal:
        return False
    return True
