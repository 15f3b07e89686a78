"""Certificates of clients (RFC 8705), as the TLS front hands them over: who they prove, and what they bind."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from flask import Flask

from tests.actors import Person
from tests.certificates import Authority, self_signed
from tests.minting import mint_tokens
from tests.proofs import CERTIFICATE_HEADER, Holder, holder
from tests.spec import spec

DN = "CN=gluco,O=Gluco SAS,C=FR"
OWN = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}
AUTHORITY = Authority()


@pytest.fixture
def fronted(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    """Give a server behind a front that hands certificates over."""
    return make_app(
        mtls_header=CERTIFICATE_HEADER, trusted_proxies=1, mtls_ca=str(AUTHORITY.write(tmp_path / "ca.pem")),
        mtls_issuer="https://mtls.localhost",
    )  # fmt: skip


def own_keys(certificate: x509.Certificate) -> dict[str, Any]:
    """Return a key set with a certificate in it."""
    whole = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "x5c": [whole]}]}


def client(app: Flask, certificate: x509.Certificate | None, **metadata: Any) -> Holder:
    """Register a client that shows a certificate, and may ask for a token of its own."""
    made = holder(app, grant_types=["authorization_code", "refresh_token", "client_credentials"], **metadata)
    made.certificate, made.has_proofs = certificate, False
    return made


def ask(partner: Holder) -> Any:
    """Ask for the client's own token."""
    return partner.post("/token", grant_type="client_credentials", client_id=partner.client_id)


@spec("RFC 8705", "2.1", "a certificate of an authority proves the client whose registered name it bears")
@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("subject_dn", DN, None),
        ("san_dns", "gluco.example", [x509.DNSName("gluco.example")]),
        ("san_uri", "urn:gluco", [x509.UniformResourceIdentifier("urn:gluco")]),
        ("san_ip", "192.0.2.7", [x509.IPAddress(ipaddress.ip_address("192.0.2.7"))]),
        ("san_email", "it@gluco.example", [x509.RFC822Name("it@gluco.example")]),
    ],
)
def test_certificate_of_an_authority_proves_the_client(fronted: Flask, field: str, value: str, names: Any) -> None:
    registered = {"token_endpoint_auth_method": "tls_client_auth", f"tls_client_auth_{field}": value}
    partner = client(fronted, AUTHORITY.sign(names=names), **registered)
    assert ask(partner).status_code == 200
    other = client(fronted, AUTHORITY.sign("other", names=[x509.DNSName("other.example")]), **registered)
    assert ask(other).json["error"] == "invalid_client"
    partner.certificate = AUTHORITY.sign("other")
    assert ask(partner).json["error"] == "invalid_client"


