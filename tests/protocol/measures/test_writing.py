"""Writing through the French measures interface, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from authz import keys
from connectors.records import codes
from tests.actors import Partner, Person
from tests.protocol.measures.conftest import Link, said
from tests.spec import spec
from tests.unit.records import samples

MES = "French measures interface V1.5.2"
UUID = re.compile(r"Observation/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@spec(MES, "2.6", "success is 200 with a transaction-response, one 201 for each entry")
def test_app_pushes_a_measure_with_its_device_and_both_are_created(link: Link) -> None:
    answer = link.push(samples.bundle(samples.observation(link.subject), with_device=True))
    assert answer.status_code == 200
    assert answer.mimetype == "application/fhir+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["type"] == "transaction-response"
    statuses = [entry["response"]["status"] for entry in answer.json["entry"]]
    assert statuses == ["201 Created", "201 Created"]
    assert UUID.fullmatch(answer.json["entry"][0]["response"]["location"])


@spec(MES, "2.2", "an existing device is 200 and not created again; the order of entries is kept")
def test_app_pushes_a_second_measure_of_a_known_device(link: Link) -> None:
    link.push(samples.bundle(samples.observation(link.subject), with_device=True))
    second = samples.bundle(samples.simple("gmi", 5.6, link.subject, extension=[samples.days()]), with_device=True)
    second["entry"].reverse()
    entries = link.push(second).json["entry"]
    assert [entry["response"]["status"] for entry in entries] == ["200 OK", "201 Created"]
    assert entries[0]["response"]["location"].startswith("Device/")


def test_app_repeats_a_push_and_gets_the_first_answer(link: Link) -> None:
    content = samples.bundle(samples.observation(link.subject), with_device=True)
    first = link.push(content, Idempotency_Key="key-1")
    assert link.push(content, Idempotency_Key="key-1").json == first.json
    assert link.push(content, Idempotency_Key="key-2").json == first.json
    assert link.push(content).json == first.json
    assert link.search().json["total"] == 1


def test_app_reuses_a_key_for_another_measure_and_nothing_is_kept(link: Link) -> None:
    link.push(samples.bundle(samples.observation(link.subject)), Idempotency_Key="key-1")
    other = samples.bundle(samples.simple("weight", 64.2, link.subject))
    answer = link.push(other, Idempotency_Key="key-1")
    assert answer.status_code == 422
    assert said(answer) == "This Idempotency-Key was already used with another request; nothing was changed."
    assert link.search(code=codes.WEIGHT).json["total"] == 0


@pytest.mark.parametrize("key", ["", "é", "a b", "k" * 256])
def test_app_sends_a_key_that_cannot_be_one(link: Link, key: str) -> None:
    answer = link.push(samples.bundle(samples.observation(link.subject)), Idempotency_Key=key)
    assert answer.status_code == 400
    assert said(answer) == "Idempotency-Key must have 1 to 255 visible ASCII characters."


def test_app_uses_its_identifier_for_another_value_and_is_told(link: Link) -> None:
    identifier = [{"system": "urn:x", "value": "7"}]
    assert link.measure(identifier=identifier).status_code == 200
    quantity = {"value": 120, "code": "mg/dL"}
    answer = link.measure(identifier=identifier, valueQuantity=quantity)
    assert answer.status_code == 409
    assert said(answer).startswith("This identifier already names another content")
    assert link.search().json["entry"][0]["resource"]["valueQuantity"]["value"] == 97


@spec(MES, "2.6", "No bundle provided.")
@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_app_sends_no_bundle(link: Link, body: bytes) -> None:
    answer = link.push(body)
    assert (answer.status_code, said(answer)) == (400, "No bundle provided.")


@spec(MES, "2.6", "401 for an invalid access token")
def test_stranger_without_a_good_token_is_refused(link: Link) -> None:
    refused = link.partner.http.post("/measures/fhir", data=b"{}")
    where = "http://localhost/.well-known/oauth-protected-resource/measures/fhir"
    challenge = f'Bearer realm="appairage", resource_metadata="{where}"'
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, challenge)
    answer: Any = link.partner.call("POST", "/measures/fhir", "apa_wrong", data=b"{}")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json["issue"][0]["code"] == "login"


@spec(MES, "2.6", "403 when the patient named is not the token's")
def test_app_names_another_patient(link: Link) -> None:
    answer = link.push(samples.bundle(samples.observation("somebody-else")))
    assert (answer.status_code, said(answer)) == (403, "idPe requested do not match authorized idPe.")


def test_app_names_the_patient_under_another_authority(link: Link) -> None:
    answer = link.measure(subject={"identifier": {"system": "urn:oid:1.2.3", "value": link.subject}})
    assert answer.status_code == 422
    assert said(answer) == "subject.identifier must have the system urn:oid:1.2.250.1.999.1.1."


@spec(MES, "2.6", "403 when the patient does not consent to this write")
@pytest.mark.parametrize("key", ["steps", "temperature"])
def test_app_pushes_what_was_not_agreed_to(link: Link, key: str, app: Flask) -> None:
    from authz import audit
    from tests.standing import unit_in

    answer = link.push(samples.bundle(samples.simple(key, 37, link.subject)))
    assert (answer.status_code, said(answer)) == (403, "Consent not given, access refused.")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    with unit_in(app):
        assert audit.list_of_profile(link.patient.profile_id())[0].tag == "record:measure:refuse"


@spec(MES, "1.5", "consent counts at the moment of the push, not of the token")
def test_patient_withdraws_a_consent_and_the_next_push_is_refused(link: Link, app: Flask) -> None:
    assert link.measure().status_code == 200
    link.amend(app, **{"measures.glucose.write": False})
    assert link.measure(effectiveDateTime="2026-03-01").status_code == 403


@spec(MES, "2.6", "the ID_TOKEN header is checked")
def test_app_sends_its_id_token_along(alice: Person, glucoapp: Partner, otherapp: Partner) -> None:
    link = Link(glucoapp, alice, alice.pairs(glucoapp, consents=["measures.glucose.write"]))
    content = samples.bundle(samples.observation(link.subject))
    assert link.push(content, ID_TOKEN=link.tokens["id_token"]).status_code == 200
    for wrong in ("nonsense", "a.b.c", link.tokens["id_token"][:-4] + "AAAA", "é.é.é"):
        answer = link.push(content, ID_TOKEN=wrong)
        assert (answer.status_code, said(answer)) == (400, "The ID_TOKEN value is not valid (invalid JWT)")
    others = alice.pairs(otherapp, consents=["measures.glucose.write"])
    answer = link.push(content, ID_TOKEN=others["id_token"])
    text = "OID conflict between the one from id_token and the one in the system"
    assert (answer.status_code, said(answer)) == (409, text)
    answer = link.push(samples.bundle(samples.observation("somebody-else")), ID_TOKEN=link.tokens["id_token"])
    assert (answer.status_code, said(answer)) == (403, "idPe requested do not match authorized idPe.")


@spec(MES, "2.6", "an ID token without an OID is known by its audience, and must name the patient")
def test_app_sends_an_id_token_of_a_client_without_oid(link: Link, app: Flask) -> None:
    def signed(**claims: object) -> str:
        with app.app_context():
            return keys.sign({"sub": link.subject, "aud": link.partner.client_id} | claims, alg="ES256")

    content = samples.bundle(samples.observation(link.subject))
    assert link.push(content, ID_TOKEN=signed()).status_code == 200
    assert link.push(content, ID_TOKEN=signed(aud=[link.partner.client_id, "x"])).status_code == 200
    assert link.push(content, ID_TOKEN=signed(aud="x")).status_code == 409
    assert link.push(content, ID_TOKEN=signed(sub="x")).status_code == 403
    assert link.push(content, ID_TOKEN=signed(sub=7)).status_code == 400


@spec(MES, "2.6", "422 is an OperationOutcome with the family's text")
def test_app_sends_an_invalid_observation_and_learns_all_reasons(link: Link) -> None:
    answer = link.measure(extension=None, valueQuantity={"value": 5.4, "code": "mg/dL"})
    assert answer.status_code == 422
    assert [issue["details"]["text"] for issue in answer.json["issue"]] == ["Observation resource not valid."] * 2
    assert "extension.numberOfDays is mandatory" in said(answer)


def test_app_sends_too_large_a_body(link: Link) -> None:
    for chunked in (False, True):
        body = b"{" + b" " * 70_000 + b"}"
        length = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        answer: Any = link.partner.call(
            "POST", "/measures/fhir", link.token, data=body, content_type="application/json",
            environ_overrides=length if chunked else {},
        )  # fmt: skip
        assert answer.status_code == 413
        assert answer.json["issue"][0]["code"] == "too-long"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content_Type": "text/xml"}, 415), ({"Content_Encoding": "gzip"}, 415),
     ({"Accept": "application/fhir+xml"}, 406),
     ({"Content_Type": "application/json", "Accept": "application/json"}, 200)],
)  # fmt: skip
def test_app_negotiates_media_types(link: Link, headers: dict[str, str], status: int) -> None:
    answer = link.push(samples.bundle(samples.observation(link.subject)), **headers)
    assert answer.status_code == status
    assert answer.mimetype == ("application/json" if status == 200 else "application/fhir+json")


def test_app_uses_a_method_or_address_that_does_not_exist(link: Link) -> None:
    refused: Any = link.partner.call("PUT", "/measures/fhir/Observation", link.token)
    assert (refused.status_code, refused.json["resourceType"]) == (405, "OperationOutcome")
    assert "GET" in refused.headers["Allow"]
    assert link.get("/measures/fhir/Patient").status_code == 404


def test_push_takes_few_statements(link: Link, sql_counter: Any) -> None:
    with sql_counter() as seen:
        link.measure()
    assert len(seen) == 4
    content = samples.bundle(samples.observation(link.subject, effectiveDateTime="2026-03-01"), with_device=True)
    with sql_counter() as seen:
        link.push(content, Idempotency_Key="key-1")
    assert len(seen) == 6


def test_patient_sees_every_push_and_when_data_last_came(link: Link, app: Flask) -> None:
    from authz import audit
    from authz.pairing import pairings
    from tests.standing import unit_in

    link.measure()
    link.measure()
    with unit_in(app):
        profile_id = link.patient.profile_id()
        lines = audit.list_of_profile(profile_id, tags=["record:"])
        assert [line.tag for line in lines] == ["record:measure:repeat", "record:measure:add"]
        assert {line.client_id for line in lines} == {link.partner.client_id}
        pairing = pairings.find_live(profile_id, link.partner.client_id)
        assert pairing is not None
        assert pairing.last_received_at is not None
