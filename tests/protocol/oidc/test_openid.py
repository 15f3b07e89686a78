"""OpenID Connect: discovery, keys and their rotation, ID tokens, UserInfo, prompts and ages."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from authz import keys
from authz.clock import now
from authz.pairing import pairings
from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import enrol, register
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.minting import mint_tokens
from tests.spec import spec
from tests.standing import unit_in


def verified(partner: Partner, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check a token against the published keys; returns header and claims."""
    published = KeySet.import_key_set(partner.http.get("/jwks").json)
    decoded = jwt.decode(token, published, algorithms=["RS256", "ES256", "PS256"])
    return dict(decoded.header), dict(decoded.claims)


@spec("OpenID Connect Discovery", "3", "the document names this issuer and only what is on")
@spec("RFC 8414", "3", "the same at the OAuth well-known address")
def test_partner_discovers_the_server(glucoapp: Partner) -> None:
    found = glucoapp.http.get("/.well-known/openid-configuration")
    assert found.status_code == 200
    assert found.json == glucoapp.http.get("/.well-known/oauth-authorization-server").json
    assert found.json["issuer"] == "http://localhost"
    assert found.json["code_challenge_methods_supported"] == ["S256"]
    assert "RS256" in found.json["id_token_signing_alg_values_supported"]
    assert found.json["authorization_response_iss_parameter_supported"] is True
    for name, address in found.json.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = address.removeprefix("http://localhost")
            assert glucoapp.http.get(path).status_code != 404, name


