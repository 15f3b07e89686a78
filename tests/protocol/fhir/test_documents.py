"""Depositing documents and reading back, over HTTP at the FHIR base."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from connectors import records
from tests.actors import Partner, Person
from tests.protocol.measures.conftest import ALL, Link, link_to, said
from tests.standing import unit_in
from tests.unit.records import samples


def deposit(link: Link, content: Any, **headers: str) -> Any:
    """Deposit a document, or whatever is given in its place."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = {"Content-Type": "application/fhir+json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return link.partner.call("POST", "/fhir/DocumentReference", link.token, data=body, headers=sent)


def test_app_deposits_a_report_and_reads_it_back(link: Link) -> None:
    answer = deposit(link, samples.document(link.subject))
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"http://localhost/fhir/DocumentReference/{answer.json['id']}"
    file = answer.json["content"][0]["attachment"]
    assert file["url"] == f"http://localhost/fhir/Binary/{answer.json['id']}"
    assert answer.json["subject"]["identifier"]["value"] == link.subject
    assert link.get(answer.headers["Location"]).json == answer.json
    binary = link.get(file["url"])
    assert (binary.data, binary.mimetype) == (samples.PDF, "application/pdf")
    assert binary.headers["X-Content-Type-Options"] == "nosniff"
    assert binary.headers["Content-Disposition"].endswith('.pdf"')


def test_patient_finds_the_report_in_the_space(link: Link, app: Flask) -> None:
    deposit(link, samples.document(link.subject))
    profile_id = link.patient.profile_id()
    with unit_in(app):
        (found,) = records.documents(profile_id)
        assert (found.title, found.category, found.client_id) == (
            "Rapport de glucose",
            "SYNTHESE",
            link.partner.client_id,
        )
        assert records.document(profile_id, found.id) == found
        assert records.content(profile_id, found.id) == samples.PDF


def test_app_repeats_a_deposit_and_gets_the_first_answer(link: Link, app: Flask) -> None:
    first = deposit(link, samples.document(link.subject), Idempotency_Key="key-1")
    for again in (
        deposit(link, samples.document(link.subject), Idempotency_Key="key-1"),
        deposit(link, samples.document(link.subject)),
    ):
        assert (again.status_code, again.json, again.headers["Location"]) == (
            201,
            first.json,
            first.headers["Location"],
        )
    with unit_in(app):
        assert len(records.documents(link.patient.profile_id())) == 1


def test_app_uses_its_identifier_for_another_file_and_is_told(link: Link) -> None:
    deposit(link, samples.document(link.subject))
    other = samples.document(link.subject, file=samples.attachment(b"Bonjour", "text/plain"))
    assert deposit(link, other).status_code == 409
    assert deposit(link, samples.document(link.subject), Idempotency_Key="k").status_code == 201
    assert deposit(link, other, Idempotency_Key="k").status_code == 422


def test_app_deposits_what_was_not_agreed_to(link: Link, app: Flask) -> None:
    closed = samples.document(link.subject, category=[{"coding": [{"code": "BIOLOGIE"}]}])
    answer = deposit(link, closed)
    assert (answer.status_code, said(answer)) == (403, "Consent not given, access refused.")
    link.amend(app, **{"documents.summary.write": False})
    assert deposit(link, samples.document(link.subject)).status_code == 403


def test_app_deposits_about_another_patient(link: Link) -> None:
    answer = deposit(link, samples.document("somebody-else"))
    assert (answer.status_code, said(answer)) == (403, "idPe requested do not match authorized idPe.")


def test_app_names_no_patient_and_the_token_decides(link: Link) -> None:
    answer = deposit(link, samples.document(link.subject, subject=None))
    assert answer.json["subject"]["identifier"]["value"] == link.subject


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b"{", 400), (b"{}", 422), (b'{"resourceType": "Patient"}', 422)],
)
def test_app_deposits_nonsense_and_learns_why(link: Link, content: bytes, status: int) -> None:
    answer = deposit(link, content)
    assert answer.status_code == status
    assert said(answer)


