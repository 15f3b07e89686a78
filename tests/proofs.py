"""A partner that holds a key or a certificate: it proves so with each request, as RFC 9449 or RFC 8705 has it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from tests import signing
from tests.actors import ISSUER, Partner
from tests.cast import register

CERTIFICATE_HEADER = "X-Client-Cert"


def new_key() -> Any:
    """Make a key pair."""
    return ECKey.generate_key("P-256")


def ath(token: str) -> str:
    """Return the hash of an access token, as a proof for it holds it."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def proof(key: Any, method: str, path: str, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Sign a DPoP proof; a header member or claim that is None is left out."""
    said = {"htm": method, "htu": ISSUER + path, "iat": int(time.time()), "jti": str(time.perf_counter_ns())} | claims
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)} | (header or {})
    head = {name: value for name, value in head.items() if value is not None}
    said = {name: value for name, value in said.items() if value is not None}
    return sign(head, json.dumps(said), key)


def sign(header: dict[str, Any], payload: str, key: Any) -> str:
    """Sign what no library would, as a compact JWS."""
    parts = [base64.urlsafe_b64encode(text.encode()).rstrip(b"=") for text in (json.dumps(header), payload)]
    algorithm = JWSRegistry.algorithms.get(str(header.get("alg")))
    if algorithm is None or algorithm.key_type != key.key_type:
        algorithm = JWSRegistry.algorithms["ES256"]
    signature = algorithm.sign(b".".join(parts), key)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@dataclass
class Holder(Partner):
    """A partner with a key for DPoP, a certificate for its connections, and perhaps a key to sign assertions with."""

    key: Any = field(default_factory=new_key)
    signs_with: Any = None
    certificate: x509.Certificate | None = None
    nonce: str | None = None
    has_proofs: bool = True

    @property
    def jkt(self) -> str:
        """The thumbprint of its key."""
        return str(self.key.thumbprint())

    def post(self, path: str, **form: str | None) -> Any:
        """Post a form with a proof; a nonce that is asked for is taken and used, once."""
        sent = {name: value for name, value in form.items() if value is not None}
        answer = self._post(path, sent)
        if self.has_proofs and answer.status_code == 400 and answer.json["error"] == "use_dpop_nonce":
            answer = self._post(path, sent)
        return answer

    def call(self, method: str, path: str, token: str, **arguments: Any) -> Any:
        """Call a resource with an access token and a proof for it."""
        headers = self._headers(method, path, ath=ath(token))
        scheme = "DPoP" if "DPoP" in headers else "Bearer"
        headers |= {"Authorization": f"{scheme} {token}"} | arguments.pop("headers", {})
        answer = self.http.open(path, method=method, headers=headers, **arguments)
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def _post(self, path: str, form: dict[str, str]) -> Any:
        arguments: dict[str, Any] = {}
        if self.signs_with is not None:
            token = signing.assertion(iss=self.client_id, sub=self.client_id, key=self.signs_with)
            form = form | {"client_assertion_type": signing.JWT_BEARER, "client_assertion": token}
        elif self.secret is None:
            form = {"client_id": self.client_id} | form
        else:
            arguments["auth"] = (self.client_id, self.secret)
        answer = self.http.post(path, data=form, headers=self._headers("POST", path), **arguments)
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def _headers(self, method: str, path: str, **claims: Any) -> dict[str, str]:
        headers = {}
        if self.has_proofs:
            headers["DPoP"] = proof(self.key, method, path.partition("?")[0], nonce=self.nonce, **claims)
        if self.certificate is not None:
            headers[CERTIFICATE_HEADER] = quote(self.certificate.public_bytes(Encoding.PEM).decode())
        return headers


def holder(app: Flask, entry: dict[str, Any] | None = None, **metadata: Any) -> Holder:
    """Register a client that holds a key."""
    known = register(app, entry, **metadata)
    return Holder(app, known.client_id, known.secret, redirect_uri=known.redirect_uri)


def fapi_client(app: Flask, **metadata: Any) -> Holder:
    """Register a client of profile fapi2, with a key for its assertions and one for its proofs."""
    key = ECKey.generate_key("P-256", {"kid": "fapi-1"})
    made = holder(
        app,
        **{"profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt",
           "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
           "jwks": {"keys": [key.as_dict(private=False)]}} | metadata,
    )  # fmt: skip
    made.signs_with = key
    return made
