"""A link that is not in force opens nothing: every door is tried in every state, and no way around gives it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from authz import clock as server_clock
from authz.catalogue import entries
from authz.clients import registry
from authz.interaction import flow
from authz.interaction.models import Interaction
from authz.pairing import pairings
from authz.pairing.models import Pairing
from tests.actors import Partner, Person, params_of
from tests.cast import GLUCO_ENTRY
from tests.minting import mint_code, mint_tokens
from tests.standing import unit_in
from tests.unit.records import samples

ALL = "openid fhirUser profile measures.glucose.write documents.summary.write measures.read"
ID = "0" * 32
State = Callable[[Partner, Person], None]


def link_of(person: Person) -> Pairing:
    """Return the person's newest link, in the unit at work."""
    return pairings.list_of_profile(person.profile_id())[0]


def paused(partner: Partner, person: Person) -> None:
    with unit_in(partner.app):
        pairings.pause(link_of(person), server_clock.now() + timedelta(days=7), by=person.account_id)


def suspended(partner: Partner, person: Person) -> None:
    with unit_in(partner.app):
        pairings.suspend(person.profile_id(), link_of(person).id, reason="refresh-replay")


def ended(partner: Partner, person: Person) -> None:
    with unit_in(partner.app):
        pairings.end(link_of(person), by=person.account_id)


def expired(partner: Partner, person: Person) -> None:
    with unit_in(partner.app):
        link_of(person).ends_at = server_clock.now()


def client_suspended(partner: Partner, _person: Person) -> None:
    with unit_in(partner.app):
        registry.set_status(partner.client_id, "suspended")


def service_suspended(partner: Partner, _person: Person) -> None:
    with unit_in(partner.app):
        entries.put(GLUCO_ENTRY | {"status": "suspended"})


STATES = [paused, suspended, ended, expired, client_suspended, service_suspended]


def doors(partner: Partner, tokens: dict[str, Any]) -> dict[str, Any]:
    """Try every door with a request that it would take; returns the answers by name."""
    token, subject = tokens["access_token"], tokens["subject"]
    fhir = {"Content-Type": "application/fhir+json"}
    search = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{subject}"}
    bundle = json.dumps(samples.bundle(samples.observation(subject))).encode()
    document = json.dumps(samples.document(subject)).encode()
    return {
        "userinfo": partner.call("GET", "/userinfo", token),
        "push": partner.call("POST", "/measures/fhir", token, data=bundle, headers=fhir),
        "search": partner.call("GET", "/measures/fhir/Observation", token, query_string=search),
        "deposit": partner.call("POST", "/fhir/DocumentReference", token, data=document, headers=fhir),
        "document": partner.call("GET", f"/fhir/DocumentReference/{ID}", token),
        "binary": partner.call("GET", f"/fhir/Binary/{ID}", token),
        "observation": partner.call("GET", f"/fhir/Observation/{ID}", token),
        "add": partner.call("POST", "/fhir/Observation", token, json=samples.observation(subject)),
        "device": partner.call("GET", f"/fhir/Device/{ID}", token),
        "patient": partner.call("GET", f"/fhir/Patient/{subject}", token),
        "patient search": partner.call("GET", "/fhir/Patient", token),
        "related person": partner.call("GET", f"/fhir/RelatedPerson/{ID}", token),
        "document search": partner.call("GET", "/fhir/DocumentReference", token),
        "fhir search": partner.call("GET", "/fhir/Observation", token, query_string=search),
        "fhir search by form": partner.call("POST", "/fhir/Observation/_search", token, data=search),
        "connector": partner.call("POST", "/connectors/cgm", token, data=b"x", headers={"Content-Type": "text/csv"}),
    }


def bearer_routes(app: Flask) -> int:
    """Count the routes that take a link's token (a registration has one of its own), so that each door is tried."""
    views = app.view_functions
    rules = [rule for rule in app.url_map.iter_rules() if getattr(views[rule.endpoint], "guard", "") == "bearer"]
    return len({rule.rule.rstrip("/") + rule.endpoint for rule in rules if not rule.rule.startswith("/register/")})


