"""Signed client assertions (RFC 7523), right and wrong ones."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.actors import Partner

KEY = ECKey.generate_key("P-256", {"kid": "k1"})
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


IN_TWO_HOURS = object()  # a claim's value, worked out when the assertion is signed and not when tests are collected


def ask(partner: Partner, **form: str) -> Any:
    """Ask for the client's own token, proving it by the form alone."""
    return partner.http.post("/token", data={"grant_type": "client_credentials"} | form)


def assertion(**changes: Any) -> str:
    """Sign an assertion, with claims changed or (None) left out."""
    now = int(time.time())
    claims = {
        "iss": "signer",
        "sub": "signer",
        "aud": "http://localhost",
        "iat": now,
        "exp": now + 60,
        "jti": str(time.perf_counter_ns()),
    }
    key = changes.pop("key", KEY)
    alg = changes.pop("alg", "ES256")
    header = {"alg": alg, "kid": changes.pop("header_kid", key.kid)}
    changes = {name: now + 7200 if value is IN_TWO_HOURS else value for name, value in changes.items()}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    named = {name: value for name, value in header.items() if value is not None}
    return jwt.encode(named, claims, key, algorithms=[alg])


def prove(signer: Partner, token: str, **form: str) -> Any:
    """Send an assertion."""
    return ask(signer, client_assertion_type=JWT_BEARER, client_assertion=token, **form)
