"""What the basic OpenID Provider plan looks at, walked as its two static clients do: secrets, no PKCE, every claim."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import enrol, register
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.protocol.oidc.conftest import Verified, agreed
from tests.spec import spec

CORE = "OpenID Connect Core"
PROFILE = {
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
}  # fmt: skip
SCOPES = {
    "profile": PROFILE, "email": {"email", "email_verified"}, "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


def static(app: Flask, name: str, redirect_uri: str, **metadata: Any) -> Partner:
    """Register one of the two clients: confidential, PKCE left to it, by the operator's word."""
    partner = register(
        app, client_id=name, profile="oidc", pkce_required=False, redirect_uris=[redirect_uri], **metadata
    )
    partner.scope = "openid"
    return partner


@pytest.fixture
def one(app: Flask) -> Partner:
    """Give the first client."""
    return static(app, "one", "https://suite.example/test/a/callback")


@pytest.fixture
def two(app: Flask) -> Partner:
    """Give the second client, whose redirect URI has a query, and which sends its secret in the form."""
    uri = "https://suite.example/test/a/callback?dummy1=lorem&dummy2=ipsum"
    return static(app, "two", uri, token_endpoint_auth_method="client_secret_post")


@pytest.fixture
def whole(app: Flask, mailbox: Mailbox) -> Person:
    """Give somebody with every standard claim."""
    return enrol(
        app, mailbox, "eve.complete", name="Eve Martin", middle_name="Marie", nickname="Evie", profile="https://e.example",
        preferred_username="eve", picture="https://e.example/eve.png", website="https://e.example", gender="female",
        birthdate="1990-02-03", zoneinfo="Europe/Paris", locale="fr-FR", phone="+33639980001",
        address={"formatted": "1 rue X, Lyon", "locality": "Lyon", "country": "France"},
    )  # fmt: skip


def asked(partner: Partner, **changes: str | None) -> str:
    """Return the address of a request as the plan sends it: a nonce, a state, no PKCE."""
    return partner.address(**{"code_challenge": None, "code_challenge_method": None, "app_account": None} | changes)


def answered(person: Person, partner: Partner, **changes: str | None) -> dict[str, str]:
    """Go from a request to the parameters of its answer, agreeing to everything."""
    page = person.get(asked(partner, **changes))
    if page.request.path.endswith("/login"):
        page = person.passes_sign_in(page)
    return params_of(agreed(person, page, consents=list(SCOPES)))


def redeemed(partner: Partner, code: str) -> Any:
    """Exchange a code without a verifier."""
    if partner.client_id == "two":
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": partner.redirect_uri}
        secret = {"client_id": "two", "client_secret": partner.secret}
        return partner.http.post("/token", data=form | secret)
    return partner.redeem(code, code_verifier=None)


def entropy_of(text: str) -> float:
    """Return Shannon's entropy of a text times its length, as the plan reckons it."""
    counts = Counter(text).values()
    return -sum(count * math.log2(count / len(text)) for count in counts)


