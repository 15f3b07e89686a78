"""Client assertions by security profile (RFC 7523, FAPI 2.0 §5.3.2.1), and what forgers try with JWTs."""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.actors import Partner
from tests.cast import register
from tests.proofs import Holder, fapi_client, proof, sign
from tests.signing import JWT_BEARER, KEY, assertion, prove
from tests.spec import spec

ISSUER = "http://localhost"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
KEYS = {"keys": [key.as_dict(private=False) for key in (KEY, RSA, ED, P384)]}


@pytest.fixture
def fapi(app: Flask) -> Holder:
    """Give a client of profile fapi2 that has a key of each kind."""
    made = fapi_client(app, client_id="signer", jwks=KEYS)
    made.signs_with = KEY
    assert made.post("/token", grant_type="client_credentials").status_code == 200
    return made


def answer(fapi: Holder, token: str) -> Any:
    """Ask for a token with this assertion and a good proof."""
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": token}
    return fapi.http.post("/token", data=form, headers={"DPoP": proof(fapi.key, "POST", "/token", nonce=fapi.nonce)})


@spec("FAPI 2.0", "5.3.2.1", "the audience of an assertion is the issuer, as one string")
@pytest.mark.parametrize(
    "audience",
    [[ISSUER], [ISSUER, "https://x.example"], f"{ISSUER}/token", f"{ISSUER}/par", f"{ISSUER}/", "x", None],
)
def test_fapi_client_names_the_issuer_alone(fapi: Holder, audience: Any) -> None:
    assert answer(fapi, assertion(aud=ISSUER)).status_code == 200
    refused = answer(fapi, assertion(aud=audience))
    assert (refused.status_code, refused.json["error"]) in ((400, "invalid_client"), (401, "invalid_client"))


@spec("FAPI 2.0", "5.4.1", "assertions are signed with PS256, ES256 or EdDSA")
@pytest.mark.parametrize(
    ("key", "alg", "is_taken"),
    [
        (RSA, "PS256", True), (KEY, "ES256", True), (ED, "EdDSA", True), (ED, "Ed25519", True),
        (RSA, "RS256", False), (RSA, "PS384", False), (P384, "ES384", False),
    ],
)  # fmt: skip
def test_fapi_client_signs_with_what_is_strong(fapi: Holder, key: Any, alg: str, is_taken: bool) -> None:
    header = {"alg": alg, "kid": key.kid, "typ": "JWT"}
    assert (answer(fapi, forged(header=header, key=key)).status_code == 200) is is_taken


@spec("FAPI 2.0", "5.3.2.1", "an assertion whose nbf or iat is some seconds ahead is taken, a minute ahead is not")
def test_fapi_client_with_a_clock_ahead(fapi: Holder) -> None:
    now = int(time.time())
    assert answer(fapi, assertion(nbf=now + 8, iat=now + 8)).status_code == 200
    assert answer(fapi, assertion(nbf=now + 90)).json["error"] == "invalid_client"
    assert answer(fapi, assertion(iat=now + 90)).json["error"] == "invalid_client"
    assert answer(fapi, assertion(exp=now - 300)).json["error"] == "invalid_client"


@spec("RFC 7591", "2", "token_endpoint_auth_signing_alg is the one algorithm of the client's assertions")
def test_client_signs_with_the_algorithm_it_registered(app: Flask) -> None:
    strict = register(
        app, client_id="signer", token_endpoint_auth_method="private_key_jwt", redirect_uris=[], jwks=KEYS,
        grant_types=["client_credentials"], token_endpoint_auth_signing_alg="ES256",
    )  # fmt: skip
    assert prove(strict, assertion()).status_code == 200
    assert prove(strict, assertion(key=RSA, alg="PS256")).json["error"] == "invalid_client"


@spec("SMART App Launch", "asymmetric authentication", "ES384 and RS384 are taken")
@pytest.mark.parametrize(
    ("key", "alg", "is_taken"), [(P384, "ES384", True), (RSA, "RS384", True), (KEY, "ES256", False)]
)
def test_smart_client_signs_its_way(app: Flask, key: Any, alg: str, is_taken: bool) -> None:
    smart = register(
        app, client_id="signer", profile="smart", token_endpoint_auth_method="private_key_jwt", jwks=KEYS,
        redirect_uris=[], grant_types=["client_credentials"],
    )  # fmt: skip
    token = forged(header={"alg": alg, "kid": key.kid, "typ": "JWT"}, key=key, aud=f"{ISSUER}/token")
    assert (prove(smart, token).status_code == 200) is is_taken


