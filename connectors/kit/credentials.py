"""RFC 6749 §2.3 and RFC 7523 §2.2: the ways a partner proves itself to the token endpoint."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from connectors.kit import doors
from connectors.kit.errors import Misconfigured
from connectors.kit.partner import Credentials

Proof = tuple[Mapping[str, str], Mapping[str, str]]
ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60


def secret_basic(secret: str) -> Credentials:
    """Prove by a shared secret in the `Authorization` header."""
    if not secret:
        raise Misconfigured("The client secret is empty.")

    def prove(client_id: str, issuer: str) -> Proof:
        # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, {}

    return prove


def secret_post(secret: str) -> Credentials:
    """Prove by a shared secret in the form."""
    if not secret:
        raise Misconfigured("The client secret is empty.")
    return lambda client_id, issuer: ({}, {"client_id": client_id, "client_secret": secret})


def public() -> Credentials:
    """Name a client that can keep no secret."""
    return lambda client_id, issuer: ({}, {"client_id": client_id})


def private_key(pem: str | bytes, *, key_id: str | None = None, algorithm: str | None = None) -> Credentials:
    """Prove by a signed assertion (`private_key_jwt`); the private key never leaves the partner."""
    try:
        key = _imported(pem)
    except (JoseError, ValueError) as trouble:
        raise Misconfigured("The private key is not a readable RSA or EC key in PEM form.") from trouble
    header = {"alg": algorithm or ALGORITHMS[key.key_type]}
    if key_id:
        header["kid"] = key_id

    def prove(client_id: str, issuer: str) -> Proof:
        issued_at = int(doors.now().timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            # The issuer and not the endpoint: an assertion for one server must be of no use at another.
            "aud": issuer,
            "jti": doors.new_secret(16),
            "iat": issued_at,
            "exp": issued_at + ASSERTION_SECONDS,
        }
        assertion = jwt.encode(header, claims, key, algorithms=[header["alg"]])
        fields = {"client_id": client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return {}, fields

    return prove


def _imported(pem: str | bytes) -> jwk.RSAKey | jwk.ECKey:
    try:
        return jwk.RSAKey.import_key(pem)
    except (JoseError, ValueError):
        return jwk.ECKey.import_key(pem)
