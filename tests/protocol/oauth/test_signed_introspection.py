"""Signed answers of introspection (RFC 9701): for who asks for them, and for nobody else to use."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.actors import ISSUER, Partner, Person, claims_of, params_of
from tests.cast import register
from tests.minting import mint_tokens
from tests.proofs import fapi_client
from tests.spec import spec

RFC = "RFC 9701"
SIGNED = "application/token-introspection+jwt"


def ask(partner: Partner, token: str, accept: str | None = SIGNED) -> Any:
    """Ask about a token, accepting some type of answer."""
    headers = {"Accept": accept} if accept else {}
    auth = (partner.client_id, partner.secret or "")
    return partner.http.post("/introspect", data={"token": token}, auth=auth, headers=headers)


def read(partner: Partner, text: str, alg: str = "RS256") -> Any:
    """Check an answer's signature by the published keys."""
    return jwt.decode(text, KeySet.import_key_set(partner.http.get("/jwks").json), algorithms=[alg])


@spec(RFC, "5", "typ is token-introspection+jwt; iss, aud the caller, iat, and the answer in token_introspection")
def test_app_gets_a_signed_answer(glucoapp: Partner, alice: Person) -> None:
    token = mint_tokens(glucoapp, alice)["access_token"]
    answer = ask(glucoapp, token)
    assert (answer.status_code, answer.mimetype) == (200, SIGNED)
    assert answer.headers["Cache-Control"] == "no-store"
    found = read(glucoapp, answer.text)
    assert found.header["typ"] == "token-introspection+jwt"
    plain = ask(glucoapp, token, None)
    assert plain.mimetype == "application/json"
    assert found.claims["token_introspection"] == plain.json
    assert found.claims["token_introspection"]["active"] is True
    assert (found.claims["iss"], found.claims["aud"]) == (ISSUER, glucoapp.client_id)
    assert set(found.claims) == {"iss", "aud", "iat", "token_introspection"}


@spec(RFC, "5", "of a token that is not active, or not the caller's, the signed answer says no more than that")
def test_signed_answer_tells_nothing_of_other_tokens(glucoapp: Partner, clinic: Partner, alice: Person) -> None:
    tokens = mint_tokens(glucoapp, alice)
    for token in (tokens["access_token"], tokens["refresh_token"], "nonsense"):
        assert claims_of(ask(clinic, token).text)["token_introspection"] == {"active": False}


@spec(RFC, "4", "the answer is a JWT only for who prefers one")
@pytest.mark.parametrize(
    ("accept", "is_signed"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("application/*", False),
        ("text/html", False),
        ("application/jwt", False),
        (f"{SIGNED};q=0", False),
        (f"application/json, {SIGNED};q=0.5", False),
        (f"{SIGNED}, application/json;q=0.9", True),
        (f"{SIGNED}, */*;q=0.1", True),
        (SIGNED.upper(), True),
    ],
)
def test_answer_is_of_the_type_that_is_preferred(glucoapp: Partner, accept: str | None, is_signed: bool) -> None:
    answer = ask(glucoapp, "x", accept)
    assert (answer.status_code, answer.mimetype == SIGNED) == (200, is_signed)


@spec(RFC, "6", "introspection_signed_response_alg is the algorithm, RS256 if none is registered")
def test_algorithm_is_the_registered_one(app: Flask) -> None:
    for alg in ("ES256", "PS256", "RS256"):
        client = register(app, introspection_signed_response_alg=alg, id_token_signed_response_alg="ES256")
        assert read(client, ask(client, "x").text, alg).header["alg"] == alg
    plain = register(app, id_token_signed_response_alg="ES256")
    assert read(plain, ask(plain, "x").text).header["alg"] == "RS256"


def test_client_of_profile_fapi2_gets_a_strong_signature(app: Flask) -> None:
    bank = fapi_client(app)
    bank.http.environ_base["HTTP_ACCEPT"] = SIGNED
    answer = bank.post("/introspect", token="x")
    assert read(bank, answer.text, "PS256").header["alg"] == "PS256"


@pytest.mark.parametrize("wrong", ["none", "HS256", "RS512", 7])
def test_algorithm_is_one_that_we_have(app: Flask, wrong: Any) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata, match="introspection_signed_response_alg"):
        register(app, introspection_signed_response_alg=wrong)


@spec(RFC, "7", "metadata name the algorithms, and none is not one")
def test_server_names_the_algorithms(glucoapp: Partner) -> None:
    named = glucoapp.http.get("/.well-known/oauth-authorization-server").json
    assert named["introspection_signing_alg_values_supported"] == ["RS256", "PS256", "ES256"]


def test_app_registers_its_algorithm_itself(make_app: Any, app: Flask) -> None:
    other = make_app(registration="open").test_client()
    body = {"redirect_uris": ["https://app.example/cb"], "introspection_signed_response_alg": "ES256"}
    assert other.post("/register", json=body).json["introspection_signed_response_alg"] == "ES256"
    refused = other.post("/register", json=body | {"introspection_signed_response_alg": "none"})
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")


@spec(RFC, "4", "who does not prove itself is refused in JSON")
def test_stranger_gets_no_signature(glucoapp: Partner, otherapp: Partner) -> None:
    for answer in (
        glucoapp.http.post("/introspect", data={"token": "x"}, headers={"Accept": SIGNED}),
        otherapp.http.post(
            "/introspect", data={"token": "x", "client_id": otherapp.client_id}, headers={"Accept": SIGNED}
        ),
    ):
        assert (answer.status_code, answer.mimetype) == (401, "application/json")
    missing = glucoapp.http.post(
        "/introspect", data={}, auth=(glucoapp.client_id, glucoapp.secret or ""), headers={"Accept": SIGNED}
    )
    assert (missing.status_code, missing.mimetype) == (400, "application/json")


@spec(RFC, "8.1", "a signed answer passes for no access token, ID token or client assertion")
def test_signed_answer_is_nothing_else(glucoapp: Partner, alice: Person) -> None:
    answer = ask(glucoapp, mint_tokens(glucoapp, alice)["access_token"]).text
    assert glucoapp.call("GET", "/userinfo", answer).status_code == 401
    assert params_of(alice.get(glucoapp.address(id_token_hint=answer)))["error"] == "invalid_request"
    assert glucoapp.post("/introspect", token=answer).json == {"active": False}