def forged(header: dict[str, Any] | None = None, key: Any = KEY, payload: str | None = None, **claims: Any) -> str:
    """Sign an assertion with a header of the forger's own."""
    import json

    now = int(time.time())
    said = {"iss": "signer", "sub": "signer", "aud": ISSUER, "iat": now, "exp": now + 60,
            "jti": str(time.perf_counter_ns())} | claims  # fmt: skip
    return sign({"alg": "ES256", "kid": "k1"} | (header or {}), payload or json.dumps(said), key)


@spec("RFC 8725", "2", "tricks with the header of a JWT prove nobody")
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "nOnE"},
        {"alg": ""},
        {"alg": 7},
        {"alg": None},
        {"alg": "RS256"},
        {"crit": ["x"], "x": 1},
        {"crit": []},
        {"crit": "exp"},
        {"b64": False, "crit": ["b64"]},
        {"kid": "../../../../dev/null"},
        {"kid": "x' OR '1'='1"},
        {"kid": "x\x00"},
        {"kid": 7},
        {"kid": ["k1"]},
        {"kid": None},
        {"alg": "dir", "enc": "A128GCM"},
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_000_000_000, "p2s": "x", "zip": "DEF"},
    ],
)
def test_forged_header_proves_nobody(signer: Partner, header: dict[str, Any]) -> None:
    stranger = ECKey.generate_key("P-256")
    refused = prove(signer, forged(header, key=stranger))
    assert refused.status_code in (400, 401)
    assert refused.json["error"] == "invalid_client"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_key_that_the_forger_brings_along_is_not_used(signer: Partner, name: str) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "k1"})
    brought = {"jwk": stranger.as_dict(private=False), "jku": "https://evil.example/jwks", "x5c": ["MIIB"],
               "x5u": "https://evil.example/x5u"}[name]  # fmt: skip
    assert prove(signer, forged({name: brought}, key=stranger)).json["error"] == "invalid_client"


def test_public_key_is_no_secret(signer: Partner) -> None:
    public = KEY.as_dict(private=False)
    for text in (f"{public['x']}", f"{public['x']}{public['y']}", KEY.as_pem(private=False).decode()):
        signed = forged({"alg": "HS256"}).rpartition(".")[0]
        mac = hmac.new(text.encode(), signed.encode(), "sha256").digest()
        token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        assert prove(signer, token).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "header", [{"crit": ["x"], "x": 1}, {"crit": "exp"}, {"kid": "x\x00"}, {"kid": "other"}, {"kid": 7}]
)
def test_good_signature_under_an_odd_header_proves_nobody(signer: Partner, header: dict[str, Any]) -> None:
    assert prove(signer, forged({"private": "member"})).status_code == 200
    assert prove(signer, forged(header)).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "payload", ["7", "[]", "null", '"x"', "{", "[" * 5000, '{"sub": "signer"}', '{"sub": "signer\\u0000"}']
)
def test_odd_claims_prove_nobody(signer: Partner, payload: str) -> None:
    assert prove(signer, forged(payload=payload)).json["error"] == "invalid_client"


@pytest.mark.parametrize("spoil", ["", "AAAA", "A" * 86])
def test_spoiled_signature_proves_nobody(signer: Partner, spoil: str) -> None:
    token = assertion().rpartition(".")[0]
    assert prove(signer, f"{token}.{spoil}").json["error"] == "invalid_client"


def test_short_key_proves_nobody(app: Flask) -> None:
    from authz import keys

    short = {"kty": "RSA", "kid": "k1", "e": "AQAB", "n": "u1W2" * 40}
    with app.app_context():
        assert keys.read_foreign(assertion(), {"keys": [short]}, ["ES256", "RS256"]) is None


@spec("RFC 8725", "3.11", "a JWT that the client signed for something else, such as a request, is no proof")
@pytest.mark.parametrize(
    ("typ", "is_taken"),
    [("JWT", True), ("client-authentication+jwt", True), ("oauth-authz-req+jwt", False), ("dpop+jwt", False),
     ("at+jwt", False), ("logout+jwt", False), (7, False)],
)  # fmt: skip
def test_other_jwt_of_the_client_proves_nobody(signer: Partner, typ: object, is_taken: bool) -> None:
    answer = prove(signer, forged({"typ": typ}))
    assert answer.json.get("error", "tokens") == ("tokens" if is_taken else "invalid_client")