@spec("RFC 8705", "2.1", "the authority's signature, the dates and the use of the certificate are checked")
@pytest.mark.parametrize(
    "certificate",
    [
        None,
        self_signed(),
        Authority().sign(),
        AUTHORITY.sign(days=-1, since=9),
        AUTHORITY.sign(since=-1),
        AUTHORITY.sign(uses=[ExtendedKeyUsageOID.SERVER_AUTH]),
    ],
)
def test_wrong_certificate_is_refused(fronted: Flask, certificate: x509.Certificate | None) -> None:
    registered = {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": DN}
    assert ask(client(fronted, certificate, **registered)).json["error"] == "invalid_client"


def test_certificate_that_says_no_use_is_taken(fronted: Flask) -> None:
    registered = {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": DN}
    assert ask(client(fronted, AUTHORITY.sign(uses=False), **registered)).status_code == 200


@spec("RFC 8705", "2.2", "a certificate of its own proves the client that registered it")
def test_own_certificate_proves_the_client(fronted: Flask) -> None:
    certificate = self_signed()
    partner = client(fronted, certificate, jwks=own_keys(certificate), **OWN)
    assert ask(partner).status_code == 200
    partner.certificate = self_signed()
    assert ask(partner).json["error"] == "invalid_client"
    partner.certificate = None
    assert ask(partner).json["error"] == "invalid_client"
    listed = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "x5t#S256": thumbprint(certificate)}
    assert ask(client(fronted, certificate, jwks={"keys": [listed]}, **OWN)).status_code == 200


def thumbprint(certificate: x509.Certificate) -> str:
    """Return a certificate's x5t#S256."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return base64.urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode()


def test_header_without_the_setting_proves_nobody(app: Flask, make_app: Callable[..., Flask]) -> None:
    """Whoever reaches the server directly may send any header: only a front that is configured is believed."""
    certificate = self_signed()
    partner = client(app, certificate, jwks=own_keys(certificate), **OWN)
    assert ask(partner).json["error"] == "invalid_client"
    direct = make_app(mtls_header=CERTIFICATE_HEADER)
    partner.http = direct.test_client(use_cookies=False)
    assert ask(partner).json["error"] == "invalid_client"


@pytest.mark.parametrize("handed", ["", "x", "%", "-----BEGIN CERTIFICATE-----", "A" * 20_000, "%00"])
def test_nonsense_for_a_certificate_proves_nobody(fronted: Flask, handed: str) -> None:
    partner = client(fronted, None, jwks=own_keys(self_signed()), **OWN)
    form = {"grant_type": "client_credentials", "client_id": partner.client_id}
    answer = partner.http.post("/token", data=form, headers={CERTIFICATE_HEADER: handed})
    assert answer.json["error"] == "invalid_client"


def test_another_clients_certificate_proves_nothing(fronted: Flask) -> None:
    mine, theirs = self_signed(), self_signed()
    client(fronted, mine, jwks=own_keys(mine), **OWN)
    victim = client(fronted, mine, jwks=own_keys(theirs), **OWN)
    assert ask(victim).json["error"] == "invalid_client"


@spec("RFC 8705", "3", "a bound token counts only over a connection with its certificate")
def test_token_is_bound_to_the_certificate(fronted: Flask, alice: Person) -> None:
    partner = client(fronted, self_signed(), tls_client_certificate_bound_access_tokens=True)
    tokens = mint_tokens(partner, alice, scope="openid profile")
    assert tokens["token_type"] == "Bearer"
    assert partner.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    seen = partner.post("/introspect", token=tokens["access_token"]).json
    assert partner.certificate is not None
    assert (seen["token_type"], seen["cnf"]) == ("Bearer", {"x5t#S256": thumbprint(partner.certificate)})
    for other in (self_signed(), None):
        partner.certificate = other
        answer = partner.call("GET", "/userinfo", tokens["access_token"])
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    partner.has_proofs = True
    assert partner.call("GET", "/userinfo", tokens["access_token"]).json["error"] == "invalid_token"


@spec("RFC 8705", "3.4", "a client whose tokens are bound gets none over a connection without certificate")
def test_bound_client_gets_nothing_without_a_certificate(fronted: Flask, alice: Person) -> None:
    partner = client(fronted, None, tls_client_certificate_bound_access_tokens=True)
    answer = ask(partner)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@spec("RFC 8705", "4", "a public client's refresh token is bound to its certificate, a confidential one's is not")
def test_refresh_tokens_of_public_clients_are_bound(fronted: Flask, alice: Person) -> None:
    bound: dict[str, Any] = {"tls_client_certificate_bound_access_tokens": True}
    phone = holder(fronted, token_endpoint_auth_method="none", **bound)
    phone.has_proofs, phone.certificate = False, self_signed()
    token = mint_tokens(phone, alice)["refresh_token"]
    first, phone.certificate = phone.certificate, self_signed()
    assert phone.refresh(token).json["error"] == "invalid_grant"
    phone.certificate = first
    assert phone.refresh(token).status_code == 200
    partner = client(fronted, self_signed(), **bound)
    token = mint_tokens(partner, alice)["refresh_token"]
    partner.certificate = self_signed()
    assert partner.refresh(token).json["refresh_token"] == token


@spec("RFC 8705", "5", "certificates are in the metadata only where they reach the server")
def test_metadata_says_what_is_on(fronted: Flask, app: Flask, make_app: Callable[..., Flask]) -> None:
    def document(of: Flask) -> dict[str, Any]:
        found: dict[str, Any] = of.test_client().get("/.well-known/oauth-authorization-server").json  # type: ignore[assignment]
        return found

    off, on = document(app), document(fronted)
    assert "tls_client_certificate_bound_access_tokens" not in off
    assert not {"tls_client_auth", "self_signed_tls_client_auth"} & set(off["token_endpoint_auth_methods_supported"])
    assert on["tls_client_certificate_bound_access_tokens"] is True
    assert {"tls_client_auth", "self_signed_tls_client_auth"} < set(on["token_endpoint_auth_methods_supported"])
    assert on["mtls_endpoint_aliases"]["token_endpoint"] == "https://mtls.localhost/token"
    bare = document(make_app(mtls_header=CERTIFICATE_HEADER, trusted_proxies=1))
    assert "tls_client_auth" not in bare["token_endpoint_auth_methods_supported"]
    assert "mtls_endpoint_aliases" not in bare
    partner = client(make_app(mtls_header=CERTIFICATE_HEADER, trusted_proxies=1), AUTHORITY.sign(),
                     token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=DN)  # fmt: skip
    assert ask(partner).json["error"] == "invalid_client"


def test_proof_for_the_other_address_is_taken(fronted: Flask) -> None:
    from tests.proofs import proof

    partner = client(fronted, None)
    shown = proof(partner.key, "POST", "/token", htu="https://mtls.localhost/token")
    auth = (partner.client_id, partner.secret or "")
    answer = partner.http.post(
        "/token", data={"grant_type": "client_credentials"}, auth=auth, headers={"DPoP": shown}
    )  # fmt: skip
    assert answer.json["token_type"] == "DPoP"


@spec("FAPI 2.0", "5.3.2.1", "a client of profile fapi2 may prove itself and bind its tokens by certificates alone")
@pytest.mark.parametrize("method", ["self_signed_tls_client_auth", "tls_client_auth"])
def test_fapi_client_with_certificates_completes_the_flow(fronted: Flask, alice: Person, method: str) -> None:
    from urllib.parse import parse_qs, urlencode, urlsplit

    from tests.actors import params_of

    certificate = AUTHORITY.sign()
    known: dict[str, Any] = {"jwks": own_keys(certificate)}
    if method == "tls_client_auth":
        known = {"tls_client_auth_subject_dn": DN}
    partner = client(fronted, certificate, profile="fapi2", token_endpoint_auth_method=method,
                     tls_client_certificate_bound_access_tokens=True, **known)  # fmt: skip
    alice.app = fronted
    alice.new_browser()
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(partner.address()).query).items()}
    pushed = partner.post("/par", **wanted)
    assert pushed.status_code == 201, pushed.text
    query = urlencode({"client_id": partner.client_id, "request_uri": pushed.json["request_uri"]})
    page = alice.get(f"/authorize?{query}")
    page = alice.passes_sign_in(alice.submit(page, "arrival"))
    code = params_of(alice.decides(page, consents=["measures.read"]))["code"]
    first, partner.certificate = partner.certificate, None
    assert partner.redeem(code).json["error"] == "invalid_client"
    partner.certificate = first
    tokens = partner.redeem(code).json
    assert tokens["token_type"] == "Bearer"
    assert partner.call("GET", "/userinfo", tokens["access_token"]).status_code == 200
    assert partner.refresh(tokens["refresh_token"]).json["refresh_token"] == tokens["refresh_token"]
    partner.certificate = AUTHORITY.sign()
    assert partner.call("GET", "/userinfo", tokens["access_token"]).status_code == 401
