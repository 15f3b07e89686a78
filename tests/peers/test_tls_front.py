"""The reference front as shipped: its TLS, and certificates that reach the server only where they may."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from tests.actors import Person
from tests.certificates import written_pair
from tests.minting import mint_code
from tests.peers.front import HOST, MTLS_HOST, Front, trusting
from tests.proofs import CERTIFICATE_HEADER, Holder, holder
from tests.protocol.oauth.test_mtls import own_keys, thumbprint
from tests.spec import spec

SUITES = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
          "ECDHE-ECDSA-AES256-GCM-SHA384")  # fmt: skip
OWN: dict[str, Any] = {
    "token_endpoint_auth_method": "self_signed_tls_client_auth",
    "tls_client_certificate_bound_access_tokens": True,
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[x509.Certificate, ssl.SSLContext]:
    """Give a certificate, and a TLS context that shows it."""
    certificate, written = written_pair(tmp_path)
    context = trusting()
    context.load_cert_chain(written)
    return certificate, context


def client(app: Flask, certificate: x509.Certificate) -> Holder:
    """Register a client with a certificate of its own."""
    return holder(app, jwks=own_keys(certificate), **OWN)


@spec("RFC 8705", "2.2", "through the shipped front, a certificate proves its client and binds its tokens")
def test_certificate_proves_and_binds_through_the_front(
    front: tuple[Front, Flask], pair: tuple[x509.Certificate, ssl.SSLContext], alice: Person
) -> None:
    running, app = front
    certificate, showing = pair
    partner = client(app, certificate)
    code = mint_code(partner, alice, scope="openid profile")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": partner.redirect_uri,
            "code_verifier": partner.verifier, "client_id": partner.client_id}  # fmt: skip
    answer = running.ask(MTLS_HOST, "POST", "/token", form=form, context=showing)
    assert answer.status == 200, answer.body
    tokens = json.loads(answer.body)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert running.ask(MTLS_HOST, "GET", "/userinfo", headers=headers, context=showing).status == 200
    assert running.ask(MTLS_HOST, "GET", "/userinfo", headers=headers).status == 401
    assert running.ask(HOST, "GET", "/userinfo", headers=headers, context=showing).status == 401
    form = {"token": tokens["access_token"], "client_id": partner.client_id}
    seen = json.loads(running.ask(MTLS_HOST, "POST", "/introspect", form=form, context=showing).body)
    assert seen["cnf"] == {"x5t#S256": thumbprint(certificate)}


@pytest.mark.parametrize("host", [HOST, MTLS_HOST])
def test_header_of_a_stranger_is_stripped(
    front: tuple[Front, Flask], pair: tuple[x509.Certificate, ssl.SSLContext], host: str
) -> None:
    running, app = front
    partner = client(app, pair[0])
    handed = quote(pair[0].public_bytes(Encoding.PEM).decode())
    form = {"grant_type": "client_credentials", "client_id": partner.client_id}
    for name in (CERTIFICATE_HEADER, CERTIFICATE_HEADER.replace("-", "_"), CERTIFICATE_HEADER.lower()):
        answer = running.ask(host, "POST", "/token", form=form, headers={name: handed})
        assert json.loads(answer.body)["error"] == "invalid_client"


@spec("FAPI 2.0", "5.2.1", "TLS 1.2 with the recommended suites alone, TLS 1.3, and nothing older")
def test_front_speaks_only_good_tls(front: tuple[Front, Flask]) -> None:
    running, _app = front

    def speaks(version: ssl.TLSVersion, ciphers: str) -> Any:
        context = trusting()
        context.set_ciphers(ciphers)
        context.minimum_version = context.maximum_version = version
        try:
            with running.connect(HOST, context) as secure:
                return secure.cipher()
        except (ssl.SSLError, ConnectionError):
            return None

    with trusting_no_warning():
        assert speaks(ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0") is None
        assert speaks(ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0") is None
    assert speaks(ssl.TLSVersion.TLSv1_3, "ALL") is not None
    assert speaks(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256")[0] in SUITES
    others = [found["name"] for found in trusting().get_ciphers() if found["name"] not in SUITES]
    weak = ":".join(name for name in others if not name.startswith("TLS_"))
    assert speaks(ssl.TLSVersion.TLSv1_2, weak) is None


def trusting_no_warning() -> Any:
    """Python warns of old versions where a test asks for one to see it refused."""
    import warnings

    return warnings.catch_warnings(action="ignore", category=DeprecationWarning)