@spec(
    CORE, "3.1.2.5", "the answer has the state as sent, 128 characters too, the issuer, and a code that none can guess"
)
@spec(CORE, "3.1.3.3", "the token response is whole: types, seconds, printable tokens that none can guess, not stored")
@spec(CORE, "3.1.3.7", "the ID token is right, names the nonce, and holds nothing of the profile")
def test_plan_server(alice: Person, one: Partner, verified: Verified) -> None:
    state, nonce = "s" * 100 + "~-._" * 7, "n" * 64
    params = answered(alice, one, state=state, nonce=nonce)
    assert set(params) == {"code", "state", "iss"}
    assert params["state"] == state
    assert params["iss"] == "http://localhost"
    answer = redeemed(one, params["code"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] > 0
    for secret in (params["code"], tokens["access_token"], tokens["refresh_token"]):
        assert re.fullmatch(r"[\x20-\x7e]{16,}", secret)
        assert entropy_of(secret) > 128
    header, claims = verified(one, tokens["id_token"])
    assert header["alg"] == "RS256"
    assert header["kid"]
    assert claims["nonce"] == nonce
    assert abs(claims["iat"] - claims["auth_time"]) < 300
    assert claims["acr"]
    assert not PROFILE & set(claims)


@spec(CORE, "3.1.2.1", "the nonce is optional for the code flow, and absent if none was sent; PKCE may be used")
def test_plan_nonce_and_pkce(alice: Person, one: Partner) -> None:
    code = params_of(agreed(alice, alice.arrives_at_consent(one, nonce=None)))["code"]
    tokens = one.redeem(code).json
    assert "nonce" not in claims_of(tokens["id_token"])
    bare = redeemed(one, answered(alice, one, nonce=None)["code"])
    assert "nonce" not in claims_of(bare.json["id_token"])


@spec(CORE, "3.1.2.6", "an error is told with its state, in allowed characters, and with nothing else")
@pytest.mark.parametrize(
    "changes",
    [{"response_type": None}, {"response_type": "x"}, {"prompt": "none"}, {"claims": "["}, {"request": "x.y.z"}],
)
def test_plan_errors(alice: Person, two: Partner, changes: dict[str, str | None]) -> None:
    answer = alice.get(asked(two, **changes))
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert set(query) == {"dummy1", "dummy2", "error", "error_description", "state", "iss"}
    assert query["dummy2"] == "ipsum"
    assert query["state"] == two.state
    assert DESCRIPTION.fullmatch(query["error_description"])


@spec(CORE, "5.4", "each scope gives its claims, all of them where the person has them, with the right types")
@pytest.mark.parametrize("scope", ["profile", "email", "address", "phone", "profile email address phone"])
def test_plan_scopes(whole: Person, one: Partner, scope: str) -> None:
    assert set(scope.split()) <= set(one.http.get("/.well-known/openid-configuration").json["scopes_supported"])
    tokens = redeemed(one, answered(whole, one, scope=f"{scope} openid")["code"]).json
    found = one.call("POST", "/userinfo", tokens["access_token"]).json
    expected = set[str]().union(*(SCOPES[name] for name in scope.split()))
    assert set(found) == expected | {"sub"}
    assert found["sub"] == claims_of(tokens["id_token"])["sub"]
    for name, value in found.items():
        kind = {"address": dict, "updated_at": int}.get(name, bool if name.endswith("_verified") else str)
        assert type(value) is kind, name


@spec(CORE, "3.1.2.1", "prompt=login shows the sign-in again, and auth_time says so; prompt=none keeps it")
def test_plan_prompt(alice: Person, one: Partner, clock: Clock) -> None:
    assert params_of(alice.get(asked(one, prompt="none")))["error"] == "login_required"
    first = claims_of(redeemed(one, answered(alice, one)["code"]).json["id_token"])
    clock.advance(minutes=2)
    silent = claims_of(redeemed(one, answered(alice, one, prompt="none")["code"]).json["id_token"])
    assert (silent["sub"], silent["auth_time"]) == (first["sub"], first["auth_time"])
    assert alice.get(asked(one, prompt="login")).request.path.endswith("/login")
    again = claims_of(redeemed(one, answered(alice, one, prompt="login")["code"]).json["id_token"])
    assert again["auth_time"] > first["auth_time"]


@spec(CORE, "3.1.2.1", "max_age: an older sign-in is done again and a newer one is not; auth_time is always told")
def test_plan_max_age(alice: Person, one: Partner, clock: Clock) -> None:
    first = claims_of(redeemed(one, answered(alice, one, max_age="15000")["code"]).json["id_token"])
    clock.advance(minutes=2)
    second = claims_of(redeemed(one, answered(alice, one, max_age="10000")["code"]).json["id_token"])
    assert second["auth_time"] == first["auth_time"]
    third = claims_of(redeemed(one, answered(alice, one, max_age="1")["code"]).json["id_token"])
    assert third["auth_time"] > first["auth_time"]


@spec("RFC 6749", "4.1.2", "half a minute later a code is refused too, and the first access token is dead")
def test_plan_code_reuse(alice: Person, one: Partner, clock: Clock) -> None:
    code = answered(alice, one)["code"]
    tokens = redeemed(one, code).json
    clock.advance(seconds=30)
    again = redeemed(one, code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert one.call("GET", "/userinfo", tokens["access_token"]).status_code == 401


@spec(CORE, "3.1.2.1", "an address that is not registered gets a page: nobody is sent anywhere")
def test_plan_redirect_uri(alice: Person, one: Partner, two: Partner) -> None:
    for partner, uri in ((one, one.redirect_uri + "/x"), (two, two.redirect_uri + "&x=1"), (two, one.redirect_uri)):
        page = alice.get(asked(partner, redirect_uri=uri + "y"))
        assert page.status_code == 400
        assert "Location" not in page.headers
        assert "redirect_uri" in page.text


@spec(CORE, "3.1.2.1", "the authorization endpoint takes a form too")
def test_plan_post(alice: Person, one: Partner) -> None:
    params = dict(parse_qsl(urlsplit(asked(one)).query))
    answer = alice.app.test_client(use_cookies=False).post("/authorize", data=params)
    page = alice.get(answer.headers["Location"])
    assert "code" in params_of(agreed(alice, alice.passes_sign_in(page)))


@spec(CORE, "9", "client_secret_post works for the client that is registered for it, and its redirect's query is kept")
def test_plan_secret_post(alice: Person, two: Partner) -> None:
    assert (
        "client_secret_post"
        in two.http.get("/.well-known/openid-configuration").json["token_endpoint_auth_methods_supported"]
    )
    params = answered(alice, two)
    assert params["dummy1"] == "lorem"
    assert redeemed(two, params["code"]).status_code == 200


@spec(
    CORE, "12", "offline_access: refreshed with and without a scope, same person and sign-in; never by another client"
)
def test_plan_refresh(alice: Person, one: Partner, two: Partner, clock: Clock) -> None:
    code = answered(alice, one, scope="openid offline_access", prompt="consent")["code"]
    tokens = redeemed(one, code).json
    clock.advance(minutes=1)
    fresh = one.refresh(tokens["refresh_token"], scope="openid offline_access")
    assert fresh.headers["Cache-Control"] == "no-store"
    assert fresh.json["access_token"] != tokens["access_token"]
    before, after = claims_of(tokens["id_token"]), claims_of(fresh.json["id_token"])
    for name in ("iss", "sub", "aud", "auth_time"):
        assert after[name] == before[name]
    assert after["iat"] > before["iat"]
    assert "azp" not in after
    form = {"grant_type": "refresh_token", "refresh_token": fresh.json["refresh_token"], "client_id": "two"}
    stolen = two.http.post("/token", data=form | {"client_secret": two.secret})
    assert (stolen.status_code, stolen.json["error"]) == (400, "invalid_grant")


@spec("OpenID Connect Discovery", "3", "nothing unsigned is taken, and the lists say so")
def test_plan_lists(one: Partner) -> None:
    found = one.http.get("/.well-known/openid-configuration").json
    for name, listed in found.items():
        if name.endswith("_alg_values_supported"):
            assert "none" not in listed, name
    for name in ("id_token", "request_object", "userinfo"):
        assert "RS256" in found[f"{name}_signing_alg_values_supported"]
    assert set(found["claims_supported"]) >= PROFILE
    assert found["request_uri_parameter_supported"] is False
