"""DPoP proofs (RFC 9449): that who sends a request holds the private half of a key, for this request, now, once.

A nonce of ours is computed from the time, so that no node has to remember any. Every answer to a proof offers one; who
uses it may have any clock, for the nonce says when the proof was made (RFC 9449 §4.3, point 11).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Response, request

from authz import clock, crypto, keys, settings
from authz.clients.profiles import FAPI_ALGORITHMS
from authz.errors import Refusal
from authz.tokens import proofs

ALGORITHMS = list(FAPI_ALGORITHMS)
LONGEST = 8192
NONCE_LIFE = 120  # seconds: a nonce is taken in its own span of time and in the next
FRESH = timedelta(seconds=60)
PORTS = {"https": 443, "http": 80}


class InvalidProof(Refusal):
    """The DPoP header is missing where it is needed, or not a proof for this request."""

    code = "invalid_dpop_proof"
    description = "The DPoP proof is not valid."


class UseNonce(Refusal):
    """The proof lacks a nonce of ours, or holds an old one: it comes with this answer (RFC 9449 §8, §9)."""

    code = "use_dpop_nonce"
    description = "The DPoP proof needs the nonce of this answer."


def prove(*, nonce_required: bool, token: str | None = None) -> str | None:
    """Return the thumbprint of the key that the request proves, None without a proof; refuses a wrong one.

    With `token`, the proof must be for that access token too.
    """
    header = request.headers.get("DPoP")
    if header is None:
        return None
    opened = keys.read_proof(header, ALGORITHMS) if len(header) <= LONGEST else None
    if opened is None:
        raise InvalidProof("The DPoP header must be one proof, signed with the public key in it.")
    claims, jkt = opened
    _check(claims, token)
    _check_nonce(claims, nonce_required=nonce_required)
    if not proofs.use_once(jkt, claims["jti"], _end(claims)):
        raise InvalidProof("The DPoP proof was already used.")
    return jkt


def expect_nonce(*, nonce_required: bool) -> None:
    """Ask for the nonce that a proof lacks before anything of the request is used up.

    A client may send the very same request again, but for the proof: what is good for one use must still be good then.
    """
    header = request.headers.get("DPoP", "")
    claims = keys.peek(header) if 0 < len(header) <= LONGEST else {}
    if claims:
        _check_nonce(claims, nonce_required=nonce_required)


def offer(response: Response) -> Response:
    """Give a nonce with each answer to a proof, and name the scheme beside Bearer where a token is missing."""
    if "DPoP" in request.headers:
        response.headers["DPoP-Nonce"] = _nonces()[0]
    scheme, _, told = response.headers.get("WWW-Authenticate", "").partition(" ")
    if scheme == "Bearer" and "error=" not in told:
        # One scheme a header: several in one, each with parameters, are what parsers trip over.
        response.headers.add("WWW-Authenticate", f'DPoP {told}, algs="{" ".join(ALGORITHMS)}"')
    return response


def _check(claims: dict[str, Any], token: str | None) -> None:
    """Check what ties the proof to this request."""
    jti = claims.get("jti")
    problems = {
        "jti must be a text of at most 200 characters": isinstance(jti, str) and 0 < len(jti) <= 200,
        "htm must be the method": claims.get("htm") == request.method,
        "htu must be the address": _normal(claims.get("htu")) in _here(),
        "ath must be of the access token": token is None or claims.get("ath") == ath(token),
    }
    for sentence, is_right in problems.items():
        if not is_right:
            raise InvalidProof(f"The DPoP proof's {sentence}.")


def _check_nonce(claims: dict[str, Any], *, nonce_required: bool) -> None:
    nonce = claims.get("nonce")
    if (nonce is None and nonce_required) or (nonce is not None and nonce not in _nonces()):
        raise UseNonce()


def _end(claims: dict[str, Any]) -> datetime:
    """Return when a proof is over: with its nonce, or a while after it was made; refuses one that was not made now."""
    made_at, now = _instant(claims.get("iat")), clock.now()
    if made_at is not None and claims.get("nonce") is not None:
        return now + timedelta(seconds=2 * NONCE_LIFE)
    if made_at is None or not now - FRESH <= made_at <= now + FRESH:
        raise InvalidProof("The iat of the DPoP proof must be now.")
    return made_at + FRESH


def ath(token: str) -> str:
    """Return the hash of an access token that a proof for it holds (RFC 9449 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def _here() -> list[tuple[str, str, int, str] | None]:
    """Return the addresses of this request: under the issuer, and under the host that takes certificates."""
    config = settings.current()
    return [_normal(base + request.path) for base in (config.issuer, config.mtls_issuer) if base]


def _normal(address: object) -> tuple[str, str, int, str] | None:
    """Return an address without query and fragment, as RFC 3986 §6.2 makes two ways of writing it the same."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        port = parts.port or PORTS[parts.scheme.lower()]
    except (ValueError, KeyError):
        return None
    return parts.scheme.lower(), (parts.hostname or ""), port, unquote(parts.path) or "/"


def _nonces() -> list[str]:
    """Return the nonces that are taken now, the one to give out first."""
    span = clock.epoch() // NONCE_LIFE
    return [crypto.keyed_digest("dpop-nonce", str(number))[:43] for number in (span, span - 1)]


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)
