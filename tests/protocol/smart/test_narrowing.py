"""Scopes with a query: shown to the patient in words, kept with the consent, and obeyed at every read and write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from tests.actors import Partner, Person, params_of
from tests.cast import register
from tests.protocol.smart.conftest import FHIR, LAB, OWN, VITAL, Launched, launch, smart_app
from tests.spec import spec
from tests.standing import unit_in
from tests.unit.records import samples

SMART = "SMART App Launch"
CONTEXT = "openid launch/patient offline_access "
VITAL_ONLY = f"patient/Observation.rs?category={VITAL}"
READ = ["measures.read"]


@pytest.fixture
def narrow(alice: Person, smartapp: Partner, measured: dict[str, str]) -> Launched:
    """Give a launch that reads vital signs alone."""
    return Launched(smartapp, launch(smartapp, alice, CONTEXT + VITAL_ONLY, consents=READ))


@spec(SMART, "scopes", "a query limits reads and searches")
def test_app_reads_within_its_query_only(narrow: Launched, measured: dict[str, str]) -> None:
    assert narrow.tokens["scope"] == CONTEXT + VITAL_ONLY
    assert narrow.ids("Observation", patient=narrow.patient) == [measured["weight"]]
    assert narrow.ids("Observation", code="99504-3") == []
    assert narrow.ids("Observation", category="laboratory") == []
    assert narrow.ids("Observation", _id=f"{measured['weight']},{measured['glucose']}") == [measured["weight"]]
    assert narrow.get(f"Observation/{measured['weight']}").status_code == 200
    assert narrow.get(f"Observation/{measured['glucose']}").status_code == 404


@spec(SMART, "scopes", "a query is obeyed by every other door too")
def test_no_other_door_is_wider(narrow: Launched, measured: dict[str, str]) -> None:
    token, subject = narrow.tokens["access_token"], narrow.tokens["subject"]

    def searched(code: str) -> Any:
        query = {"code": code, "subject.identifier": f"{samples.AUTHORITY}|{subject}"}
        return narrow.partner.call("GET", "/measures/fhir/Observation", token, query_string=query)

    assert searched("29463-7").json["total"] == 1
    assert searched("MED-969").json["total"] == 0
    for path in (f"DocumentReference/{measured['document']}", f"Binary/{measured['document']}"):
        assert narrow.get(path).status_code == 404
    for path in ("DocumentReference", "Patient", f"Patient/{narrow.patient}"):
        assert narrow.get(path).status_code == 403


@spec(SMART, "scopes", "r and s are two permissions")
@pytest.mark.parametrize(("letter", "read", "searched"), [("r", 200, 403), ("s", 404, 200)])
def test_reading_and_searching_are_two_things(
    alice: Person, smartapp: Partner, measured: dict[str, str], letter: str, read: int, searched: int
) -> None:
    app = Launched(smartapp, launch(smartapp, alice, f"launch/patient patient/Observation.{letter}", consents=READ))
    assert app.get(f"Observation/{measured['weight']}").status_code == read
    assert app.get("Observation").status_code == searched


@spec(SMART, "scopes", "several scopes open what any of them opens")
def test_two_queries_open_both(alice: Person, smartapp: Partner, measured: dict[str, str]) -> None:
    scope = f"launch/patient {VITAL_ONLY} patient/Observation.rs?category={LAB}&code=http://loinc.org|29463-7"
    app = Launched(smartapp, launch(smartapp, alice, scope, consents=READ))
    assert app.ids("Observation") == [measured["weight"]]
    both = f"launch/patient {VITAL_ONLY} patient/Observation.rs?category=laboratory"
    app = Launched(smartapp, launch(smartapp, alice, both, consents=READ))
    assert set(app.ids("Observation")) == {measured["weight"], measured["glucose"]}


@spec(SMART, "scopes", "the patient reads the limit in words before agreeing, and afterwards")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", "Seulement ceci\u00a0: de la catégorie «\u00a0constantes vitales\u00a0»."),
        ("en", "Only this: of the kind “vital signs”."),
    ],
)
def test_patient_reads_the_limit(alice: Person, smartapp: Partner, lang: str, words: str) -> None:
    page = alice.arrives_at_consent(smartapp, scope=CONTEXT + VITAL_ONLY, aud=FHIR)
    assert words in alice.get(f"{page.request.path}?lang={lang}").text
    alice.decides(page, consents=READ)
    with unit_in(smartapp.app):
        from authz.pairing import pairings

        pairing_id = pairings.list_of_profile(alice.profile_id())[0].id
    assert words in alice.get(f"/home/services/{pairing_id}?lang={lang}").text


def test_limit_by_code_is_said_by_the_measure_s_name(alice: Person, smartapp: Partner) -> None:
    scope = "launch/patient patient/Observation.rs?code=http://loinc.org|29463-7,x-1&category=other"
    page = alice.arrives_at_consent(smartapp, scope=scope, aud=FHIR)
    page = alice.get(f"{page.request.path}?lang=en")
    assert "Only this: the measure “Weight, x-1”, of the kind “other”." in page.text


def test_whole_request_shows_no_limit(alice: Person, smartapp: Partner) -> None:
    page = alice.arrives_at_consent(smartapp, scope=f"patient/*.rs {VITAL_ONLY}", aud=FHIR)
    assert "Seulement ceci" not in page.text


@spec(SMART, "scopes", "what the patient switches off is closed at once, and on again within the same limit")
def test_patient_closes_and_opens_again(narrow: Launched, alice: Person, app: Flask) -> None:
    from authz.pairing import consents, pairings

    with unit_in(app):
        pairing = pairings.find_live(alice.profile_id(), narrow.partner.client_id)
        assert pairing is not None
        consents.decide(pairing, {"profile": True}, by=alice.account_id, lang="fr")
        link = pairing.id
    alice.submit(alice.get(f"/home/services/{link}"), f"pairing-{link}", scope=["profile"])
    assert narrow.get("Observation").status_code == 403
    refreshed = narrow.partner.refresh(narrow.tokens["refresh_token"]).json
    assert "Observation" not in refreshed["scope"]
    alice.submit(alice.get(f"/home/services/{link}"), f"pairing-{link}", scope=["profile", "measures.read"])
    again = Launched(narrow.partner, narrow.partner.refresh(refreshed["refresh_token"]).json)
    assert VITAL_ONLY in again.tokens["scope"]
    with unit_in(app):
        found = pairings.find_live(alice.profile_id(), narrow.partner.client_id)
        assert found is not None
        assert found.limits == f"measures.read?category={VITAL}"


@spec(SMART, "scopes", "a later, narrower consent holds earlier tokens too")
def test_narrower_consent_narrows_older_tokens(alice: Person, smartapp: Partner, measured: dict[str, str]) -> None:
    wide = Launched(smartapp, launch(smartapp, alice, CONTEXT + "patient/Observation.rs", consents=READ))
    assert len(wide.ids("Observation")) == 2
    launch(smartapp, alice, CONTEXT + VITAL_ONLY, consents=READ)
    assert wide.ids("Observation") == [measured["weight"]]
    again = smartapp.refresh(wide.tokens["refresh_token"]).json
    assert again["scope"] == CONTEXT + VITAL_ONLY


@spec(SMART, "scopes", "nobody gets more than was agreed to by asking silently")
def test_silent_request_cannot_widen_what_was_agreed_to(app: Flask, alice: Person) -> None:
    partner = register(app, profile="oidc", scope=OWN, redirect_uris=["https://clinic.example/callback"])

    def silent(scope: str) -> dict[str, str]:
        return params_of(alice.get(partner.address(scope=scope, prompt="none")))

    alice.decides(alice.arrives_at_consent(partner, scope=f"openid {VITAL_ONLY}"), consents=READ)
    assert silent("openid patient/Observation.rs")["error"] == "consent_required"
    assert silent(f"openid patient/Observation.rs?category={LAB}")["error"] == "consent_required"
    assert "code" in silent(f"openid {VITAL_ONLY}&code=x")
    assert "code" in silent(f"openid {VITAL_ONLY}")


@spec(SMART, "scopes", "a query limits what is added")
@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("patient/Observation.c", 200),
        (f"patient/Observation.c?category={VITAL}", 200),
        (f"patient/Observation.c?category={LAB}", 403),
        ("patient/Observation.c?code=http://loinc.org|29463-7", 200),
        ("patient/Observation.c?code=http://loinc.org|41950-7", 403),
        ("patient/Observation.write", 200),
        ("patient/Observation.rs", 403),
    ],
)
def test_app_adds_within_its_query_only(alice: Person, smartapp: Partner, scope: str, status: int) -> None:
    writes = [f"measures.{name}.write" for name in ("weight", "steps", "glucose", "blood_pressure")]
    tokens = launch(smartapp, alice, "launch/patient " + scope, consents=[*writes, *READ])
    body = json.dumps(samples.bundle(samples.simple("weight", 64.2, tokens["subject"])))
    headers = {"Content-Type": "application/fhir+json"}
    answer = smartapp.call("POST", "/measures/fhir", tokens["access_token"], data=body, headers=headers)
    assert answer.status_code == status, answer.text


@spec(SMART, "scopes", "documents are read and added within their category")
def test_documents_follow_their_scopes(alice: Person, smartapp: Partner, measured: dict[str, str]) -> None:
    scope = "launch/patient patient/DocumentReference.rs?category=SYNTHESE"
    app = Launched(smartapp, launch(smartapp, alice, scope, consents=["documents.read"]))
    assert app.ids("DocumentReference") == [measured["document"]]
    assert app.get(f"Binary/{measured['document']}").status_code == 200
    answer = smartapp.call(
        "POST", "/fhir/DocumentReference", app.tokens["access_token"], json=samples.document(app.tokens["subject"])
    )
    assert answer.status_code == 403
    other = "launch/patient patient/DocumentReference.rs?category=BIOLOGIE"
    app = Launched(smartapp, launch(smartapp, alice, other, consents=["documents.read"]))
    assert app.ids("DocumentReference") == []
    assert app.get(f"Binary/{measured['document']}").status_code == 404


def test_consent_keeps_the_limit_and_the_operator_sees_it(narrow: Launched, alice: Person, app: Flask) -> None:
    from authz.pairing import consents, pairings

    with unit_in(app):
        pairing = pairings.find_live(alice.profile_id(), narrow.partner.client_id)
        assert pairing is not None
        (kept,) = consents.history(pairing)
        assert (kept.scope, kept.is_granted, kept.limits) == ("measures.read", True, f"category={VITAL}")


def test_refused_question_opens_later_within_its_limit_only(
    alice: Person, app: Flask, measured: dict[str, str]
) -> None:
    from authz.pairing import consents, pairings

    partner = smart_app(app)
    tokens = launch(partner, alice, f"{CONTEXT}patient/Patient.r {VITAL_ONLY}", consents=["profile"])
    assert "Observation" not in tokens["scope"]
    with unit_in(app):
        pairing = pairings.find_live(alice.profile_id(), partner.client_id)
        assert pairing is not None
        assert not pairing.limits
        consents.amend(pairing, {"measures.read": True}, by=alice.account_id, lang="fr")
        assert pairing.limits == f"measures.read?category={VITAL}"
    assert Launched(partner, tokens).ids("Observation") == [measured["weight"]]