@spec("RFC 7517", "5", "public keys only, each with a kid of its own")
def test_key_set_is_public_and_cached(glucoapp: Partner) -> None:
    found = glucoapp.http.get("/jwks")
    kids = [key["kid"] for key in found.json["keys"]]
    assert len(kids) == len(set(kids)) == 4
    assert not any({"d", "p", "q", "k"} & set(key) for key in found.json["keys"])
    again = glucoapp.http.get("/jwks", headers={"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304


@spec("OpenID Connect Core", "2", "the ID token is signed RS256 by default and says who, when and how")
@spec("OpenID Connect Core", "3.1.3.6", "at_hash binds the access token")
def test_id_token_says_who_when_and_how(alice: Person, glucoapp: Partner) -> None:
    tokens = mint_tokens(glucoapp, alice, nonce="n" * 64)
    header, claims = verified(glucoapp, tokens["id_token"])
    assert header["alg"] == "RS256"
    assert claims["iss"] == "http://localhost"
    assert claims["aud"] == glucoapp.client_id
    assert claims["nonce"] == "n" * 64
    assert claims["acr"] == "aal2"
    assert claims["amr"] == ["pwd", "otp"]
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert "act" not in claims
    assert not {"name", "email", "given_name"} & set(claims)


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
def test_client_chooses_its_algorithm(alice: Person, glucoapp: Partner, alg: str) -> None:
    partner = register(glucoapp.app, client_id="chooser", id_token_signed_response_alg=alg)
    header, _claims = verified(partner, mint_tokens(partner, alice)["id_token"])
    assert header["alg"] == alg


@spec("OpenID Connect Core", "3.1.2.1", "without openid there is no ID token")
def test_plain_oauth_request_gets_no_id_token(alice: Person, glucoapp: Partner) -> None:
    assert "id_token" not in mint_tokens(glucoapp, alice, scope="measures.read")


def test_keys_rotate_and_old_tokens_stay_good(alice: Person, glucoapp: Partner, clock: Clock) -> None:
    before = mint_tokens(glucoapp, alice)
    upcoming = {key["kid"] for key in glucoapp.http.get("/jwks").json["keys"]}
    with unit_in(glucoapp.app):
        signing = keys.rotate()
    assert set(signing) <= upcoming
    after = glucoapp.refresh(before["refresh_token"]).json
    assert verified(glucoapp, after["id_token"])[0]["kid"] in signing
    assert verified(glucoapp, before["id_token"])[0]["kid"] not in signing
    assert len(glucoapp.http.get("/jwks").json["keys"]) == 6
    clock.advance(days=2)
    with unit_in(glucoapp.app):
        assert keys.purge() == 2
        assert [key["state"] for key in keys.list_all()].count("retired") == 0


@spec("OpenID Connect Core", "8", "the subject is pairwise by default")
def test_two_apps_know_a_patient_by_two_names(alice: Person, glucoapp: Partner, otherapp: Partner) -> None:
    assert mint_tokens(glucoapp, alice)["subject"] != mint_tokens(otherapp, alice)["subject"]


def test_public_subject_is_the_same_for_all(alice: Person, glucoapp: Partner) -> None:
    one = register(glucoapp.app, client_id="one", subject_type="public")
    two = register(glucoapp.app, client_id="two", subject_type="public")
    assert mint_tokens(one, alice)["subject"] == mint_tokens(two, alice)["subject"]


@spec("OpenID Connect Core", "5.3", "UserInfo gives the claims of the scopes consented to")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_gives_what_was_agreed(glucoapp: Partner, mailbox: Mailbox, method: str) -> None:
    person = enrol(
        glucoapp.app, mailbox, "eve.complete", phone="+33639980001", website="https://eve.example",
        address={"locality": "Lyon", "country": "France"},
    )  # fmt: skip
    tokens = mint_tokens(glucoapp, person, scope="openid profile email phone address")
    claims = glucoapp.call(method, "/userinfo", tokens["access_token"]).json
    assert claims["sub"] == tokens["subject"]
    assert claims["given_name"] == "Eve"
    assert claims["website"] == "https://eve.example"
    assert claims["email"] == "eve.complete@example.org"
    assert claims["email_verified"] is True
    assert claims["phone_number"] == "+33639980001"
    assert claims["address"] == {"locality": "Lyon", "country": "France"}
    assert isinstance(claims["updated_at"], int)


def test_userinfo_for_a_child_tells_the_child_only(paul: Person, glucoapp: Partner) -> None:
    glucoapp.scope = "openid profile email measures.glucose.write"
    tokens = paul.pairs(glucoapp, consents=["profile", "email"], profile=paul.profile_id("Zoé"))
    claims = glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    act = claims_of(tokens["id_token"])["act"]
    told = {"sub": tokens["subject"], "name": "Zoé Martin", "given_name": "Zoé", "family_name": "Martin"}
    assert claims == told | {"act": act}
    glucoapp.scope = "openid email measures.glucose.write"
    tokens = paul.pairs(glucoapp, consents=["email"], profile=paul.profile_id("Zoé"))
    shared = glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    assert shared == {"sub": tokens["subject"], "act": act}


@spec("RFC 6750", "3.1", "a missing token has a bare challenge, a bad one is invalid_token")
@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic abc", "Bearer", "Bearer " + "x" * 600, "bearer é"])
def test_bad_token_is_challenged(glucoapp: Partner, header: str) -> None:
    bare = glucoapp.http.get("/userinfo")
    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"].startswith('Bearer realm="appairage", resource_metadata=')
    assert "error" not in bare.headers["WWW-Authenticate"]
    bad = glucoapp.http.get("/userinfo", headers={"Authorization": header})
    assert bad.status_code == 401
    assert 'error="invalid_token"' in bad.headers["WWW-Authenticate"]
    assert glucoapp.http.get("/userinfo?access_token=x").status_code == 401


@spec("OpenID Connect Core", "3.1.2.1", "prompt=none succeeds silently when nothing is to be asked")
def test_signed_in_patient_is_not_asked_again(alice: Person, clinic: Partner) -> None:
    page = alice.arrives_at_consent(clinic)
    first = clinic.redeem(params_of(alice.decides(page, consents=["profile"]))["code"]).json
    again = alice.get(clinic.address(prompt="none"))
    second = clinic.redeem(params_of(again)["code"]).json
    assert second["subject"] == first["subject"]
    assert verified(clinic, second["id_token"])[1]["auth_time"] == verified(clinic, first["id_token"])[1]["auth_time"]
    assert "code" in params_of(alice.get(clinic.address()))


@spec("OpenID Connect Core", "3.1.2.6", "prompt=none names what would have been asked")
def test_silent_request_is_told_what_is_missing(alice: Person, clinic: Partner, glucoapp: Partner) -> None:
    assert params_of(alice.get(clinic.address(prompt="none")))["error"] == "login_required"
    alice.signs_in()
    assert params_of(alice.get(clinic.address(prompt="none")))["error"] == "consent_required"
    alice.pairs(glucoapp)
    assert params_of(alice.get(glucoapp.address(prompt="none")))["error"] == "consent_required"


@spec("RFC 6749", "10.2", "an app whose patients are asked each time renews silently whom it names, at its own address")
def test_app_renews_whom_it_knows_silently(app: Flask, alice: Person, paul: Person) -> None:
    first, second = "https://page.example/callback", "http://127.0.0.1/callback"
    page = register(app, token_endpoint_auth_method="none", application_type="native", redirect_uris=[first, second])
    page.scope = "openid profile"
    hint = alice.pairs(page, consents=["profile"])["id_token"]

    def silently(person: Person = alice, **changes: str | None) -> dict[str, str]:
        wish: dict[str, str | None] = {"prompt": "none", "id_token_hint": hint, "app_account": None}
        return params_of(person.get(page.address(**wish | changes)))

    again = page.redeem(silently()["code"]).json
    assert again["subject"] == claims_of(hint)["sub"]
    for changes in (
        {"id_token_hint": None},
        {"app_account": "bob"},
        {"redirect_uri": second},
        {"scope": "openid profile measures.read"},
    ):
        assert silently(**changes)["error"] == "consent_required"
    paul.signs_in()
    assert silently(paul)["error"] == "login_required"
    assert alice.get(page.address()).request.path.endswith("/consent"), "with a page, the patient is asked each time"
    own = alice.profile_id()
    with unit_in(app):
        pairing = pairings.get(own, again["pairing_id"])
        pairings.pause(pairing, now() + timedelta(days=1), by=alice.account_id)
    assert silently()["error"] == "consent_required"


def test_app_that_knows_the_child_does_not_get_the_parent_silently(app: Flask, paul: Person) -> None:
    page = register(app, token_endpoint_auth_method="none", redirect_uris=["https://page.example/callback"])
    page.scope = "openid profile"
    paul.pairs(page, consents=["profile"], profile=paul.profile_id("Paul"))
    hint = paul.pairs(page, consents=["profile"], profile=paul.profile_id("Zoé"))["id_token"]
    silent = paul.get(page.address(prompt="none", id_token_hint=hint, app_account=None))
    assert params_of(silent)["error"] == "consent_required"


@spec("OpenID Connect Core", "3.1.2.1", "prompt=login asks again, prompt=consent asks for consent again")
def test_prompt_asks_again(alice: Person, clinic: Partner, clock: Clock) -> None:
    first = params_of(alice.decides(alice.arrives_at_consent(clinic), consents=["profile"]))
    before = verified(clinic, clinic.redeem(first["code"]).json["id_token"])[1]
    clock.advance(minutes=1)
    assert alice.get(clinic.address(prompt="consent")).request.path.endswith("/consent")
    page = alice.get(clinic.address(prompt="login"))
    assert page.request.path.endswith("/login")
    home = alice.passes_sign_in(page)
    after = verified(clinic, clinic.redeem(params_of(home)["code"]).json["id_token"])[1]
    assert after["auth_time"] > before["auth_time"]


@spec("OpenID Connect Core", "3.1.2.1", "max_age asks again when the sign-in is older")
def test_old_sign_in_is_not_good_enough(alice: Person, clinic: Partner, clock: Clock) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    clock.advance(minutes=5)
    assert "code" in params_of(alice.get(clinic.address(max_age="10000")))
    assert alice.get(clinic.address(max_age="60")).request.path.endswith("/login")


def test_new_scope_is_asked_for_even_of_a_remembered_patient(alice: Person, clinic: Partner) -> None:
    alice.decides(alice.arrives_at_consent(clinic), consents=["profile"])
    clinic.scope = "openid profile email phone"
    assert alice.get(clinic.address()).request.path.endswith("/consent")
