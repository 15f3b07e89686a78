"""Signed access tokens (RFC 9068): read by resource servers elsewhere, and here worth what their pairing is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from authz.pairing import consents, pairings
from tests.actors import ISSUER, Partner, Person, claims_of
from tests.cast import GLUCO_ENTRY, register
from tests.clock import Clock
from tests.minting import mint_tokens
from tests.proofs import fapi_client, holder
from tests.spec import spec
from tests.standing import unit_in
from tests.unit.records import samples

RFC = "RFC 9068"
SCOPE = "openid profile measures.read"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


@pytest.fixture
def lab(app: Flask) -> Partner:
    """Give a client whose access tokens are signed, by an elliptic curve."""
    entry = GLUCO_ENTRY | {"id": "lab", "oid": "1.2.250.1.999.7.3", "name": "Lab"}
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    return register(
        app, entry, client_id="lab", access_token_format="jwt", id_token_signed_response_alg="ES256",
        grant_types=grants, resource_servers=["https://api.lab.example"],
    )  # fmt: skip


@pytest.fixture
def tokens(lab: Partner, alice: Person) -> dict[str, Any]:
    """Give the tokens of a fresh pairing."""
    return mint_tokens(lab, alice, scope=SCOPE)


def header_of(token: str) -> dict[str, Any]:
    """Return a JWT's header without checking it."""
    return claims_of(f".{token.split('.')[0]}.")


def opens(partner: Partner, token: str) -> int:
    """Return how a resource answers to a token."""
    return int(partner.call("GET", "/userinfo", token).status_code)


