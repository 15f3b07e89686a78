"""The `claims` parameter: claims one by one, each under the consent of its scope, and what it may demand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from tests.actors import Partner, Person, claims_of, params_of
from tests.cast import enrol, register
from tests.mailbox import Mailbox
from tests.protocol.oidc.conftest import agreed
from tests.spec import spec

CORE = "OpenID Connect Core"


@pytest.fixture
def clinic(app: Flask) -> Partner:
    """Give an OpenID client that asks for nothing but who somebody is."""
    partner = register(
        app, profile="oidc", client_name="Clinic", redirect_uris=["https://clinic.example/callback"],
        scope="openid profile email",
    )  # fmt: skip
    partner.scope = "openid"
    return partner


@pytest.fixture
def eve(app: Flask, mailbox: Mailbox) -> Person:
    """Give somebody with a telephone and a nickname."""
    return enrol(app, mailbox, "eve.complete", phone="+33639980001", nickname="Evie")


def tokens_of(person: Person, partner: Partner, claims: object, consents: list[str]) -> dict[str, Any]:
    """Go from a request with claims to the tokens."""
    page = agreed(person, person.arrives_at_consent(partner, claims=json.dumps(claims)), consents)
    tokens: dict[str, Any] = partner.redeem(params_of(page)["code"]).json
    return tokens


@spec(CORE, "5.5", "claims are told one by one, at the place they were asked for; the parameter is advertised")
def test_client_names_the_claims_it_wants(eve: Person, clinic: Partner) -> None:
    assert clinic.http.get("/.well-known/openid-configuration").json["claims_parameter_supported"] is True
    asked = {"userinfo": {"name": {"essential": True}, "x-unknown": None}, "id_token": {"email": None, "nickname": {}}}
    tokens = tokens_of(eve, clinic, asked, consents=["profile", "email"])
    assert tokens["scope"] == "openid"
    found = clinic.call("GET", "/userinfo", tokens["access_token"]).json
    assert found == {"sub": tokens["subject"], "name": "Eve Martin"}
    signed = claims_of(tokens["id_token"])
    assert signed["email"] == "eve.complete@example.org"
    assert signed["nickname"] == "Evie"
    assert "name" not in signed
    again = claims_of(clinic.refresh(tokens["refresh_token"]).json["id_token"])
    assert again["email"] == signed["email"]
    assert again["auth_time"] == signed["auth_time"]


@spec(CORE, "5.5", "naming a claim asks the patient for the consent of its scope")
def test_patient_agrees_to_named_claims_too(eve: Person, clinic: Partner) -> None:
    clinic.scope = "openid profile"
    page = eve.arrives_at_consent(clinic, claims=json.dumps({"userinfo": {"email": None}}))
    assert 'value="email"' in page.text
    tokens = clinic.redeem(params_of(eve.decides(page, consents=["profile"]))["code"]).json
    found = clinic.call("GET", "/userinfo", tokens["access_token"]).json
    assert found["name"] == "Eve Martin"
    assert "email" not in found


def test_client_gets_no_claim_whose_scope_it_may_not_ask_for(eve: Person, clinic: Partner) -> None:
    asked = {"userinfo": {"phone_number": {"essential": True}, "name": None}, "id_token": {"phone_number": None}}
    tokens = tokens_of(eve, clinic, asked, consents=["profile"])
    assert set(clinic.call("GET", "/userinfo", tokens["access_token"]).json) == {"sub", "name"}
    assert "phone_number" not in claims_of(tokens["id_token"])


def test_claims_about_a_child_are_the_child_s(paul: Person, glucoapp: Partner) -> None:
    asked = json.dumps({"userinfo": {"given_name": None, "email": None}, "id_token": {"given_name": None}})
    page = paul.arrives_at_consent(glucoapp, claims=asked, scope="openid measures.glucose.write")
    page = paul.decides(page, consents=["profile", "email"], profile=paul.profile_id("Zoé"))
    tokens = glucoapp.redeem(params_of(page)["code"]).json
    found = glucoapp.call("GET", "/userinfo", tokens["access_token"]).json
    signed = claims_of(tokens["id_token"])
    assert found == {"sub": tokens["subject"], "given_name": "Zoé", "act": signed["act"]}
    assert signed["given_name"] == "Zoé"


@spec(CORE, "5.5", "a malformed claims parameter is refused")
@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[]", "7", '{"userinfo": []}', '{"id_token": {"name": 7}}', "[" * 3000,
        '{"userinfo": {"name": {"essential": "yes"}}}', '{"id_token": {"acr": {"values": "aal2"}}}', "x" * 5000,
        '{"userinfo": null}',
    ],
)  # fmt: skip
def test_malformed_claims_are_refused(alice: Person, clinic: Partner, text: str) -> None:
    assert params_of(alice.get(clinic.address(claims=text)))["error"] == "invalid_request"


@spec(CORE, "5.5.1.1", "a level that is essential and cannot be reached fails the request; one that is wished does not")
def test_essential_level_is_reached_or_refused(alice: Person, clinic: Partner) -> None:
    def wish(essential: bool, *values: str) -> str:
        return json.dumps({"id_token": {"acr": {"essential": essential, "values": list(values)}}})

    refused = params_of(alice.get(clinic.address(claims=wish(True, "7"))))
    assert refused["error"] == "unmet_authentication_requirements"
    alice.signs_in()
    one = json.dumps({"id_token": {"acr": {"essential": True, "value": "aal2"}}})
    assert "code" in params_of(agreed(alice, alice.get(clinic.address(claims=one))))
    for claims in (wish(True, "phr", "aal2"), wish(False, "phr")):
        code = params_of(alice.get(clinic.address(claims=claims, prompt="none")))["code"]
        assert claims_of(clinic.redeem(code).json["id_token"])["acr"] == "aal2"


@spec(CORE, "5.5.1", "a subject that is demanded is answered about or refused, never somebody else")
def test_demanded_subject_is_the_only_one_answered_about(
    alice: Person, paul: Person, clinic: Partner, glucoapp: Partner
) -> None:
    alice.signs_in()
    subject = clinic.redeem(params_of(agreed(alice, alice.get(clinic.address())))["code"]).json["subject"]

    def demand(value: object) -> str:
        return json.dumps({"id_token": {"sub": {"value": value}}})

    assert "code" in params_of(alice.get(clinic.address(claims=demand(subject), prompt="none")))
    other = alice.get(clinic.address(claims=demand("somebody"), prompt="none"))
    assert params_of(other)["error"] == "login_required"
    mine = paul.pairs(glucoapp, consents=["measures.glucose.write"])["subject"]
    page = paul.arrives_at_consent(glucoapp, claims=demand(mine))
    page = paul.decides(page, consents=["measures.glucose.write"], profile=paul.profile_id("Zoé"))
    assert params_of(page)["error"] == "login_required"
