"""Standalone launches: what the request must say, what the token response adds, and how long refreshing goes on."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.actors import ISSUER, Partner, Person, claims_of, params_of
from tests.clock import Clock
from tests.protocol.smart.conftest import FHIR, VITAL, launch, smart_app
from tests.spec import spec
from tests.standing import unit_in

SMART = "SMART App Launch"
SCOPE = "openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs"
BOTH = ["profile", "measures.read"]


def refusal(person: Person, partner: Partner, **changes: str | None) -> dict[str, str]:
    """Return what the app is told at its redirect address."""
    return params_of(person.get(partner.address(**({"scope": SCOPE} | changes))))


@spec(SMART, "app launch", "aud must be the FHIR base")
@pytest.mark.parametrize(
    "aud", [None, "", ISSUER, f"{ISSUER}/measures/fhir", "https://other.example/fhir", FHIR + "//"]
)
def test_launch_for_another_server_is_refused(alice: Person, smartapp: Partner, aud: str | None) -> None:
    told = refusal(alice, smartapp, aud=aud)
    assert told["error"] == "invalid_request"
    assert "aud" in told["error_description"]


@pytest.mark.parametrize("aud", [FHIR, FHIR + "/"])
def test_base_may_end_with_a_slash(alice: Person, smartapp: Partner, aud: str) -> None:
    assert alice.arrives_at_consent(smartapp, scope=SCOPE, aud=aud).request.path.endswith("/consent")


@spec(SMART, "app launch", "aud is checked in pushed requests too")
def test_pushed_request_for_another_server_is_refused(smartapp: Partner) -> None:
    answer = smartapp.post(
        "/par", response_type="code", redirect_uri=smartapp.redirect_uri, scope=SCOPE, aud="https://other.example",
        code_challenge="c" * 43, code_challenge_method="S256",
    )  # fmt: skip
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@spec(SMART, "app launch", "a launch from a health record is refused")
def test_launch_from_a_record_is_refused(alice: Person, smartapp: Partner) -> None:
    told = refusal(alice, smartapp, aud=FHIR, launch="xyz123")
    assert (told["error"], "launch/patient" in told["error_description"]) == ("invalid_request", True)


@spec(SMART, "scopes", "what is not supported is left out, and nothing left is invalid_scope")
def test_unknown_scopes_are_left_out(alice: Person, smartapp: Partner) -> None:
    assert refusal(alice, smartapp, aud=FHIR, scope="patient/Condition.rs user/*.rs launch")["error"] == "invalid_scope"
    scope = (
        "openid launch launch/encounter user/*.rs patient/Condition.rs patient/Observation.rs patient/Observation.r?x=y"
    )
    tokens = launch(smartapp, alice, scope, consents=BOTH)
    assert tokens["scope"] == "openid patient/Observation.rs"


@spec(SMART, "launch context", "the patient and the banner come with the tokens, and again with each refresh")
def test_patient_comes_with_the_tokens(alice: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, alice, SCOPE, consents=BOTH)
    assert tokens["scope"] == SCOPE
    assert (tokens["patient"], tokens["need_patient_banner"]) == (tokens["subject"], True)
    again = smartapp.refresh(tokens["refresh_token"]).json
    assert (again["patient"], again["scope"], again["need_patient_banner"]) == (tokens["patient"], SCOPE, True)


def test_app_that_speaks_no_smart_is_told_no_patient(alice: Person, glucoapp: Partner) -> None:
    assert {"patient", "need_patient_banner"}.isdisjoint(alice.pairs(glucoapp))


@spec(SMART, "scopes", "fhirUser names the person who signed in, and can be read")
def test_user_is_the_patient(alice: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, alice, SCOPE, consents=BOTH)
    for response in (tokens, smartapp.refresh(tokens["refresh_token"]).json):
        assert claims_of(response["id_token"])["fhirUser"] == f"{FHIR}/Patient/{tokens['patient']}"
    found = smartapp.call("GET", f"/fhir/Patient/{tokens['patient']}", tokens["access_token"]).json
    assert found["name"] == [{"use": "official", "text": "Alice Martin", "family": "Martin", "given": ["Alice"]}]


@spec(SMART, "launch context", "the choice of the profile is the choice of the patient")
def test_user_who_acts_for_a_child_is_a_related_person(paul: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, paul, SCOPE, consents=BOTH, profile=paul.profile_id("Zoé"))
    user = claims_of(tokens["id_token"])["fhirUser"]
    assert user.startswith(f"{FHIR}/RelatedPerson/")
    assert tokens["patient"] not in user
    read: Any = smartapp.call("GET", user.removeprefix(ISSUER), tokens["access_token"]).json
    assert read["patient"] == {"reference": f"Patient/{tokens['patient']}"}
    assert "Paul" not in str(read)
    patient = smartapp.call("GET", f"/fhir/Patient/{tokens['patient']}", tokens["access_token"]).json
    assert (patient["name"][0]["given"], patient["birthDate"]) == (["Zoé"], "2017-09-02")


def test_user_is_told_only_with_openid_and_fhir_user(alice: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, alice, "openid launch/patient patient/Observation.rs", consents=BOTH)
    assert "fhirUser" not in claims_of(tokens["id_token"])
    assert smartapp.call("GET", f"/fhir/Patient/{tokens['patient']}", tokens["access_token"]).status_code == 403


@spec(SMART, "scopes", "a refresh token is given to who asks for offline_access or online_access")
def test_refresh_token_has_to_be_asked_for(alice: Person, smartapp: Partner) -> None:
    assert "refresh_token" not in launch(smartapp, alice, "launch/patient patient/Observation.rs", consents=BOTH)


@spec(SMART, "scopes", "online_access lasts as long as the person is signed in")
@pytest.mark.parametrize(("also", "status"), [("", 400), (" offline_access", 200)])
def test_online_access_ends_with_the_browser(alice: Person, smartapp: Partner, also: str, status: int) -> None:
    tokens = launch(smartapp, alice, "launch/patient patient/Observation.rs online_access" + also, consents=BOTH)
    tokens = smartapp.refresh(tokens["refresh_token"]).json
    alice.submit(alice.get("/home/measures"), "logout")
    answer = smartapp.refresh(tokens["refresh_token"])
    assert answer.status_code == status
    assert status == 200 or answer.json["error"] == "invalid_grant"


def test_online_access_ends_when_the_browser_is_left_alone(alice: Person, smartapp: Partner, clock: Clock) -> None:
    tokens = launch(smartapp, alice, "launch/patient patient/Observation.rs online_access", consents=BOTH)
    clock.advance(minutes=31)
    assert smartapp.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@spec(SMART, "token introspection", "scope, client_id, exp, the context and fhirUser are told")
def test_introspection_says_what_the_token_response_said(alice: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, alice, SCOPE, consents=["measures.read"])
    found = smartapp.post("/introspect", token=tokens["access_token"]).json
    claims = claims_of(tokens["id_token"])
    assert {name: found[name] for name in ("active", "client_id", "scope", "patient", "sub", "iss", "fhirUser")} == {
        "active": True, "client_id": smartapp.client_id, "scope": tokens["scope"], "patient": tokens["patient"],
        "sub": claims["sub"], "iss": claims["iss"], "fhirUser": claims["fhirUser"],
    }  # fmt: skip
    assert isinstance(found["exp"], int)


@spec(SMART, "app launch", "a refresh may narrow the scopes and never widen them")
def test_refresh_narrows_and_never_widens(alice: Person, smartapp: Partner) -> None:
    tokens = launch(smartapp, alice, "offline_access patient/*.read", consents=BOTH)
    narrow = smartapp.refresh(tokens["refresh_token"], scope=f"patient/Observation.rs?category={VITAL}").json
    assert narrow["scope"] == f"patient/Observation.rs?category={VITAL}"
    for wide in ("patient/Observation.crs", "patient/DocumentReference.c", "measures.read"):
        assert smartapp.refresh(narrow["refresh_token"], scope=wide).json["error"] == "invalid_scope"


@spec(SMART, "client types", "public clients launch too")
def test_public_app_launches(app: Flask, alice: Person) -> None:
    partner = smart_app(app, token_endpoint_auth_method="none")
    tokens = launch(partner, alice, SCOPE, consents=BOTH)
    assert partner.refresh(tokens["refresh_token"]).json["patient"] == tokens["patient"]


@spec(SMART, "app launch", "POST to the authorization endpoint is taken")
def test_launch_by_post(alice: Person, smartapp: Partner) -> None:
    address, _, query = smartapp.address(scope=SCOPE, aud=FHIR).partition("?")
    answer = alice.browser.post(address, data=query, content_type="application/x-www-form-urlencoded")
    assert alice.get(answer.headers["Location"]).request.path.endswith("/arrival")


def test_link_is_kept_when_the_app_asked_for_data_only(alice: Person, smartapp: Partner) -> None:
    """A launch that reads data is a link of the patient's, whatever becomes of the browser."""
    tokens = launch(smartapp, alice, "launch/patient patient/Patient.r", consents=["profile"])
    alice.submit(alice.get("/home/measures"), "logout")
    assert smartapp.call("GET", f"/fhir/Patient/{tokens['patient']}", tokens["access_token"]).status_code == 200
    with unit_in(smartapp.app):
        from authz.pairing import pairings

        assert pairings.list_of_profile(alice.profile_id())[0].state == "active"