def joined(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    """Write a JWT that no library would."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, signature])


@spec(RFC, "2.1", "typ is at+jwt, and the signature is by a published key")
@spec(RFC, "2.2", "iss, sub, aud, exp, iat, jti, client_id, scope, and how and when the person signed in")
def test_resource_server_elsewhere_reads_the_token(lab: Partner, alice: Person, tokens: dict[str, Any]) -> None:
    published = KeySet.import_key_set(lab.http.get("/jwks").json)
    read = jwt.decode(tokens["access_token"], published, algorithms=["ES256"])
    assert (read.header["typ"], read.header["alg"]) == ("at+jwt", "ES256")
    claims = dict(read.claims)
    assert claims.pop("jti") != claims_of(lab.refresh(tokens["refresh_token"]).json["access_token"])["jti"]
    assert claims.pop("exp") - claims.pop("iat") == tokens["expires_in"] == 300
    assert claims.pop("auth_time") <= claims_of(tokens["access_token"])["iat"]
    assert claims == {
        "iss": ISSUER, "sub": tokens["subject"], "aud": ISSUER, "client_id": "lab", "scope": SCOPE, "acr": "aal2",
        "amr": ["pwd", "otp"],
    }  # fmt: skip
    assert claims["sub"] == claims_of(tokens["id_token"])["sub"]


@spec(RFC, "3", "aud is what the request named as resources, or the default")
def test_token_is_for_what_was_asked(lab: Partner, alice: Person) -> None:
    own = "https://api.lab.example"
    token = mint_tokens(lab, alice, scope=SCOPE, resources=own)["access_token"]
    assert claims_of(token)["aud"] == own
    assert opens(lab, token) == 401
    both = mint_tokens(lab, alice, scope=SCOPE, resources=f"{own} {ISSUER}/userinfo")["access_token"]
    assert claims_of(both)["aud"] == [own, f"{ISSUER}/userinfo"]
    assert opens(lab, both) == 200


@spec(RFC, "2.2", "sub of a client's own token is the client")
def test_clients_own_token_is_about_the_client(lab: Partner) -> None:
    token = lab.post("/token", grant_type="client_credentials", scope="measures.read").json["access_token"]
    claims = claims_of(token)
    assert (claims["sub"], claims["client_id"], claims["scope"]) == ("lab", "lab", "measures.read")
    assert not {"auth_time", "acr", "amr"} & set(claims)
    bare = claims_of(lab.post("/token", grant_type="client_credentials").json["access_token"])
    assert "scope" not in bare


@spec(RFC, "2.2.3", "scope is what the patient allows, not what was asked")
def test_token_names_what_is_allowed(lab: Partner, alice: Person) -> None:
    tokens = mint_tokens(lab, alice, scope=SCOPE)
    with unit_in(lab.app):
        link = pairings.list_of_profile(alice.profile_id())[0]
        consents.amend(link, {"measures.read": False}, by=alice.account_id, lang="fr")
    fresh = lab.refresh(tokens["refresh_token"]).json
    assert claims_of(fresh["access_token"])["scope"] == fresh["scope"] == "openid profile"


@spec(RFC, "2.1", "tokens of a client of profile fapi2 are signed with a strong algorithm, and bound")
@spec("RFC 9449", "6.1", "cnf of a signed token names the key")
def test_bound_token_names_its_key(app: Flask, alice: Person) -> None:
    bank = fapi_client(app, access_token_format="jwt")
    token = mint_tokens(bank, alice, scope=SCOPE)["access_token"]
    assert (header_of(token)["alg"], claims_of(token)["cnf"]) == ("PS256", {"jkt": bank.jkt})
    assert opens(bank, token) == 200
    bank.has_proofs = False
    assert opens(bank, token) == 401


def test_token_bound_to_a_certificate_names_it(make_app: Any, app: Flask) -> None:
    from tests.certificates import self_signed
    from tests.proofs import CERTIFICATE_HEADER

    behind = make_app(mtls_header=CERTIFICATE_HEADER, trusted_proxies=1)
    client = holder(
        behind, access_token_format="jwt", tls_client_certificate_bound_access_tokens=True,
        grant_types=["client_credentials"],
    )  # fmt: skip
    client.has_proofs, client.certificate = False, self_signed()
    token = client.post("/token", grant_type="client_credentials").json["access_token"]
    assert list(claims_of(token)["cnf"]) == ["x5t#S256"]


def test_signed_token_obeys_the_patient_at_once(lab: Partner, alice: Person, tokens: dict[str, Any]) -> None:
    token = tokens["access_token"]
    assert opens(lab, token) == 200
    with unit_in(lab.app):
        pairings.end(pairings.list_of_profile(alice.profile_id())[0], by=alice.account_id)
    assert opens(lab, token) == 403
    assert lab.post("/introspect", token=token).json == {"active": False}


@spec("RFC 7009", "2.1", "a signed access token can be revoked")
@spec("RFC 7662", "2.2", "a signed access token is described like an opaque one")
def test_client_asks_about_a_signed_token_and_gives_it_up(
    lab: Partner, glucoapp: Partner, tokens: dict[str, Any]
) -> None:
    token = tokens["access_token"]
    told, said = lab.post("/introspect", token=token).json, claims_of(token)
    assert told["active"] is True
    for name in ("iss", "sub", "aud", "client_id", "scope", "exp", "iat", "acr", "auth_time"):
        assert told[name] == said[name]
    assert glucoapp.post("/introspect", token=token).json == {"active": False}
    assert lab.post("/revoke", token=token).status_code == 200
    assert opens(lab, token) == 401
    assert lab.post("/introspect", token=token).json == {"active": False}


def test_refresh_token_of_such_a_client_stays_opaque_and_takes_all_along(lab: Partner, tokens: dict[str, Any]) -> None:
    assert tokens["refresh_token"].startswith("apr_")
    assert lab.post("/revoke", token=tokens["refresh_token"]).status_code == 200
    assert opens(lab, tokens["access_token"]) == 401


def test_signed_token_is_over_after_five_minutes(lab: Partner, tokens: dict[str, Any], clock: Clock) -> None:
    clock.advance(seconds=299)
    assert opens(lab, tokens["access_token"]) == 200
    clock.advance(seconds=2)
    assert opens(lab, tokens["access_token"]) == 401


def test_operator_may_make_them_shorter_still(make_app: Any, app: Flask) -> None:
    other = make_app(access_token_seconds=60)
    client = register(other, access_token_format="jwt", grant_types=["client_credentials"])
    answer = client.post("/token", grant_type="client_credentials").json
    claims = claims_of(answer["access_token"])
    assert answer["expires_in"] == claims["exp"] - claims["iat"] == 60


@spec(RFC, "4", "a token with another header, other claims or another signature is refused")
def test_forged_token_opens_nothing(lab: Partner, tokens: dict[str, Any]) -> None:
    token = tokens["access_token"]
    header, claims, signature = header_of(token), claims_of(token), token.split(".")[2]
    published = lab.http.get("/jwks").json["keys"]
    public = next(key for key in published if key["kid"] == header["kid"])
    secret = OctKey.import_key(json.dumps(public).encode())
    forged = [
        joined(header | {"alg": "none"}, claims),
        joined(header | {"alg": "None"}, claims, signature),
        joined({"alg": "none", "typ": "at+jwt"}, claims),
        joined(header, claims | {"scope": SCOPE + " measures.weight.write"}, signature),
        joined(header, claims | {"exp": claims["exp"] + 3600}, signature),
        joined(header | {"typ": "JWT"}, claims, signature),
        joined(header | {"jwk": public}, claims, signature),
        joined(header | {"jku": "https://evil.example/jwks"}, claims, signature),
        joined(header | {"kid": "../../etc/passwd"}, claims, signature),
        jwt.encode({"alg": "HS256", "kid": header["kid"], "typ": "at+jwt"}, claims, secret, algorithms=["HS256"]),
        token.rpartition(".")[0] + ".",
        token.rpartition(".")[0],
        token + "=",
        token[:-1],
    ]
    assert {opens(lab, one) for one in forged} == {401}
    assert {lab.post("/introspect", token=one).json["active"] for one in forged} == {False}
    assert opens(lab, token) == 200


def test_second_signature_that_fits_as_well_opens_nothing(lab: Partner, tokens: dict[str, Any]) -> None:
    """Of each ECDSA signature a second one can be computed that is as right: revoking one must be revoking both."""
    head, _, signature = tokens["access_token"].rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    other = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    twin = f"{head}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}"
    published = KeySet.import_key_set(lab.http.get("/jwks").json)
    assert jwt.decode(twin, published, algorithms=["ES256"]).claims["client_id"] == "lab"
    assert opens(lab, twin) == 401


@spec(RFC, "4", "an ID token is no access token")
def test_id_token_opens_nothing(lab: Partner, tokens: dict[str, Any]) -> None:
    assert opens(lab, tokens["id_token"]) == 401
    assert lab.post("/introspect", token=tokens["id_token"]).json == {"active": False}


@spec("RFC 8725", "3.11", "an access token is no ID token")
def test_access_token_is_no_id_token(lab: Partner, alice: Person, tokens: dict[str, Any]) -> None:
    from tests.actors import params_of

    hinted = alice.get(lab.address(id_token_hint=tokens["access_token"]))
    assert params_of(hinted)["error"] == "invalid_request"
    body = json.dumps(samples.bundle(samples.simple("weight", 70, tokens["subject"])))
    sent: dict[str, Any] = {"data": body, "content_type": "application/fhir+json"}
    wrong = lab.call(
        "POST", "/measures/fhir", tokens["access_token"], headers={"ID_TOKEN": tokens["access_token"]}, **sent
    )
    assert (wrong.status_code, "invalid JWT" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"access_token_format": "saml"}, "access_token_format of profile oauth21 must be of opaque, jwt"),
        ({"access_token_format": 7}, "access_token_format must be a string"),
        (
            {"profile": "device", "access_token_format": "jwt"},
            "access_token_format of profile device must be of opaque",
        ),
    ],
)
def test_format_is_one_that_the_profile_allows(app: Flask, metadata: dict[str, Any], problem: str) -> None:
    from authz.clients.metadata import InvalidClientMetadata

    with pytest.raises(InvalidClientMetadata, match=problem):
        register(app, **metadata)
    assert register(app, access_token_format="opaque").secret


def test_client_cannot_choose_its_format_itself(make_app: Any, app: Flask) -> None:
    other = make_app(registration="open")
    body = {"redirect_uris": ["https://app.example/cb"], "access_token_format": "jwt"}
    answer = other.test_client().post("/register", json=body)
    assert answer.status_code == 201
    assert "access_token_format" not in answer.json


def test_signed_tokens_cost_no_statement_more(lab: Partner, alice: Person, sql_counter: Any, database_url: str) -> None:
    held = mint_tokens(lab, alice)["refresh_token"]
    held = lab.refresh(held).json["refresh_token"]
    with sql_counter() as seen:
        assert lab.refresh(held).status_code == 200
    assert len(seen) == (2 if database_url.startswith("postgresql") else 4), seen
