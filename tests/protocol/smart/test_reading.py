"""Reading at the FHIR base after a launch: the patient, measures, documents, and errors as OperationOutcome."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.actors import ISSUER, Partner, Person
from tests.protocol.measures.conftest import Link, link_to
from tests.protocol.smart.conftest import FHIR, LAB, VITAL, Launched, launch
from tests.spec import spec

SMART = "SMART App Launch"
FHIR_R4 = "FHIR R4"
SCOPE = "openid fhirUser launch/patient patient/*.rs"
ALL = ["profile", "measures.read", "documents.read"]


@pytest.fixture
def launched(alice: Person, smartapp: Partner, measured: dict[str, str]) -> Launched:
    """Give a launch with everything allowed."""
    return Launched(smartapp, launch(smartapp, alice, SCOPE, consents=ALL))


@spec(SMART, "app launch", "the patient, the observations and the documents of the launch are read")
def test_app_reads_what_it_was_launched_for(launched: Launched, measured: dict[str, str]) -> None:
    patient = launched.get(f"Patient/{launched.patient}")
    assert (patient.status_code, patient.mimetype) == (200, "application/fhir+json")
    assert patient.json["id"] == launched.patient
    assert launched.ids("Patient") == launched.ids("Patient", _id=launched.patient) == [launched.patient]
    assert set(launched.ids("Observation", patient=launched.patient)) == {measured["weight"], measured["glucose"]}
    assert launched.ids("DocumentReference", patient=f"Patient/{launched.patient}") == [measured["document"]]
    assert launched.get(f"Binary/{measured['document']}").status_code == 200


@spec(FHIR_R4, "3.1.0", "each entry of a searchset has the address at which it is read, and its patient")
def test_addresses_in_a_bundle_lead_to_what_they_name(launched: Launched) -> None:
    bundle: Any = launched.get("Observation", patient=launched.patient, _include="Observation:device").json
    assert {entry["search"]["mode"] for entry in bundle["entry"]} == {"match", "include"}
    for entry in bundle["entry"]:
        read = launched.get(entry["fullUrl"].removeprefix(FHIR + "/")).json
        assert read == entry["resource"]
        if read["resourceType"] == "Observation":
            assert read["subject"]["reference"] == f"Patient/{launched.patient}"
    (device,) = [one["resource"] for one in bundle["entry"] if one["search"]["mode"] == "include"]
    assert any(one["resource"].get("device") == {"reference": f"Device/{device['id']}"} for one in bundle["entry"])


@spec(FHIR_R4, "3.1.1", "pages of a search are linked")
def test_app_pages_by_the_links(launched: Launched, measured: dict[str, str]) -> None:
    first: Any = launched.get("Observation", patient=launched.patient, _count="1").json
    links = {one["relation"]: one["url"] for one in first["link"]}
    assert (first["total"], set(links)) == (2, {"self", "next"})
    token = launched.tokens["access_token"]
    second: Any = launched.partner.call("GET", links["next"].removeprefix(ISSUER), token).json
    assert {one["relation"] for one in second["link"]} == {"self", "previous"}
    found = [bundle["entry"][0]["resource"]["id"] for bundle in (first, second)]
    assert set(found) == {measured["weight"], measured["glucose"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"category": "vital-signs"}, ["weight"]),
        ({"category": VITAL}, ["weight"]),
        ({"category": f"{VITAL},{LAB}"}, ["weight", "glucose"]),
        ({"category": "http://other.example|vital-signs"}, []),
        ({"code": "http://loinc.org|29463-7"}, ["weight"]),
        ({"code": "29463-7,99504-3"}, ["weight", "glucose"]),
        ({"code": "29463-7", "category": "laboratory"}, []),
        ({"code": "no-such-code"}, []),
        ({"date": "2026"}, ["weight", "glucose"]),
        ({"date": "2026-03"}, ["weight", "glucose"]),
        ({"date": "ge2026-03-18T08:10:00+01:00"}, ["weight", "glucose"]),
        ({"date": "gt2026-03-18"}, []),
        ({"date": "2025-12"}, []),
        ({"date": "sa2025"}, ["weight", "glucose"]),
        ({"date": "lt2026-03-18"}, []),
        ({"date": "2026-03-18T07:10Z"}, ["weight", "glucose"]),
        ({"date": "2026-03-18T07:10:00.0Z"}, ["weight", "glucose"]),
        ({"date": "eb2026-03-18T07:10:01Z"}, ["weight", "glucose"]),
        ({"_count": "0"}, []),
    ],
)
def test_search_finds_what_it_asks_for(
    launched: Launched, measured: dict[str, str], query: dict[str, str], names: list[str]
) -> None:
    assert set(launched.ids("Observation", patient=launched.patient, **query)) == {measured[name] for name in names}


def test_search_by_ids_finds_those_that_are_there(launched: Launched, measured: dict[str, str]) -> None:
    ids = f"{measured['weight']},{measured['document']},nobody"
    assert launched.ids("Observation", _id=ids) == [measured["weight"]]
    assert launched.ids("Observation", _id=ids, category="laboratory") == []
    assert launched.ids("Observation", _id=ids, date="2025") == []
    assert launched.ids("DocumentReference", _id=ids) == [measured["document"]]


def test_documents_are_searched_by_category_and_date(launched: Launched, measured: dict[str, str]) -> None:
    assert launched.ids("DocumentReference", category="SYNTHESE", status="current") == [measured["document"]]
    assert launched.ids("DocumentReference", category="RADIO_SC") == []
    assert launched.ids("DocumentReference", date="lt2026") == []
    assert launched.ids("DocumentReference", date="ge2026", _offset="1") == []


def test_body_mass_index_is_found_by_itself(launched: Launched, app: Flask, alice: Person) -> None:
    from datetime import UTC, datetime

    from connectors.records import codes, sql
    from connectors.records.contract import NewMeasure, Origin
    from tests.standing import unit_in

    then = datetime(2026, 1, 1, tzinfo=UTC)
    height = NewMeasure(codes.HEIGHT, then, "2026-01-01", 171)
    with unit_in(app):
        sql.put_measure(Origin(alice.profile_id(), "c", "l"), height, at=then)
    assert launched.get("Observation", code=codes.BMI).json["entry"][0]["resource"]["valueQuantity"]["value"] == 22.0
    assert launched.ids("Observation", code=codes.BMI, category="laboratory") == []
    assert launched.get("Observation", code=f"{codes.BMI},{codes.WEIGHT}").status_code == 400


@spec(FHIR_R4, "3.1.0", "every refusal is an OperationOutcome")
@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("Observation", {"patient": "somebody-else"}, 403),
        ("Observation", {"subject": "Patient/somebody-else"}, 403),
        ("Observation", {"subject.identifier": "urn:oid:1.2|x"}, 422),
        ("Observation", {"status": "final"}, 400),
        ("Observation", {"_sort": "date"}, 400),
        ("Observation", {"_include": "Observation:subject"}, 400),
        ("Observation", {"code": ""}, 400),
        ("Observation", {"category": "|x"}, 400),
        ("Observation", {"date": "yesterday"}, 400),
        ("Observation", {"date": "2026-13"}, 400),
        ("Observation", {"date": "9999"}, 400),
        ("Observation", {"_count": "many"}, 400),
        ("DocumentReference", {"status": "superseded"}, 400),
        ("DocumentReference", {"code": "x"}, 400),
        ("Patient", {"name": "Alice"}, 400),
        ("Patient/somebody-else", {}, 404),
        ("RelatedPerson/somebody-else", {}, 404),
        ("Device/nothing", {}, 404),
        ("Observation/nothing", {}, 404),
        ("Condition", {}, 404),
    ],
)
def test_app_that_asks_wrongly_is_told(launched: Launched, path: str, query: dict[str, str], status: int) -> None:
    answer = launched.get(path, **query)
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert answer.json["issue"][0]["diagnostics"]


@spec("FHIR R4", "3.1.1.1", "a search may come as a form, with what its address says too")
def test_search_comes_as_a_form(launched: Launched, measured: dict[str, str]) -> None:
    def found(kind: str, address: str = "", **form: str) -> list[str]:
        path, token = f"/fhir/{kind}/_search{address}", launched.tokens["access_token"]
        answer = launched.partner.call("POST", path, token, data=form)
        assert answer.status_code == 200, answer.text
        return [entry["resource"]["id"] for entry in answer.json.get("entry", [])]

    assert found("Observation", patient=launched.patient, category="vital-signs") == [measured["weight"]]
    assert found("Observation", "?category=vital-signs", _count="5") == [measured["weight"]]
    assert set(found("Observation", _sort="-date")) == {measured["weight"], measured["glucose"]}
    assert found("DocumentReference", status="current") == [measured["document"]]
    assert found("Patient", _id=launched.patient) == [launched.patient]


@pytest.mark.parametrize(
    ("kind", "form", "status"),
    [
        ("Observation", {"patient": "somebody"}, 403),
        ("Observation", {"_sort": "date"}, 400),
        ("Observation", {"made-up": "x"}, 400),
        ("Device", {}, 404),
    ],
)
def test_wrong_search_by_a_form_is_refused_as_any_other(
    launched: Launched, kind: str, form: dict[str, str], status: int
) -> None:
    token = launched.tokens["access_token"]
    answer = launched.partner.call("POST", f"/fhir/{kind}/_search", token, data=form)
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome")
    sent: dict[str, str] = {"data": "{}", "content_type": "application/json"}
    assert launched.partner.call("POST", "/fhir/Observation/_search", token, **sent).status_code == 415
    assert launched.partner.http.post("/fhir/Observation/_search").status_code == 401


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("application/json;charset=utf-8", 200, "application/json"),
        ("application/fhir+json; charset=UTF-8", 200, "application/fhir+json"),
        ("application/fhir+json;fhirVersion=4.0", 200, "application/fhir+json"),
        ("application/json;q=0.5, application/fhir+json", 200, "application/fhir+json"),
        ("text/html, */*;q=0.1", 200, "application/fhir+json"),
        ("application/fhir+json;fhirVersion=5.0", 406, "application/fhir+json"),
        ("application/fhir+xml", 406, "application/fhir+json"),
    ],
)
def test_reader_adds_a_character_set_or_a_version(launched: Launched, accept: str, status: int, kind: str) -> None:
    token = launched.tokens["access_token"]
    for path in ("/fhir/Observation", "/fhir/DocumentReference"):
        answer = launched.partner.call("GET", path, token, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (status, kind)


def test_parameter_given_twice_is_refused_unless_it_means_both(launched: Launched) -> None:
    token = launched.tokens["access_token"]
    for query, status in (("_count=1&_count=2", 400), ("category=a&category=b", 200), ("date=ge2026&date=lt2027", 200)):
        assert launched.partner.call("GET", f"/fhir/Observation?{query}", token).status_code == status


def test_patient_is_searched_by_the_name_that_the_app_knows(launched: Launched) -> None:
    known = launched.get(f"Patient/{launched.patient}").json["identifier"][0]
    for identifier, ids in (
        (f"{known['system']}|{known['value']}", [launched.patient]),
        (known["value"], [launched.patient]),
        (f"urn:oid:1.2|{known['value']}", []),
        ("x", []),
    ):
        assert launched.ids("Patient", identifier=identifier) == ids


def test_app_of_the_space_reads_its_own(alice: Person, glucoapp: Partner, measured: dict[str, str]) -> None:
    link = link_to(alice, glucoapp, "measures.glucose.write")
    assert link.get(f"/fhir/Observation/{measured['weight']}").status_code == 200
    found = link.get("/fhir/DocumentReference").json
    assert [entry["resource"]["id"] for entry in found["entry"]] == [measured["document"]]
    glucose = link.get(f"/fhir/Observation/{measured['glucose']}").json
    assert link.get(f"/fhir/{glucose['device']['reference']}").status_code == 200


def test_stranger_finds_nothing(mallory: Person, smartapp: Partner, measured: dict[str, str]) -> None:
    hers = Launched(smartapp, launch(smartapp, mallory, SCOPE, consents=ALL))
    assert hers.ids("Observation") == hers.ids("DocumentReference") == []
    for path in (f"Observation/{measured['weight']}", f"DocumentReference/{measured['document']}"):
        assert hers.get(path).status_code == 404


def test_plain_link_without_the_name_does_not_read_the_patient(alice: Person, glucoapp: Partner) -> None:
    link: Link = link_to(alice, glucoapp, "measures.read")
    answer = link.get(f"/fhir/Patient/{link.subject}")
    assert (answer.status_code, answer.json["resourceType"]) == (403, "OperationOutcome")
    assert link.get("/fhir/Patient").status_code == 403
    assert link.get("/fhir/RelatedPerson/x").status_code == 403