def test_app_deposits_a_file_that_is_not_what_it_says(link: Link) -> None:
    disguised = samples.document(link.subject, file=samples.attachment(b"MZ\x90\x00", "application/pdf"))
    answer = deposit(link, disguised)
    assert (answer.status_code, said(answer)) == (
        422, "DocumentReference resource not valid. content.attachment.data is not what contentType says.",
    )  # fmt: skip


def test_app_deposits_the_largest_file_and_not_one_byte_more(link: Link) -> None:
    largest = samples.document(link.subject, file=samples.attachment(b"a" * 5_000_000, "text/plain"))
    assert deposit(link, largest).status_code == 201
    larger = samples.document(link.subject, file=samples.attachment(b"a" * 5_000_001, "text/plain"))
    answer = deposit(link, larger)
    assert (answer.status_code, said(answer)) == (413, "The document is larger than 5000000 bytes.")


def test_other_app_reads_none_of_it(link: Link, otherapp: Partner) -> None:
    found = deposit(link, samples.document(link.subject)).json["id"]
    measure = link.measure().json["entry"][0]["response"]["location"]
    other = link_to(link.patient, otherapp, "measures.glucose.write")
    for address in (f"/fhir/DocumentReference/{found}", f"/fhir/Binary/{found}", f"/fhir/{measure}"):
        assert link.get(address).status_code == 200
        answer = other.get(address)
        assert (answer.status_code, said(answer)) == (404, "There is no such resource.")


def test_mallory_reads_nothing_of_alice(link: Link, mallory: Person, glucoapp: Partner) -> None:
    found = deposit(link, samples.document(link.subject)).json["id"]
    measure = link.measure().json["entry"][0]["response"]["location"]
    hers = link_to(mallory, glucoapp, *ALL)
    for address in (f"/fhir/DocumentReference/{found}", f"/fhir/Binary/{found}", f"/fhir/{measure}", "/fhir/Binary/x"):
        assert hers.get(address).status_code == 404
    assert hers.search().json["total"] == 0


def test_reader_reads_and_searches_measures_at_the_fhir_base(link: Link, otherapp: Partner) -> None:
    measure = link.measure().json["entry"][0]["response"]["location"]
    other = link_to(link.patient, otherapp, "measures.read")
    found = other.get(f"/fhir/{measure}").json
    assert found["valueQuantity"]["value"] == 97
    query = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{other.subject}"}
    searched = other.get("/fhir/Observation", query_string=query)
    assert searched.json["entry"][0]["resource"] == found
    assert searched.json["entry"][0]["fullUrl"] == f"http://localhost/fhir/{measure}"


def test_anybody_reads_what_the_server_can_do(link: Link) -> None:
    answer: Any = link.partner.http.get("/fhir/metadata")
    assert (answer.json["resourceType"], answer.json["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert [resource["type"] for resource in answer.json["rest"][0]["resource"]] == [
        "Patient", "Observation", "DocumentReference", "Binary", "Device", "RelatedPerson",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["/fhir/Condition/1", "/fhir/Observation/x/y"])
def test_stranger_asks_for_what_is_not_there(link: Link, address: str) -> None:
    answer = link.get(address)
    assert (answer.status_code, answer.json["resourceType"]) == (404, "OperationOutcome")


def test_app_repeats_a_deposit_that_is_hidden_and_learns_that_it_is_gone(link: Link, app: Flask) -> None:
    from connectors.records import sql

    deposit(link, samples.document(link.subject))
    with unit_in(app):
        (found,) = records.documents(link.patient.profile_id())
        sql.hide_of_pairing(found.profile_id, found.pairing_id, at=found.created_at)
    answer = deposit(link, samples.document(link.subject))
    assert (answer.status_code, said(answer)) == (404, "This document was removed from the space.")
