"""Each kind of client that FAPI 2.0 knows, played by a certified library behind the reference TLS front."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from joserfc.jwk import ECKey

from tests.actors import Person
from tests.certificates import written_pair
from tests.peers.front import HOST, Front
from tests.peers.node import conversing
from tests.peers.walk import walking
from tests.proofs import Holder, fapi_client
from tests.spec import spec

ISSUER = f"https://{HOST}"
DETAILS = [{"type": "pairing", "account": "ada@bank.example", "account_name": "Ada", "months": 6, "history_days": 90}]
GRANTS = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"]
BY_CERTIFICATE = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}
BOUND = {"dpop": {}, "mtls": {"tls_client_certificate_bound_access_tokens": True}}


def registered(app: Flask, folder: Path, *, proves: str, bound: str, signs: bool) -> tuple[Holder, Any, str]:
    """Register a client whose certificate and signatures are of one key; return it, the key, and where both are."""
    certificate, written = written_pair(folder)
    key = ECKey.import_key(written.read_bytes()[written.read_bytes().index(b"-----BEGIN PRIVATE") :], {"kid": "fapi-1"})
    whole = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    client = fapi_client(
        app, grant_types=GRANTS, require_signed_request_object=signs, authorization_signed_response_alg="ES256",
        jwks={"keys": [key.as_dict(private=False) | {"x5c": [whole]}]},
        **(BY_CERTIFICATE if proves == "mtls" else {}), **BOUND[bound],
    )  # fmt: skip
    return client, key, str(written)


@spec("FAPI 2.0", "5.3.2.1", "a certified library completes the flow however it proves itself and binds its tokens")
@spec("RFC 8705", "3", "a certified library uses tokens that are bound to its certificate, by the aliases")
@spec("RFC 9396", "7", "a certified library asks in detail and finds in its tokens what was granted")
@spec("RFC 8693", "2", "a certified library exchanges its token for a smaller one, bound as it was")
@spec("FAPI 2.0 Message Signing", "5", "a certified library signs its request, in detail too, and checks the answer")
@pytest.mark.parametrize(
    ("proves", "bound", "openid", "in_detail", "signs"),
    [
        ("private_key_jwt", "dpop", True, False, False),
        ("private_key_jwt", "dpop", False, True, True),
        ("private_key_jwt", "mtls", True, True, False),
        ("mtls", "mtls", True, False, False),
        ("mtls", "mtls", False, True, False),
        ("mtls", "mtls", True, True, True),
        ("mtls", "dpop", False, False, True),
    ],
)
def test_library_completes_the_flow_as_each_kind_of_client(
    front: tuple[Front, Flask], tmp_path: Path, alice: Person, proves: str, bound: str, openid: bool, in_detail: bool,
    signs: bool,
) -> None:  # fmt: skip
    running, app = front
    client, key, written = registered(app, tmp_path, proves=proves, bound=bound, signs=signs)
    authority = app.extensions["settings"].assign_authority
    told = {
        "issuer": ISSUER, "client_id": client.client_id, "key": key.as_dict(private=True), "proves": proves,
        "redirect_uri": client.redirect_uri, "bound": bound, "openid": openid, "signs": signs,
        "scope": ("openid " if openid else "") + "offline_access measures.read measures.weight.write",
        "details": DETAILS if in_detail else None,
        "reads": f"{ISSUER}/measures/fhir/Observation?code=MED-969&subject.identifier=urn:oid:{authority}|",
        "front": {"port": running.port, "authority": str(running.certificate)}
        | ({"certificate": written} if "mtls" in (proves, bound) else {}),
    }  # fmt: skip
    agreed: dict[str, Any] = {"consents": ["measures.read", "measures.weight.write"], "until": "6"}
    with conversing("fapi_front.mjs", **told) as script:
        with walking(alice, ISSUER, running) as walker:
            callback = walker.allows(script.hears()["authorize"], **agreed)
        script.says(callback=callback)
        found = script.hears()
    assert ("response=" in callback) is signs
    has_what_such_a_client_gets(found, bound=bound, openid=openid, in_detail=in_detail)


def has_what_such_a_client_gets(found: dict[str, Any], *, bound: str, openid: bool, in_detail: bool) -> None:
    """Hold what the library got to what it should get."""
    tokens, refreshed, smaller = found["tokens"], found["refreshed"], found["smaller"]
    kind = "dpop" if bound == "dpop" else "bearer"
    assert [one["token_type"] for one in (tokens, refreshed, smaller)] == [kind] * 3
    assert found["statuses"] == [200, 200, 200]
    assert found["bare"] == 401, "a token is nothing without what it is bound to"
    assert refreshed["refresh_token"] == tokens["refresh_token"]
    assert set(found["introspected"]["cnf"]) == {"jkt" if bound == "dpop" else "x5t#S256"}
    assert found["introspected"]["scope"] == smaller["scope"] == "measures.read"
    assert ("id_token" in tokens, "id_token" in refreshed) == (openid, openid)
    if openid:
        assert found["userinfo"]["sub"] == found["claims"]["sub"]
    for one in (tokens, refreshed):
        told = one.get("authorization_details", [])
        assert [detail["account"] for detail in told] == (["ada@bank.example"] if in_detail else [])
    assert found["refusal"] == "invalid_grant"