def test_every_door_opens_for_a_link_in_force(app: Flask, alice: Person, glucoapp: Partner) -> None:
    answers = doors(glucoapp, mint_tokens(glucoapp, alice, scope=ALL))
    assert {answer.status_code for answer in answers.values()} <= {200, 201, 404, 422}
    assert len(answers) == bearer_routes(app)


@pytest.mark.parametrize("state", STATES)
def test_no_door_opens_for_a_link_that_is_not(alice: Person, glucoapp: Partner, state: State) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    state(glucoapp, alice)
    answers = doors(glucoapp, tokens)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)


@pytest.mark.parametrize("state", [paused, suspended, ended, expired, service_suspended])
def test_introspection_says_inactive_at_once(alice: Person, glucoapp: Partner, state: State) -> None:
    tokens = mint_tokens(glucoapp, alice, scope=ALL)
    state(glucoapp, alice)
    assert glucoapp.post("/introspect", token=tokens["access_token"]).json == {"active": False}


@pytest.mark.parametrize("state", [suspended, ended, expired, client_suspended])
def test_code_and_refresh_token_are_dead_with_the_link(alice: Person, glucoapp: Partner, state: State) -> None:
    tokens = mint_tokens(glucoapp, alice)
    code = mint_code(glucoapp, alice)
    state(glucoapp, alice)
    assert glucoapp.redeem(code).status_code in (400, 401)
    assert glucoapp.refresh(tokens["refresh_token"]).status_code in (400, 401)


@pytest.mark.parametrize(("before", "code"), [(paused, "pairing_paused"), (suspended, "pairing_suspended")])
def test_end_taken_back_does_not_free_a_link_that_was_held(
    alice: Person, glucoapp: Partner, before: State, code: str
) -> None:
    """Two clicks must not turn a pause, or a suspension for theft, into an open link."""
    tokens = mint_tokens(glucoapp, alice)
    before(glucoapp, alice)
    ended(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.undo_end(link_of(alice), by=alice.account_id)
    refused = glucoapp.call("GET", "/userinfo", tokens["access_token"])
    assert (refused.status_code, refused.json["error"]) == (403, code)


def test_end_by_the_operator_is_not_the_patients_to_take_back(alice: Person, glucoapp: Partner) -> None:
    mint_tokens(glucoapp, alice)
    with unit_in(glucoapp.app):
        pairings.end(link_of(alice), by=None, reason="operator")
    with unit_in(glucoapp.app), pytest.raises(pairings.PairingOver):
        pairings.undo_end(link_of(alice), by=alice.account_id)


def test_service_suspended_meanwhile_cannot_be_agreed_to(alice: Person, glucoapp: Partner) -> None:
    page = alice.arrives_at_consent(glucoapp)
    service_suspended(glucoapp, alice)
    assert alice.decides(page).status_code == 404
    with unit_in(glucoapp.app):
        assert pairings.list_of_profile(alice.profile_id()) == []


def test_refusal_that_loses_the_race_does_not_overwrite_the_agreement(alice: Person, glucoapp: Partner) -> None:
    """Two windows decide at once: the one that read the request before the other wrote must not win afterwards."""
    page = alice.arrives_at_consent(glucoapp)
    interaction_id = page.request.path.split("/")[2]
    with unit_in(glucoapp.app) as session:
        late = session.get(Interaction, interaction_id)
        assert late is not None
        session.connection().exec_driver_sql(
            'UPDATE interaction SET decision = \'{"decision": "allow"}\', decided_at = created_at'
        )
        with glucoapp.app.test_request_context():
            flow.cancel(late)
        assert json.loads(late.decision or "")["decision"] == "allow"


def test_stolen_code_without_its_verifier_cannot_be_burnt(alice: Person, glucoapp: Partner) -> None:
    code = params_of(alice.decides(alice.arrives_at_consent(glucoapp)))["code"]
    verifier = glucoapp.verifier
    for wrong in ("w" * 43, None, "", "short"):
        assert glucoapp.redeem(code, code_verifier=wrong).json["error"] == "invalid_grant"
    assert glucoapp.redeem(code, redirect_uri="https://glucoapp.example/other").json["error"] == "invalid_grant"
    assert glucoapp.redeem(code, redirect_uri=None).status_code == 400
    assert glucoapp.redeem(code, code_verifier=verifier).status_code == 200
